/** The rotate app's state in memory; test/contract/rotate-state.ts holds it to what Azure's does. */
import type { Rotation } from '../../../shared/rotation/rotation.ts';
import { folderOf } from '../../../shared/state/cluster-folder.ts';
import type { Keys } from '../../../shared/state/kind.ts';
import { checkKey } from '../../../shared/state/limits.ts';
import type { UnreadableRow } from '../../../shared/state/ports.ts';
import { readinessKey, readinessKind } from '../../../shared/state/rotate-kinds.ts';
import type { RotateState, RotationAudit } from '../../../shared/state/rotate-ports.ts';
import type { Lock } from '../../../shared/state/rotate-schema.ts';
import { MemoryTable } from './memory-table.ts';
import { memoryRotations } from './rotate-memory-rotations.ts';

export interface RotateNudge {
  queue: 'turns' | 'probe';
  cluster: string;
  delayMs: number;
}

export type RotateTable = 'readiness' | 'rotations';

/** State, and what tests look at or put in. */
export interface MemoryRotateState extends RotateState {
  nudged: RotateNudge[];
  /** Newest last. */
  audited: RotationAudit[];
  /** Unreadable rows that a read left out, as the adapter of Azure tells of them. */
  told: UnreadableRow[];
  /** Every rotation of every cluster, open or ended, in the order of their opening. */
  everyRotation(): Rotation[];
  /** Locks that are there, by name, with the rotation each names. */
  locks(): Record<string, string>;
  /** As an opening leaves it that dies before its row is there. */
  leaveLock(lock: Lock): void;
  /** Makes a row unreadable; it need not be there. */
  damage(keys: Keys, why: string, table?: RotateTable): void;
}

/** @param now of which locks get their times, ms. */
export function memoryRotateState(now: () => number = () => Date.now()): MemoryRotateState {
  const readiness = new MemoryTable(readinessKind);
  const nudged: RotateNudge[] = [];
  const audited: RotationAudit[] = [];
  const told: UnreadableRow[] = [];
  const rotations = memoryRotations(
    now,
    (row) => void told.push({ ...row, partition: `rotations/${row.partition}` }),
  );
  return {
    nudged,
    audited,
    told,
    everyRotation: () => rotations.every(),
    locks: () => rotations.locks(),
    leaveLock: (lock) => rotations.leaveLock(lock),
    damage: (keys, why, table = 'readiness') =>
      (table === 'readiness' ? readiness : rotations).damage(keys, why),
    readiness: {
      async save(row) {
        readiness.put(row);
      },
      async list(cluster) {
        if (cluster !== undefined) checkKey('cluster', cluster);
        const { values, unreadable } = readiness.list(cluster);
        return { rows: values, unreadable };
      },
      async remove(cluster) {
        checkKey('cluster', cluster);
        readiness.remove({ partitionKey: cluster, rowKey: readinessKey });
      },
    },
    rotations: rotations.port,
    audit: {
      async write(entry) {
        folderOf(entry.cluster);
        audited.push(structuredClone(entry));
        audited.sort((a, b) => a.at - b.at);
      },
    },
    nudges: {
      async send(queue, cluster, delayMs) {
        checkKey('cluster', cluster);
        nudged.push({ queue, cluster, delayMs });
      },
    },
    prepare: async () => undefined,
  };
}
