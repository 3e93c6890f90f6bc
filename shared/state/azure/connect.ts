/** State in one Azure storage account: Tables, Blobs, Queues. */
import type { Clock } from '../../clock.ts';
import type { State, UnreadableRow } from '../ports.ts';
import { type Call, createCall, failure } from './calls.ts';
import { type Clients, createClients, type StateSettings } from './clients.ts';
import { connectHistory } from './history.ts';
import { connectLastGood } from './last-good.ts';
import { connectLive } from './live.ts';
import { connectNudges } from './nudges.ts';
import { connectObservations } from './observations.ts';
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
    words: connectWords(clients, call, tellUnreadable),
    history: connectHistory(clients, call),
    observations: connectObservations(clients, call, tellUnreadable),
    lastGood: connectLastGood(clients, call),
    nudges: connectNudges(clients, call),
    prepare: () => prepare(clients, call),
  };
}

async function prepare(clients: Clients, call: Call): Promise<void> {
  const account = await clients.tableAccount();
  const container = await clients.container('observations');
  await Promise.all([
    ...['live', 'history', 'acknowledgements', 'holds'].map((name) =>
      call(`table ${name}`, (abortSignal) =>
        account.createTable(name, { abortSignal }).catch((error: unknown) => ignoreExisting(error)),
      ),
    ),
    call('container observations', (abortSignal) => container.createIfNotExists({ abortSignal })),
    ...['notify', 'notify-poison', 'probe', 'probe-poison'].map((name) =>
      call(`queue ${name}`, async (abortSignal) =>
        (await clients.queue(name)).createIfNotExists({ abortSignal }),
      ),
    ),
  ]);
}

function ignoreExisting(error: unknown): void {
  if (failure(error).status !== 409) throw error;
}
