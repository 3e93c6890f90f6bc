/** What GET /api/status and /api/status/clusters answer: the fleet as last seen, and whether anybody has been looking. */
import type { Alert } from '../alert/alert.ts';
import type { Severity } from '../finding.ts';
import type { NodeFacts } from '../probe/head-facts.ts';
import type { LivePartition, SweepRecord } from '../state/ports.ts';
import type { WatchDeps } from './deps.ts';
import { type ReadinessLine, readinessLine } from './readiness-line.ts';
import { refused, type Said, said } from './recover/said.ts';
import { readRecoverRows } from './recover-rows.ts';
import { type RecoveryLine, recoveryLine } from './recovery-line.ts';
import { wordsOf } from './remember.ts';
import { type RotationLine, rotationLines } from './rotation-line.ts';

export interface Status {
  /**
   * `stale` and `never` are answered with 503 (rule 13). Stale: the last sweep ended more than 4 intervals ago, or the
   * last *complete* one (or, where none ever was, the first) more than 20: one broken cluster must not hide the rest
   * at once, and must not pass for good.
   */
  watching: 'yes' | 'stale' | 'never';
  /** Why it is stale: nobody looks, or somebody does and never gets to the end. */
  stale?: 'no-sweep' | 'incomplete';
  lastSweep?: { at: string; seconds: number; ageSeconds: number; complete: boolean; lastCompleteAt?: string };
  /** What the last sweep could not finish, and why: clusters, or `fleet` for the fleet's own alerts. */
  notSwept: { cluster: string; why: string }[];
  clusters: ClusterStatus[];
  /** Alerts of the fleet itself. */
  fleet: AlertLine[];
  /** Messages that are owed and not delivered yet. */
  undelivered: number;
  /** Rows that this version cannot read. */
  unreadable: string[];
}

export interface ClusterStatus {
  cluster: string;
  /** Worst open alert; `ok` without one; `unknown` when the last sweep could not finish it. */
  status: Severity | 'ok' | 'unknown';
  /** Why the last sweep could not finish it: nodes and alerts are older. */
  notSwept?: string;
  /** Automation leaves it alone until then. */
  hold?: { by: string; reason: string; until: string };
  labels: Record<string, string>;
  recovery: RecoveryLine;
  /** Whether a node that restarts now would unseal. */
  readiness: ReadinessLine;
  /** Where one is open; a text: why that cannot be read. */
  rotations?: RotationLine[] | string;
  nodes: { name: string; address: string; state: NodeFacts['state'] | 'unknown'; since?: string }[];
  alerts: AlertLine[];
}

export interface AlertLine {
  code: string;
  status: Alert['status'];
  severity: Severity;
  summary: string;
  evidence: string[];
  advice: string;
  since: string;
}

/** Sweeps that are missed before the watcher counts as stopped. */
const staleIntervals = 4;
/** Sweeps in a row that may be incomplete before it counts as not watching. */
const incompleteIntervals = 20;

export async function readStatus(deps: WatchDeps): Promise<Status> {
  const [{ fleet }, scanned, last, holds, rowsOf] = await Promise.all([
    deps.loadFleet(),
    deps.state.live.scan(),
    deps.state.sweeps.last(),
    deps.state.words.holds(),
    readRecoverRows(deps),
  ]);
  const now = deps.clock.now();
  const lines = (name: string): AlertLine[] => alertLines(scanned.partitions.get(name));
  const failed = last?.failed ?? [];
  const reasons = new Map(failed.map(({ cluster, why }) => [cluster, why]));
  return {
    ...watching(last, now, deps.intervalMs),
    ...(last?.finishedAt && { lastSweep: sweepLine(last, last.finishedAt, now) }),
    notSwept: failed.map(({ cluster, why }) => ({ cluster, why })),
    clusters: fleet.clusters.map((cluster) => {
      const why = reasons.get(cluster.name);
      const { hold } = wordsOf({ quiets: [], holds }, cluster.name, now);
      const rows = rowsOf(cluster.name);
      const rotations = rotationLines(rows.rotations);
      const facts = scanned.partitions.get(cluster.name)?.head?.value.facts.nodes;
      return {
        cluster: cluster.name,
        status: facts && why === undefined ? worst(lines(cluster.name)) : 'unknown',
        ...(why !== undefined && { notSwept: why }),
        ...(hold && {
          hold: { by: hold.by, reason: hold.reason, until: new Date(hold.until).toISOString() },
        }),
        labels: cluster.labels,
        recovery: recoveryLine(cluster, rows),
        readiness: readinessLine(rows.readiness, cluster.seal, now),
        ...(rotations && { rotations }),
        nodes: cluster.nodes.map(({ name, address }) => ({ name, address, ...nodeLine(facts?.[name]) })),
        alerts: lines(cluster.name),
      };
    }),
    fleet: lines('fleet'),
    undelivered: [...scanned.partitions.values()].reduce((sum, { outbox }) => sum + messages(outbox), 0),
    unreadable: scanned.unreadable.map(({ partition, row, why }) => `${partition}/${row}: ${why}`),
  };
}

