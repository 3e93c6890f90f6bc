/** Partition `_lock` of table `rotations`: a row a lock, by the hash of its name. Fencing is If-Match. */
import type { Clock } from '../../../clock.ts';
import type { Rotation } from '../../../rotation/rotation.ts';
import { StateError } from '../../errors.ts';
import { encode } from '../../kind.ts';
import type { Stored } from '../../ports.ts';
import { lockKind, lockPartition, rotationKind } from '../../rotate-kinds.ts';
import { inOrder, lockStands, neverOpened } from '../../rotate-rules.ts';
import type { Lock } from '../../rotate-schema.ts';
import { type Call, isConflict, isGone } from '../calls.ts';
import type { Clients } from '../clients.ts';
import { inPartition, openTable, quoted, submit } from '../table.ts';

/** Others that took and gave back the same lock meanwhile: more than this is not a coincidence. */
const tries = 3;

export interface Locks {
  /** All of them or none. `busy`: the id of the rotation that holds one. @throws StateError `unreadable` */
  take(rotation: Rotation, names: string[]): Promise<{ taken: Stored<Lock>[] } | { busy: string }>;
  /** Those that nobody took over. What fails stays: the locks of a rotation that ended are free anyway. */
  giveBack(locks: Stored<Lock>[]): Promise<void>;
  /** All that name this rotation, as `giveBack`. */
  freeAll(rotation: string): Promise<void>;
}

/** @param read a rotation, by the cluster and the id that a lock names. */
export function connectLocks(
  clients: Clients,
  call: Call,
  clock: Pick<Clock, 'now'>,
  read: (cluster: string, id: string) => Promise<Stored<Rotation> | undefined>,
): Locks {
  const { table } = lockKind;
  const locks = openTable(clients, call, lockKind);

  async function holder({ rotation: { cluster, id } }: Lock): Promise<Rotation | 'unreadable' | undefined> {
    try {
      return (await read(cluster, id))?.value;
    } catch (error) {
      if (error instanceof StateError && error.code === 'unreadable') return 'unreadable';
      throw error;
    }
  }

  async function isHeld(lock: Lock): Promise<boolean> {
    const stands = async () => lockStands(lock, await holder(lock), clock.now());
    const first = await stands();
    if (first !== 'abandoned') return first === 'held';
    const record = encode(rotationKind, neverOpened(lock, clock.now()));
    if (await submit(clients, call, table, [['create', record]])) return false;
    // It is there by now: opened after all, or somebody else wrote the same.
    return (await stands()) !== 'free';
  }

  async function takeOne(lock: Lock): Promise<Stored<Lock> | { busy: string }> {
    const row = encode(lockKind, lock);
    const keys = lockKind.keys(lock);
    for (let tried = 0; tried < tries; tried += 1) {
      const created = await submit(clients, call, table, [['create', row]]);
      if (created) return { value: lock, etag: created[0] ?? '' };
      const standing = await locks.get(keys);
      if (!standing) continue;
      const { id } = standing.value.rotation;
      // One's own, of an earlier try: taken anew, so that its time begins again.
      if (id !== lock.rotation.id && (await isHeld(standing.value))) return { busy: id };
      const { etag } = standing;
      const replaced = await submit(clients, call, table, [['update', row, 'Replace', { etag }]]);
      if (replaced) return { value: lock, etag: replaced[0] ?? '' };
    }
    throw new StateError('unavailable', `lock "${lock.name}": others took it and gave it back all the time.`);
  }

  async function giveBack(given: Stored<Lock>[]): Promise<void> {
    const client = await clients.table(table);
    for (const { value, etag } of given) {
      const { partitionKey, rowKey } = lockKind.keys(value);
      await call(`table ${table}`, async (abortSignal) => {
        try {
          await client.deleteEntity(partitionKey, rowKey, { etag, abortSignal });
        } catch (error) {
          if (!isGone(error) && !isConflict(error)) throw error;
        }
      });
    }
  }

  /** What locks guard is over, and whoever wants one later sees so: storage that fails now is not in the way. */
  async function calmly(run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
    }
  }

  return {
    async take(rotation, names) {
      const taken: Stored<Lock>[] = [];
      try {
        for (const name of inOrder(names)) {
          const got = await takeOne({ name, rotation, at: clock.now() });
          if ('busy' in got) {
            await calmly(() => giveBack(taken));
            return got;
          }
          taken.push(got);
        }
        return { taken };
      } catch (error) {
        await calmly(() => giveBack(taken));
        throw error;
      }
    },
    giveBack: (given) => calmly(() => giveBack(given)),
    freeAll: (rotation) =>
      calmly(async () => {
        const { rows } = await locks.list(
          `${inPartition(lockPartition)} and rotation eq ${quoted(rotation)}`,
        );
        await giveBack(rows.filter(({ value }) => value.rotation.id === rotation));
      }),
  };
}
