import type { Severity } from '../finding.ts';

/** What every finding of a code has in common. Plain text; channels escape it. */
export interface CodeEntry {
  severity: Severity;
  /** A few words, for headlines: "<cluster>: <title>". */
  title: string;
  /** What it means for the people who use the cluster. */
  meaning: string;
  /** The first thing to do. */
  advice: string;
  /** Told at once, whatever fleet.yaml says that its severity has to wait. */
  immediate?: boolean;
  /** A story: its summary is the headline, and is told again when it says something else. */
  story?: boolean;
  /** Outages that it foretells: one that begins under it is told with it by this title, acknowledged or not. */
  strikes?: { by: readonly string[]; title: string };
  /** What its end is called, where "recovered: <title>" would not be true or tell nothing. */
  over?: string;
}
