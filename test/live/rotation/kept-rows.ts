/** Rotations in memory, and a place to stand between a row's write and whatever its turn does next. */
import type { Rotation } from '../../../shared/rotation/rotation.ts';
import type { RotateState } from '../../../shared/state/rotate-ports.ts';
import { memoryRotateState } from '../../fakes/state/rotate-memory.ts';

export interface KeptRows {
  state: RotateState;
  /** Called after each write of a row, before the turn goes on. */
  onRow(callback: ((rotation: Rotation) => Promise<void>) | undefined): void;
  /** The same, at the first row for which it holds. */
  once(holds: (rotation: Rotation) => boolean, act: () => Promise<unknown>): void;
  /** Of all that were opened; undefined: none was. */
  newest(): Rotation | undefined;
  /** All rows and records, to look for what must not be in them. */
  all(): unknown;
}

export function keptRows(): KeptRows {
  const memory = memoryRotateState();
  const { rotations } = memory;
  let told: ((rotation: Rotation) => Promise<void>) | undefined;
  return {
    state: {
      ...memory,
      rotations: {
        ...rotations,
        async save(row) {
          const saved = await rotations.save(row);
          if (saved.saved) await told?.(row.value);
          return saved;
        },
      },
    },
    onRow(callback) {
      told = callback;
    },
    once(holds, act) {
      told = async (rotation) => {
        if (!holds(rotation)) return;
        told = undefined;
        await act();
      };
    },
    newest: () => memory.everyRotation().at(-1),
    all: () => [memory.everyRotation(), memory.audited],
  };
}