/** For a person. @param cluster undefined: all; the rest of the fleet is told with each. */
export async function showStatus(deps: WatchDeps, cluster?: string): Promise<Said<Status>> {
  const status = await readStatus(deps);
  if (cluster === undefined) return said(status);
  const clusters = status.clusters.filter((one) => one.cluster === cluster);
  if (clusters.length === 0) return refused('not-found', `fleet.yaml has no cluster "${cluster}"`);
  const notSwept = status.notSwept.filter((one) => one.cluster === cluster || one.cluster === 'fleet');
  return said({ ...status, notSwept, clusters });
}

function watching(
  last: SweepRecord | undefined,
  now: number,
  intervalMs: number,
): Pick<Status, 'watching' | 'stale'> {
  if (!last?.finishedAt) return { watching: 'never' };
  if (now - last.finishedAt > staleIntervals * intervalMs) return { watching: 'stale', stale: 'no-sweep' };
  const completeAt = lastComplete(last) ?? last.firstAt ?? last.finishedAt;
  const isWhole = now - completeAt <= incompleteIntervals * intervalMs;
  return isWhole ? { watching: 'yes' } : { watching: 'stale', stale: 'incomplete' };
}

/** When the last complete sweep ended, ms. */
function lastComplete({ complete, finishedAt, lastCompleteAt }: SweepRecord): number | undefined {
  return complete ? finishedAt : lastCompleteAt;
}

function sweepLine(last: SweepRecord, finishedAt: number, now: number): NonNullable<Status['lastSweep']> {
  const completeAt = lastComplete(last);
  return {
    at: new Date(last.startedAt).toISOString(),
    seconds: (finishedAt - last.startedAt) / 1000,
    ageSeconds: Math.round((now - finishedAt) / 1000),
    complete: last.complete,
    ...(completeAt !== undefined && { lastCompleteAt: new Date(completeAt).toISOString() }),
  };
}

function nodeLine(facts: NodeFacts | undefined): { state: NodeFacts['state'] | 'unknown'; since?: string } {
  return facts ? { state: facts.state, since: new Date(facts.since).toISOString() } : { state: 'unknown' };
}

function alertLines(partition: LivePartition | undefined): AlertLine[] {
  const alerts = partition?.head?.value.alerts ?? [];
  // One that is over but not told yet waits for the next message; it is open no more.
  const open = alerts.filter(({ resolvedAt }) => resolvedAt === undefined);
  return open.map(({ finding, status, since }) => ({
    code: finding.code,
    status,
    severity: finding.severity,
    summary: finding.summary,
    evidence: finding.evidence,
    advice: finding.advice,
    since: new Date(since).toISOString(),
  }));
}

function worst(lines: AlertLine[]): ClusterStatus['status'] {
  for (const severity of ['critical', 'warning', 'info'] as const) {
    if (lines.some((line) => line.severity === severity)) return severity;
  }
  return 'ok';
}

function messages(outbox: LivePartition['outbox']): number {
  return outbox.filter(({ value }) => value.effect.kind === 'message').length;
}
