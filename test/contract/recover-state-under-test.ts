/** What ./recover-state.ts is given. */
import type { Hold } from '../../shared/alert/alert.ts';
import type { AuditEntry } from '../../shared/people/person.ts';
import type { UnreadableRow } from '../../shared/state/ports.ts';
import type { RecoverState } from '../../shared/state/recover-ports.ts';
import type { RecoverTable } from '../fakes/state/recover-memory.ts';

/** An empty RecoverState, and the ends of it that its own operations do not show. */
export interface RecoverStateUnderTest {
  state: RecoverState;
  /** Unreadable rows that reads left out, `TABLE/PARTITION`. */
  told: () => UnreadableRow[];
  /** The row becomes one of a newer version; it need not be there. */
  makeNewer: (table: RecoverTable, partitionKey: string, rowKey: string) => Promise<void>;
  /** The row becomes one that no version can read. */
  makeDamaged: (table: RecoverTable, partitionKey: string, rowKey: string) => Promise<void>;
  /** What watch reads of holds. */
  holdsOfWatch: () => Promise<Hold[]>;
  /** In the order of their names. */
  audited: () => Promise<AuditEntry[]>;
  /** Takes the messages that are due. */
  messages: (queue: 'steps' | 'probe') => Promise<string[]>;
}

export const newer = /written by a newer Sealwatch \(v2\): upgrade this app/;
