/** The recover app's state in one Azure storage account: Tables, Blobs, Queues. */
import type { Clock } from '../../../clock.ts';
import type { UnreadableRow } from '../../ports.ts';
import type { RecoverState } from '../../recover-ports.ts';
import { connectAudit } from '../audit.ts';
import { createCall } from '../calls.ts';
import { createClients, type StateSettings } from '../clients.ts';
import { connectNudges } from '../nudges.ts';
import { prepareAccount } from '../prepare.ts';
import { connectApprovals } from './approvals.ts';
import { connectEscrow } from './escrow.ts';
import { connectGenerations } from './generations.ts';
import { connectHolds } from './holds.ts';
import { connectRecoveries } from './recoveries.ts';
import { connectStarts } from './starts.ts';

/**
 * Reaches for nothing before the first call, which also loads the SDKs. Calls reject with StateError.
 *
 * @param newId a new random id: part of the names of audit blobs.
 * @param tellUnreadable hears of rows that are left out because they are damaged or newer; its partitions are
 * `TABLE/CLUSTER`. What lists its own unreadable rows names them by cluster.
 * @throws StateError `insecure` for plain HTTP to anything but loopback
 */
export function connectRecoverState(
  settings: StateSettings,
  clock: Clock,
  newId: () => string,
  tellUnreadable: (row: UnreadableRow) => void = () => undefined,
): RecoverState {
  const clients = createClients(settings);
  const call = createCall(clock);
  return {
    recoveries: connectRecoveries(clients, call),
    approvals: connectApprovals(clients, call, tellUnreadable),
    holds: connectHolds(clients, call),
    generations: connectGenerations(clients, call),
    escrow: connectEscrow(clients, call),
    starts: connectStarts(clients, call, tellUnreadable),
    audit: connectAudit(clients, call, 'audit-recover', newId),
    nudges: connectNudges(clients, call),
    prepare: () =>
      prepareAccount(clients, call, {
        tables: ['recoveries', 'approvals', 'holds', 'generations', 'starts'],
        containers: ['escrow', 'audit-recover'],
        queues: ['steps', 'steps-poison', 'probe', 'probe-poison'],
      }),
  };
}
