/** The rotate app's state in one Azure storage account: Tables, Blobs, Queues. */
import type { Clock } from '../../../clock.ts';
import type { UnreadableRow } from '../../ports.ts';
import type { RotateState } from '../../rotate-ports.ts';
import { connectAudit } from '../audit.ts';
import { createCall } from '../calls.ts';
import { createClients, type StateSettings } from '../clients.ts';
import { connectNudges } from '../nudges.ts';
import { prepareAccount } from '../prepare.ts';
import { connectReadiness } from './readiness.ts';
import { connectRotations } from './rotations.ts';

/**
 * Reaches for nothing before the first call, which also loads the SDKs. Calls reject with StateError.
 *
 * @param newId a new random id: part of the names of audit blobs.
 * @param tellUnreadable hears of approvals that are left out because they are damaged or newer; its partitions are
 * `rotations/CLUSTER`. What lists its own unreadable rows names them by cluster.
 * @throws StateError `insecure` for plain HTTP to anything but loopback
 */
export function connectRotateState(
  settings: StateSettings,
  clock: Clock,
  newId: () => string,
  tellUnreadable: (row: UnreadableRow) => void = () => undefined,
): RotateState {
  const clients = createClients(settings);
  const call = createCall(clock);
  return {
    readiness: connectReadiness(clients, call),
    rotations: connectRotations(clients, call, clock, tellUnreadable),
    audit: connectAudit(clients, call, 'audit-rotate', newId),
    nudges: connectNudges(clients, call),
    prepare: () =>
      prepareAccount(clients, call, {
        tables: ['readiness', 'rotations'],
        containers: ['audit-rotate'],
        queues: ['turns', 'turns-poison', 'probe', 'probe-poison'],
      }),
  };
}
