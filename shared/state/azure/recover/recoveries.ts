/** Table `recoveries`: rows `r-ID`, and row `active` while one of them is open. Fencing is If-Match on `r-ID`. */
import type { TransactionAction } from '@azure/data-tables';
import type { Recovery } from '../../../recovery/recovery.ts';
import { StateError } from '../../errors.ts';
import { encode, unreadable } from '../../kind.ts';
import { checkKey } from '../../limits.ts';
import type { Stored } from '../../ports.ts';
import { activeKey, activeKind, recoveryKind, recoveryPrefix } from '../../recover-kinds.ts';
import type { Recoveries } from '../../recover-ports.ts';
import { checkStatus, newestFirst } from '../../recover-rules.ts';
import type { Active } from '../../recover-schema.ts';
import type { Call } from '../calls.ts';
import type { Clients } from '../clients.ts';
import { beginsWith, inPartition, moment, openTable, submit } from '../table.ts';

const table = 'recoveries';
/** Others that opened and ended while one was being opened: more than this is not a coincidence. */
const tries = 3;

export function connectRecoveries(clients: Clients, call: Call): Recoveries {
  const recoveries = openTable(clients, call, recoveryKind);
  const actives = openTable(clients, call, activeKind);
  const send = (actions: TransactionAction[]) => submit(clients, call, table, actions);

  async function read(cluster: string, id: string): Promise<Stored<Recovery> | undefined> {
    const keys = recoveryKind.keys({ cluster, id } as Recovery);
    checkKey('cluster', cluster);
    checkKey('recovery', keys.rowKey);
    return recoveries.get(keys);
  }

  async function named({ cluster, recovery }: Active): Promise<Stored<Recovery> | undefined> {
    const found = await read(cluster, recovery);
    if (!found)
      throw unreadable(
        table,
        activeKind.keys({ cluster, recovery }),
        `it names ${recovery}, which is not there`,
      );
    // Ended since `active` was read.
    return found.value.status === 'open' ? found : undefined;
  }

  const activeOf = async (cluster: string): Promise<Stored<Active> | undefined> => {
    checkKey('cluster', cluster);
    return actives.get({ partitionKey: cluster, rowKey: activeKey });
  };

  return {
    read,

    async open(recovery) {
      checkStatus(recovery, 'open');
      const { cluster, id } = recovery;
      // `active` first: where only the row's own id is taken, it is undone.
      const actions: TransactionAction[] = [
        ['create', encode(activeKind, { cluster, recovery: id })],
        ['create', encode(recoveryKind, recovery)],
      ];
      for (let tried = 0; tried < tries; tried += 1) {
        const etags = await send(actions);
        if (etags) return { opened: true, etag: etags[1] ?? '' };
        const standing = await activeOf(cluster);
        if (standing) return { opened: false, busy: standing.value.recovery };
        if (await read(cluster, id)) throw taken(recovery);
      }
      throw new StateError('unavailable', `${cluster}: other recoveries opened and ended all the time.`);
    },

    async active(cluster) {
      const active = await activeOf(cluster);
      return active && named(active.value);
    },

    async save({ value, etag }) {
      checkStatus(value, 'open');
      const etags = await send([['update', encode(recoveryKind, value), 'Replace', { etag }]]);
      return etags ? { saved: true, etag: etags[0] ?? '' } : { saved: false };
    },

    async end({ value, etag }) {
      checkStatus(value, 'ended');
      const { cluster, id } = value;
      const ended = encode(recoveryKind, value);
      const active = await activeOf(cluster);
      if (active?.value.recovery !== id) return 'conflict';
      // data-tables deletes without If-Match in a transaction. The row's own ETag fences both: `active` names this one
      // exactly as long as the row was not ended.
      const etags = await send([
        ['update', ended, 'Replace', { etag }],
        ['delete', activeKind.keys(active.value)],
      ]);
      return etags ? 'ended' : 'conflict';
    },

    async list(cluster, since) {
      checkKey('cluster', cluster);
      const { rows, unreadable } = await recoveries.list(
        `${inPartition(cluster)} and ${beginsWith(recoveryPrefix)} and requestedAt ge ${moment(since)}`,
      );
      const values = rows.map(({ value }) => value);
      return { rows: newestFirst(values, since), unreadable };
    },

    async allActive() {
      const { rows, unreadable: damaged } = await actives.list(`RowKey eq '${activeKey}'`);
      const found = await Promise.all(
        rows.map(async ({ value }) => {
          try {
            return (await named(value))?.value;
          } catch (error) {
            if (!(error instanceof StateError) || error.code !== 'unreadable') throw error;
            damaged.push({ partition: value.cluster, row: activeKey, why: error.message });
            return undefined;
          }
        }),
      );
      return { recoveries: found.filter((recovery) => recovery !== undefined), unreadable: damaged };
    },
  };
}

function taken({ cluster, id }: Recovery): StateError {
  return new StateError('duplicate-entry', `${cluster}: a recovery ${id} was there already.`);
}
