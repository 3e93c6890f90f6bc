/** The rotate app's state in memory; test/contract/rotate-state.ts holds it to what Azure's does. */
import { checkKey } from '../../../shared/state/limits.ts';
import type { Keys } from '../../../shared/state/recover-kinds.ts';
import { readinessKind } from '../../../shared/state/rotate-kinds.ts';
import type { RotateState } from '../../../shared/state/rotate-ports.ts';
import { MemoryTable } from './memory-table.ts';

export interface RotateNudge {
  queue: 'turns' | 'probe';
  cluster: string;
  delayMs: number;
}

/** State, and what tests look at or put in. */
export interface MemoryRotateState extends RotateState {
  nudged: RotateNudge[];
  /** Makes a row of table `readiness` unreadable; it need not be there. */
  damage(keys: Keys, why: string): void;
}

export function memoryRotateState(): MemoryRotateState {
  const table = new MemoryTable(readinessKind);
  const nudged: RotateNudge[] = [];
  return {
    nudged,
    damage: (keys, why) => table.damage(keys, why),
    readiness: {
      async save(row) {
        table.put(row);
      },
      async list(cluster) {
        if (cluster !== undefined) checkKey('cluster', cluster);
        const { values, unreadable } = table.list(cluster);
        return { rows: values, unreadable };
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
