/** What ./rotate-state.ts is given. */
import type { UnreadableRow } from '../../shared/state/ports.ts';
import type { RotateState, RotationAudit } from '../../shared/state/rotate-ports.ts';
import type { Lock } from '../../shared/state/rotate-schema.ts';
import type { RotateTable } from '../fakes/state/rotate-memory.ts';

/** An empty RotateState, and the ends of it that its own operations do not show. */
export interface RotateStateUnderTest {
  state: RotateState;
  /** Of the state's clock, ms. */
  now: () => number;
  /** The state's clock goes on. */
  pass: (ms: number) => void;
  /** As an opening leaves it that dies before its row is there. */
  leaveLock: (lock: Lock) => Promise<void>;
  /** Locks that are there, by name, with the rotation each names. */
  locks: () => Promise<Record<string, string>>;
  /** Unreadable rows that reads left out, `TABLE/PARTITION`. */
  told: () => UnreadableRow[];
  /** The row becomes one of a newer version; it need not be there. */
  makeNewer: (table: RotateTable, partitionKey: string, rowKey: string) => Promise<void>;
  /** In the order of their names. */
  audited: () => Promise<RotationAudit[]>;
  /** Takes the messages that are due. */
  messages: (queue: 'turns' | 'probe') => Promise<string[]>;
}
