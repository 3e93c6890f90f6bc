/** What GET /api/readiness answers: question 2 of DESIGN, for people. */
import { catalogue, type Severity } from '../../finding.ts';
import type { Seal } from '../../fleet/fleet.ts';
import type { Readiness } from '../../readiness/readiness.ts';
import { type ReadinessLine, readinessLine } from '../readiness-line.ts';
import { refused, type Said, said } from '../recover/said.ts';
import type { RotateDeps } from './deps.ts';
import { readyOne } from './ready.ts';

export interface ShownReadiness extends ReadinessLine {
  cluster: string;
  seal: Readiness['seal'];
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
  const clusters = fleet.clusters.map(({ name, seal }) =>
    shown(name, seal, known.get(name), deps.clock.now()),
  );
  return said({ clusters, unreadable: unreadable.map(({ partition, why }) => `${partition}: ${why}`) });
}

/** Exercises one cluster now. */
export async function exerciseNow(deps: RotateDeps, name: string): Promise<Said<ShownReadiness>> {
  const { fleet } = await deps.loadFleet();
  const cluster = fleet.clusters.find((candidate) => candidate.name === name);
  const row = cluster && (await readyOne(deps, name, fleet));
  if (!row) return refused('not-found', `fleet.yaml has no cluster "${name.slice(0, 63)}"`);
  return said(shown(name, cluster.seal, row, deps.clock.now()));
}

function shown(cluster: string, seal: Seal, row: Readiness | undefined, now: number): ShownReadiness {
  const line = readinessLine({ read: true, value: row }, seal, now);
  const { evidence = [], problems = [] } = line.state === 'never' ? {} : (row ?? {});
  return {
    cluster,
    seal: seal.type,
    ...line,
    evidence,
    problems: problems.map(({ code, summary, severity, advice }) => ({
      code,
      severity: severity ?? catalogue[code].severity,
      summary,
      advice: advice ?? catalogue[code].advice,
    })),
  };
}
