/** Table `rotations` in memory, part of ./rotate-memory.ts. */
import type { KindName, Rotation } from '../../../shared/rotation/rotation.ts';
import { StateError } from '../../../shared/state/errors.ts';
import { type Keys, unreadable } from '../../../shared/state/kind.ts';
import { checkKey } from '../../../shared/state/limits.ts';
import type { Stored, UnreadableRow } from '../../../shared/state/ports.ts';
import { checkStatus } from '../../../shared/state/recover-rules.ts';
import {
  activeKeys,
  activePrefix,
  activeRotationKind,
  isApprovalOf,
  lockKind,
  lockPartition,
  rotationApprovalKind,
  rotationKind,
} from '../../../shared/state/rotate-kinds.ts';
import type { Rotations } from '../../../shared/state/rotate-ports.ts';
import {
  approvalsInOrder,
  inOrder,
  lockStands,
  neverOpened,
  newestRotations,
} from '../../../shared/state/rotate-rules.ts';
import type { Lock } from '../../../shared/state/rotate-schema.ts';
import { MemoryTable } from './memory-table.ts';

export interface MemoryRotations {
  port: Rotations;
  every(): Rotation[];
  /** Locks that are there, by name, with the rotation each names. */
  locks(): Record<string, string>;
  /** As an opening leaves it that dies after it. */
  leaveLock(lock: Lock): void;
  damage(keys: Keys, why: string): void;
}

export function memoryRotations(now: () => number, tell: (row: UnreadableRow) => void): MemoryRotations {
  const rows = new MemoryTable(rotationKind);
  const actives = new MemoryTable(activeRotationKind);
  const approvals = new MemoryTable(rotationApprovalKind);
  const locks = new MemoryTable(lockKind);

  function read(cluster: string, id: string): Stored<Rotation> | undefined {
    const keys = rotationKind.keys({ cluster, id } as Rotation);
    checkKey('cluster', cluster);
    checkKey('rotation', keys.rowKey);
    return rows.get(keys);
  }

  function active(cluster: string, kind: KindName): Stored<Rotation> | undefined {
    checkKey('cluster', cluster);
    const keys = activeKeys(cluster, kind);
    const standing = actives.get(keys);
    if (!standing) return undefined;
    const { rotation } = standing.value;
    const found = read(cluster, rotation);
    if (found) return found.value.status === 'open' ? found : undefined;
    throw unreadable(rotationKind.table, keys, `it names ${rotation}, which is not there`);
  }

  function isHeld(lock: Lock): boolean {
    const stands = lockStands(lock, holder(lock), now());
    if (stands === 'abandoned') rows.put(neverOpened(lock, now()));
    return stands === 'held';
  }

  function holder({ rotation: { cluster, id } }: Lock): Rotation | 'unreadable' | undefined {
    try {
      return read(cluster, id)?.value;
    } catch (error) {
      if (error instanceof StateError && error.code === 'unreadable') return 'unreadable';
      throw error;
    }
  }

  const port: Rotations = {
    async open(rotation, names) {
      checkStatus(rotation, 'open', 'rotation');
      rows.check(rotation);
      const { cluster, kind, id } = rotation;
      const standing = actives.get(activeKeys(cluster, kind));
      if (standing) return { opened: false, busy: standing.value.rotation };
      const wanted = inOrder(names).map((name): Lock => ({ name, rotation, at: now() }));
      for (const lock of wanted) {
        locks.check(lock);
        const held = locks.get(lockKind.keys(lock));
        if (held && held.value.rotation.id !== id && isHeld(held.value)) {
          return { opened: false, busy: held.value.rotation.id };
        }
      }
      if (read(cluster, id)) {
        throw new StateError('duplicate-entry', `${cluster}: a rotation ${id} was there already.`);
      }
      for (const lock of wanted) locks.put(lock);
      actives.put({ cluster, kind, rotation: id });
      return { opened: true, etag: rows.put(rotation) };
    },
    read: async (cluster, id) => read(cluster, id),
    active: async (cluster, kind) => active(cluster, kind),
    async save({ value, etag }) {
      checkStatus(value, 'open', 'rotation');
      rows.check(value);
      if (!rows.isAt(rotationKind.keys(value), etag)) return { saved: false };
      return { saved: true, etag: rows.put(value) };
    },
    async end({ value, etag }) {
      checkStatus(value, 'ended', 'rotation');
      rows.check(value);
      const keys = activeKeys(value.cluster, value.kind);
      if (actives.get(keys)?.value.rotation !== value.id) return 'conflict';
      if (!rows.isAt(rotationKind.keys(value), etag)) return 'conflict';
      rows.put(value);
      actives.remove(keys);
      for (const lock of locks.list().values) {
        if (lock.rotation.id === value.id) locks.remove(lockKind.keys(lock));
      }
      return 'ended';
    },
    async list(since, cluster) {
      if (cluster !== undefined) checkKey('cluster', cluster);
      const found = rows.list(cluster);
      return { rows: newestRotations(found.values, since), unreadable: found.unreadable };
    },
    async allActive() {
      const { values, unreadable: damaged } = actives.list();
      const open: Rotation[] = [];
      for (const { cluster, kind } of values) {
        try {
          const found = active(cluster, kind);
          if (found) open.push(found.value);
        } catch (error) {
          if (!(error instanceof StateError)) throw error;
          damaged.push({ partition: cluster, row: activeKeys(cluster, kind).rowKey, why: error.message });
        }
      }
      return { rows: open, unreadable: damaged };
    },
    async approve(approval) {
      approvals.putUnlessNewer(approval);
    },
    async approvals(cluster, rotation) {
      checkKey('cluster', cluster);
      checkKey('rotation', rotation);
      const { values, unreadable: damaged } = approvals.list(cluster);
      damaged.filter(({ row }) => isApprovalOf(rotation, row)).forEach(tell);
      return approvalsInOrder(values, rotation);
    },
  };

  return {
    port,
    every: () => rows.list().values,
    locks: () => Object.fromEntries(locks.list().values.map(({ name, rotation }) => [name, rotation.id])),
    leaveLock: (lock) => void locks.put(lock),
    damage(keys, why) {
      const { partitionKey, rowKey } = keys;
      if (partitionKey === lockPartition) locks.damage(keys, why);
      else if (rowKey.startsWith(activePrefix)) actives.damage(keys, why);
      else if (rowKey.startsWith('a-')) approvals.damage(keys, why);
      else rows.damage(keys, why);
    },
  };
}
