/** What watch answers of the fleet as last seen, and what is said of it on a terminal. Pure. */
import { z } from 'zod';

const Alert = z.looseObject({
  code: z.string(),
  status: z.string(),
  severity: z.string(),
  summary: z.string(),
  evidence: z.array(z.string()),
  advice: z.string(),
  since: z.string(),
});
type Alert = z.infer<typeof Alert>;

/** Looser than what watch writes: what a newer one adds is passed on by `--json`. */
const Cluster = z.looseObject({
  cluster: z.string(),
  status: z.string(),
  notSwept: z.string().optional(),
  hold: z.looseObject({ by: z.string(), reason: z.string(), until: z.string() }).optional(),
  recovery: z
    .looseObject({
      open: z.looseObject({ id: z.string(), summary: z.string(), why: z.string().optional() }).optional(),
      unread: z.array(z.string()).optional(),
    })
    .optional(),
  readiness: z.looseObject({ state: z.string(), why: z.string().optional() }).optional(),
  /** A text: why they cannot be read. */
  rotations: z
    .union([z.string(), z.array(z.looseObject({ id: z.string(), summary: z.string() }))])
    .optional(),
  nodes: z.array(z.looseObject({ name: z.string(), state: z.string(), since: z.string().optional() })),
  alerts: z.array(Alert),
});
type Cluster = z.infer<typeof Cluster>;

export const Status = z.looseObject({
  watching: z.string(),
  stale: z.string().optional(),
  lastSweep: z
    .looseObject({
      at: z.string(),
      ageSeconds: z.number(),
      complete: z.boolean(),
      lastCompleteAt: z.string().optional(),
    })
    .optional(),
  notSwept: z.array(z.looseObject({ cluster: z.string(), why: z.string() })),
  clusters: z.array(Cluster),
  fleet: z.array(Alert),
  undelivered: z.number(),
  unreadable: z.array(z.string()),
});
export type Status = z.infer<typeof Status>;

/** Worst first; what this version does not know is as bad as anything. */
const ranks = ['unknown', 'critical', 'warning', 'info', 'ok'];
const rank = ({ status }: Cluster): number => Math.max(0, ranks.indexOf(status));

/** More clusters than this that are well are counted, not named. */
const namedWhenWell = 20;

/** Nothing that somebody must get up for, and somebody is looking. */
export function isCalm({ watching, notSwept, clusters, fleet, unreadable }: Status): boolean {
  return (
    watching === 'yes' &&
    notSwept.length === 0 &&
    clusters.every((cluster) => unreadOf(cluster).length === 0) &&
    unreadable.length === 0 &&
    clusters.every((cluster) => rank(cluster) > ranks.indexOf('critical')) &&
    fleet.every(({ severity }) => severity === 'warning' || severity === 'info')
  );
}

/** Lines. @param closely of one cluster: each node, and what was seen and what to do first. */
export function describe(status: Status, closely: boolean): string[] {
  const sorted = status.clusters.toSorted((a, b) => rank(a) - rank(b));
  const well = sorted.filter((cluster) => cluster.status === 'ok');
  const told = well.length > namedWhenWell ? sorted.slice(0, sorted.length - well.length) : sorted;
  return [
    watchingLine(status),
    ...notSweptLines(status),
    ...status.fleet.flatMap((alert) => alertLines(alert, closely, 'the fleet: ')),
    ...told.flatMap((cluster) => clusterLines(cluster, closely)),
    ...(told.length < sorted.length ? [`${well.length} ${told.length > 0 ? 'more ' : ''}clusters: ok`] : []),
    ...(status.undelivered > 0 ? [`Not delivered yet: ${status.undelivered} messages`] : []),
  ];
}

function watchingLine({ watching, stale, lastSweep }: Status): string {
  if (!lastSweep) return 'NOBODY IS WATCHING: no sweep has ended yet';
  const { at, ageSeconds, complete, lastCompleteAt } = lastSweep;
  const when = `the last sweep began ${at} and ended ${ageSeconds} s ago${complete ? '' : ', incomplete'}`;
  if (watching === 'yes') return `Watching: ${when}`;
  if (stale !== 'incomplete') return `NOBODY IS WATCHING: ${when}. What follows is older`;
  const since =
    lastCompleteAt === undefined ? 'none was ever complete' : `none was complete since ${lastCompleteAt}`;
  return `NOT ALL IS WATCHED: ${since}; ${when}`;
}

/** Clusters say so themselves. */
function notSweptLines({ notSwept }: Status): string[] {
  return notSwept
    .filter(({ cluster }) => cluster === 'fleet')
    .map(({ why }) => `Alerts of the fleet itself were not finished by the last sweep (${why})`);
}

function unreadOf({ recovery, readiness, rotations }: Cluster): string[] {
  return [
    ...(recovery?.unread ?? []).map((why) => `recoveries cannot be read: ${why}`),
    ...(typeof rotations === 'string' ? [`rotations cannot be read: ${rotations}`] : []),
    ...(readiness?.state === 'unread' ? [`readiness cannot be read: ${readiness.why ?? 'no reason'}`] : []),
  ];
}

function clusterLines(shown: Cluster, closely: boolean): string[] {
  const { cluster, status, notSwept, hold, nodes, alerts, recovery } = shown;
  const open = recovery?.open;
  const rotations = Array.isArray(shown.rotations) ? shown.rotations : [];
  return [
    [
      `${cluster}: ${status}`,
      countedStates(nodes),
      ...(hold ? [`held by ${hold.by} until ${hold.until} (${hold.reason})`] : []),
      ...(notSwept === undefined ? [] : [`not finished by the last sweep (${notSwept})`]),
    ].join(', '),
    ...(closely ? nodes.map(nodeLine) : []),
    ...(open
      ? [`  recovery ${open.id}: ${open.summary}${open.why === undefined ? '' : ` (${open.why})`}`]
      : []),
    ...(closely ? rotations.map(({ id, summary }) => `  rotation ${id}: ${summary}`) : []),
    ...unreadOf(shown).map((line) => `  ${line}`),
    ...alerts.flatMap((alert) => alertLines(alert, closely, '  ')),
  ];
}

/** `1 active, 2 standby`, in the order of fleet.yaml. */
function countedStates(nodes: Cluster['nodes']): string {
  const counts = new Map<string, number>();
  for (const { state } of nodes) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, count]) => `${count} ${state}`).join(', ');
}

function nodeLine({ name, state, since }: Cluster['nodes'][number]): string {
  return `  ${name}: ${state}${since === undefined ? '' : ` since ${since}`}`;
}

function alertLines(
  { severity, code, status, summary, since, evidence, advice }: Alert,
  closely: boolean,
  before: string,
): string[] {
  const how = status === 'firing' ? '' : ` (${status})`;
  return [
    `${before}${severity} ${code}${how}: ${summary}, since ${since}`,
    ...(closely ? [...evidence.map((line) => `    Seen: ${line}`), `    First: ${advice}`] : []),
  ];
}
