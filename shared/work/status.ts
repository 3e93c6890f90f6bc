/** What GET /api/status answers: the fleet as last seen, and whether anybody has been looking. */
import type { Alert } from '../alert/alert.ts';
import type { Severity } from '../finding.ts';
import type { NodeFacts } from '../probe/head-facts.ts';
import type { LivePartition, SweepRecord } from '../state/ports.ts';
import type { WatchDeps } from './deps.ts';

export interface Status {
  /** `stale`: the last sweep that came to its end is too old (rule 13): answered with 503. */
  watching: 'yes' | 'stale' | 'never';
  lastSweep?: { at: string; seconds: number; ageSeconds: number; complete: boolean };
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
  /** Worst open alert; `ok` without one. */
  status: Severity | 'ok' | 'unknown';
  labels: Record<string, string>;
  recovery: { policy: 'manual' | 'automatic'; unknownSealCause: 'approval' | 'automatic' };
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

export async function readStatus(deps: WatchDeps): Promise<Status> {
  const [{ fleet }, scanned, last] = await Promise.all([
    deps.loadFleet(),
    deps.state.live.scan(),
    deps.state.sweeps.last(),
  ]);
  const now = deps.clock.now();
  const lines = (name: string): AlertLine[] => alertLines(scanned.partitions.get(name));
  return {
    watching: watching(last, now, deps.intervalMs),
    ...(last?.finishedAt && { lastSweep: sweepLine(last, last.finishedAt, now) }),
    clusters: fleet.clusters.map((cluster) => {
      const facts = scanned.partitions.get(cluster.name)?.head?.value.facts.nodes;
      return {
        cluster: cluster.name,
        status: facts ? worst(lines(cluster.name)) : 'unknown',
        labels: cluster.labels,
        recovery: { policy: cluster.recovery.policy, unknownSealCause: cluster.unknownSealCause },
        nodes: cluster.nodes.map(({ name, address }) => ({ name, address, ...nodeLine(facts?.[name]) })),
        alerts: lines(cluster.name),
      };
    }),
    fleet: lines('fleet'),
    undelivered: [...scanned.partitions.values()].reduce((sum, { outbox }) => sum + messages(outbox), 0),
    unreadable: scanned.unreadable.map(({ partition, row, why }) => `${partition}/${row}: ${why}`),
  };
}

function watching(last: SweepRecord | undefined, now: number, intervalMs: number): Status['watching'] {
  if (!last?.finishedAt) return 'never';
  return now - last.finishedAt > staleIntervals * intervalMs ? 'stale' : 'yes';
}

function sweepLine(last: SweepRecord, finishedAt: number, now: number): NonNullable<Status['lastSweep']> {
  return {
    at: new Date(last.startedAt).toISOString(),
    seconds: (finishedAt - last.startedAt) / 1000,
    ageSeconds: Math.round((now - finishedAt) / 1000),
    complete: last.complete,
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
