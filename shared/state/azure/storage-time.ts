/** What time it is for storage: leases of its rows are compared with the clocks of machines that nobody looks after. */
import type { Clock } from '../../clock.ts';
import { createCall, isGone } from './calls.ts';
import { createClients, type StateSettings } from './clients.ts';

/**
 * By the `Date` header of an answer, ms: whole seconds. Undefined: it has none that can be read.
 *
 * @throws StateError
 */
export async function storageTime(settings: StateSettings, clock: Clock): Promise<number | undefined> {
  const table = await createClients(settings).table('recoveries');
  let date: string | undefined;
  await createCall(clock)('table recoveries', async (abortSignal) => {
    try {
      // No row has this key: its absence is the shortest answer.
      await table.getEntity('-', '-', {
        abortSignal,
        onResponse: ({ headers }) => {
          date = headers.get('date');
        },
      });
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  });
  const ms = Date.parse(date ?? '');
  return Number.isNaN(ms) ? undefined : ms;
}
