/** Tables `readiness` and `rotations` as the watch app reads them. A table that was never made holds nothing. */
import { checkKey } from '../limits.ts';
import type { RotateView } from '../ports.ts';
import { rotationKind } from '../rotate-kinds.ts';
import type { Call } from './calls.ts';
import type { Clients } from './clients.ts';
import { connectReadiness } from './rotate/readiness.ts';
import { inPartition, listOrNone, openTable } from './table.ts';

export function connectRotateView(clients: Clients, call: Call): RotateView {
  const rotations = openTable(clients, call, rotationKind);
  const open = "status eq 'open'";
  return {
    readiness: (cluster) => connectReadiness(clients, call).list(cluster),
    async rotations(cluster) {
      if (cluster !== undefined) checkKey('cluster', cluster);
      return listOrNone(rotations, cluster === undefined ? open : `${inPartition(cluster)} and ${open}`);
    },
  };
}
