/**
 * Table `rotations`: in a cluster's partition rows `r-ID`, `active-KIND` while one of them is open, and approvals; in
 * partition `_lock` the locks. Fencing is If-Match on `r-ID`.
 */
import type { TransactionAction } from '@azure/data-tables';
import type { Clock } from '../../../clock.ts';
import type { KindName, Rotation } from '../../../rotation/rotation.ts';
import { StateError } from '../../errors.ts';
import { encode, unreadable } from '../../kind.ts';
import { checkKey } from '../../limits.ts';
import type { Stored, UnreadableRow } from '../../ports.ts';
import { checkStatus } from '../../recover-rules.ts';
import {
  activeKeys,
  activePrefix,
  activeRotationKind,
  approvalsOf,
  isApprovalOf,
  rotationApprovalKind,
  rotationKind,
  rotationPrefix,
} from '../../rotate-kinds.ts';
import type { Rotations } from '../../rotate-ports.ts';
import { approvalsInOrder, newestRotations } from '../../rotate-rules.ts';
import type { ActiveRotation } from '../../rotate-schema.ts';
import type { Call } from '../calls.ts';
import type { Clients } from '../clients.ts';
import { beginsWith, inPartition, moment, openTable, submit } from '../table.ts';
import { putUnlessNewer } from '../unless-newer.ts';
import { connectLocks } from './locks.ts';

const { table } = rotationKind;

export function connectRotations(
  clients: Clients,
  call: Call,
  clock: Pick<Clock, 'now'>,
  tellUnreadable: (row: UnreadableRow) => void,
): Rotations {
  const rotations = openTable(clients, call, rotationKind);
  const actives = openTable(clients, call, activeRotationKind);
  const approvals = openTable(clients, call, rotationApprovalKind);
  const locks = connectLocks(clients, call, clock, read);
  const send = (actions: TransactionAction[]) => submit(clients, call, table, actions);

  async function read(cluster: string, id: string): Promise<Stored<Rotation> | undefined> {
    const keys = rotationKind.keys({ cluster, id } as Rotation);
    checkKey('cluster', cluster);
    checkKey('rotation', keys.rowKey);
    return rotations.get(keys);
  }

  const activeOf = async (cluster: string, kind: KindName): Promise<Stored<ActiveRotation> | undefined> => {
    checkKey('cluster', cluster);
    return actives.get(activeKeys(cluster, kind));
  };

  async function named(active: ActiveRotation): Promise<Stored<Rotation> | undefined> {
    const { cluster, rotation } = active;
    const found = await read(cluster, rotation);
    if (!found) {
      throw unreadable(table, activeRotationKind.keys(active), `it names ${rotation}, which is not there`);
    }
    // Ended since `active` was read.
    return found.value.status === 'open' ? found : undefined;
  }

  return {
    read,

    async open(rotation, names) {
      checkStatus(rotation, 'open', 'rotation');
      const { cluster, kind, id } = rotation;
      const row = encode(rotationKind, rotation);
      const active = encode(activeRotationKind, { cluster, kind, rotation: id });
      const before = await activeOf(cluster, kind);
      if (before) return { opened: false, busy: before.value.rotation };
      const got = await locks.take(rotation, names);
      if ('busy' in got) return { opened: false, busy: got.busy };
      // Where this gets no answer the locks stay: it may have gone through.
      const etags = await send([
        ['create', active],
        ['create', row],
      ]);
      if (etags) return { opened: true, etag: etags[1] ?? '' };
      const standing = await activeOf(cluster, kind);
      if (standing?.value.rotation === id) return { opened: false, busy: id };
      await locks.giveBack(got.taken);
      if (standing) return { opened: false, busy: standing.value.rotation };
      if (await read(cluster, id)) {
        throw new StateError('duplicate-entry', `${cluster}: a rotation ${id} was there already.`);
      }
      throw new StateError(
        'unavailable',
        `${cluster}: another rotation of its ${kind} opened and ended just now.`,
      );
    },

    async active(cluster, kind) {
      const active = await activeOf(cluster, kind);
      return active && named(active.value);
    },

    async save({ value, etag }) {
      checkStatus(value, 'open', 'rotation');
      const etags = await send([['update', encode(rotationKind, value), 'Replace', { etag }]]);
      return etags ? { saved: true, etag: etags[0] ?? '' } : { saved: false };
    },

    async end({ value, etag }) {
      checkStatus(value, 'ended', 'rotation');
      const { cluster, kind, id } = value;
      const ended = encode(rotationKind, value);
      const active = await activeOf(cluster, kind);
      if (active?.value.rotation !== id) return 'conflict';
      // data-tables deletes without If-Match in a transaction. The row's own ETag fences both: `active` names this one
      // exactly as long as the row was not ended.
      const etags = await send([
        ['update', ended, 'Replace', { etag }],
        ['delete', activeKeys(cluster, kind)],
      ]);
      if (!etags) return 'conflict';
      await locks.freeAll(id);
      return 'ended';
    },

    async list(since, cluster) {
      if (cluster !== undefined) checkKey('cluster', cluster);
      const filter = `${beginsWith(rotationPrefix)} and requestedAt ge ${moment(since)}`;
      const { rows, unreadable } = await rotations.list(
        cluster === undefined ? filter : `${inPartition(cluster)} and ${filter}`,
      );
      const values = rows.map(({ value }) => value);
      return { rows: newestRotations(values, since), unreadable };
    },

    async allActive() {
      const { rows, unreadable: damaged } = await actives.list(beginsWith(activePrefix));
      const found = await Promise.all(
        rows.map(async ({ value }) => {
          try {
            return (await named(value))?.value;
          } catch (error) {
            if (!(error instanceof StateError) || error.code !== 'unreadable') throw error;
            const { partitionKey, rowKey } = activeRotationKind.keys(value);
            damaged.push({ partition: partitionKey, row: rowKey, why: error.message });
            return undefined;
          }
        }),
      );
      return { rows: found.filter((rotation) => rotation !== undefined), unreadable: damaged };
    },

    async approve(approval) {
      await putUnlessNewer(clients, call, table, encode(rotationApprovalKind, approval));
    },

    async approvals(cluster, rotation) {
      checkKey('cluster', cluster);
      checkKey('rotation', rotation);
      const { rows, unreadable } = await approvals.list(
        `${inPartition(cluster)} and ${beginsWith(approvalsOf(rotation))}`,
      );
      for (const row of unreadable) {
        if (isApprovalOf(rotation, row.row)) {
          tellUnreadable({ ...row, partition: `${table}/${row.partition}` });
        }
      }
      return approvalsInOrder(
        rows.map(({ value }) => value),
        rotation,
      );
    },
  };
}
