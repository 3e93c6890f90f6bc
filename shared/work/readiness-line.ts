/** What the pages of watch and of rotate say of a cluster's readiness: question 2 of DESIGN, as rotate last exercised it. Pure. */
import type { Seal } from '../fleet/fleet.ts';
import type { Readiness } from '../readiness/readiness.ts';
import { isOfSeal } from './readiness-findings/of-seal.ts';
import type { Read } from './recover-findings.ts';

export interface ReadinessLine {
  /** As seen from Sealwatch. `stale`: exercised too long ago; `unread`: its row cannot be read. Neither says anything. */
  state: Readiness['standing']['state'] | 'stale' | 'never' | 'unread';
  why?: string;
  /** at-risk: when it stops being ready. */
  until?: string;
  /** Told from roles and the key's state alone: the credential cannot be borrowed. */
  indirect?: true;
  exercised?: string;
}

/** @param seal as fleet.yaml has it: a row of the seal before says nothing of it. @param now ms. */
export function readinessLine(row: Read<Readiness | undefined>, seal: Seal, now: number): ReadinessLine {
  if (!row.read) return { state: 'unread', why: row.why };
  if (!row.value || !isOfSeal(row.value, seal)) return { state: 'never' };
  const { standing, indirect, at, validUntil } = row.value;
  const exercised = iso(at);
  if (validUntil <= now) return { state: 'stale', why: 'not exercised for too long', exercised };
  return {
    state: standing.state,
    ...('why' in standing && { why: standing.why }),
    ...(standing.state === 'at-risk' && standing.at !== undefined && { until: iso(standing.at) }),
    ...(indirect && { indirect }),
    exercised,
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
