import type { BreakGlassReplacements } from '../../shared/compose/break-glass.ts';
import type { Journal } from '../../shared/work/break-glass/journal.ts';
import type { Person } from './prepare.ts';

/** What tests put in place of parts of the world. */
export interface Replacements extends BreakGlassReplacements {
  person?: Person;
  /** Where the file of a recovery is looked for and made. */
  folder?: string;
  stop?: AbortSignal;
  aroundJournal?: (journal: Journal) => Journal;
}
