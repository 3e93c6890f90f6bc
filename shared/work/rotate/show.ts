/** What GET /api/readiness answers: question 2 of DESIGN, for people. */
import { catalogue, type Severity } from '../../finding.ts';
import type { Readiness } from '../../readiness/readiness.ts';
import { refused, type Said, said } from '../recover/said.ts';
import type { RotateDeps } from './deps.ts';
import { readyOne } from './ready.ts';

export interface ShownReadiness {
  cluster: string;
  seal: Readiness['seal'];
  /** As seen from Sealwatch. `stale`: exercised too long ago to say anything. */
  state: Readiness['standing']['state'] | 'stale' | 'never';
  why?: string;
  /** at-risk: when it stops being ready, where that is known. */
  until?: string;
  indirect?: true;
  exercised?: string;
  evidence: string[];
  /** `advice`: the first thing to do. */
  problems: { code: string; severity: Severity; summary: string; advice: string }[];
}

export interface ShownFleet {
  clusters: ShownReadiness[];
  unreadable: string[];
}

/** Every cluster of fleet.yaml, in its order. */
export async function showReadiness(deps: RotateDeps): Promise<Said<ShownFleet>> {
  const [{ fleet }, { rows, unreadable }] = await Promise.all([
    deps.loadFleet(),
    deps.state.readiness.list(),
  ]);
  const known = new Map(rows.map((row) => [row.cluster, row]));
  const clusters = fleet.clusters.map(({ name, seal }) => {
    const row = known.get(name);
    // A row of the seal that it had before says nothing of the one that it has.
    return row?.seal === seal.type ? shown(row, deps.clock.now()) : never(name, seal.type);
  });
  return said({ clusters, unreadable: unreadable.map(({ partition, why }) => `${partition}: ${why}`) });
}

/** Exercises one cluster now. */
export async function exerciseNow(deps: RotateDeps, name: string): Promise<Said<ShownReadiness>> {
  const row = await readyOne(deps, name);
  if (!row) return refused('not-found', `fleet.yaml has no cluster "${name.slice(0, 63)}"`);
  return said(shown(row, deps.clock.now()));
}

function never(cluster: string, seal: Readiness['seal']): ShownReadiness {
  return { cluster, seal, state: 'never', evidence: [], problems: [] };
}

function shown(
  { cluster, seal, standing, indirect, at, validUntil, evidence, problems }: Readiness,
  now: number,
) {
  const iso = (ms: number) => new Date(ms).toISOString();
  return {
    cluster,
    seal,
    state: validUntil > now ? standing.state : 'stale',
    ...('why' in standing && { why: standing.why }),
    ...(standing.state === 'at-risk' && standing.at !== undefined && { until: iso(standing.at) }),
    ...(indirect && { indirect }),
    exercised: iso(at),
    evidence,
    problems: problems.map(({ code, summary, severity, advice }) => ({
      code,
      severity: severity ?? catalogue[code].severity,
      summary,
      advice: advice ?? catalogue[code].advice,
    })),
  } satisfies ShownReadiness;
}
