/** State in one Azure storage account: Tables, Blobs, Queues. */
import type { Clock } from '../../clock.ts';
import type { State, UnreadableRow } from '../ports.ts';
import { connectBatches } from './batches.ts';
import { createCall } from './calls.ts';
import { createClients, type StateSettings } from './clients.ts';
import { connectHistory } from './history.ts';
import { connectLastGood } from './last-good.ts';
import { connectLive } from './live.ts';
import { connectNudges } from './nudges.ts';
import { connectObservations } from './observations.ts';
import { prepareAccount } from './prepare.ts';
import { connectRecoverView } from './recover-view.ts';
import { connectRotateView } from './rotate-view.ts';
import { connectSweeps } from './sweeps.ts';
import { connectWords } from './words.ts';

/**
 * Reaches for nothing before the first call, which also loads the SDKs. Calls reject with StateError.
 *
 * @param tellUnreadable hears of rows that are left out because they are damaged or newer; `scan` lists its own.
 * @throws StateError `insecure` for plain HTTP to anything but loopback
 */
export function connectState(
  settings: StateSettings,
  clock: Clock,
  tellUnreadable: (row: UnreadableRow) => void = () => undefined,
): State {
  const clients = createClients(settings);
  const call = createCall(clock);
  return {
    live: connectLive(clients, call, tellUnreadable),
    sweeps: connectSweeps(clients, call, tellUnreadable),
    batches: connectBatches(clients, call),
    words: connectWords(clients, call, tellUnreadable),
    history: connectHistory(clients, call),
    observations: connectObservations(clients, call, tellUnreadable),
    lastGood: connectLastGood(clients, call),
    recover: connectRecoverView(clients, call),
    rotate: connectRotateView(clients, call),
    nudges: connectNudges(clients, call),
    prepare: () =>
      prepareAccount(clients, call, {
        tables: ['live', 'history', 'acknowledgements', 'holds'],
        containers: ['observations'],
        queues: ['notify', 'notify-poison', 'probe', 'probe-poison'],
      }),
  };
}
