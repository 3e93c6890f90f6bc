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
  nodes: z.array(z.looseObject({ name: z.string(), state: z.string(), since: z.string().optional() })),
  alerts: z.array(Alert),
});
type Cluster = z.infer<typeof Cluster>;

export const Status = z.looseObject({
  watching: z.string(),
  lastSweep: z.looseObject({ at: z.string(), ageSeconds: z.number(), complete: z.boolean() }).optional(),
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
export function isCalm({ watching, clusters, fleet, unreadable }: Status): boolean {
  return (
    watching === 'yes' &&
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
    ...status.fleet.flatMap((alert) => alertLines(alert, closely, 'the fleet: ')),
    ...told.flatMap((cluster) => clusterLines(cluster, closely)),
    ...(told.length < sorted.length ? [`${well.length} ${told.length > 0 ? 'more ' : ''}clusters: ok`] : []),
    ...(status.undelivered > 0 ? [`Not delivered yet: ${status.undelivered} messages`] : []),
  ];
}

function watchingLine({ watching, lastSweep }: Status): string {
  if (!lastSweep) return 'NOBODY IS WATCHING: no sweep has ended yet';
  const { at, ageSeconds, complete } = lastSweep;
  const when = `the last sweep began ${at} and ended ${ageSeconds} s ago${complete ? '' : ', incomplete'}`;
  return watching === 'yes' ? `Watching: ${when}` : `NOBODY IS WATCHING: ${when}. What follows is older`;
}

function clusterLines(
  { cluster, status, notSwept, hold, nodes, alerts }: Cluster,
  closely: boolean,
): string[] {
  return [
    [
      `${cluster}: ${status}`,
      countedStates(nodes),
      ...(hold ? [`held by ${hold.by} until ${hold.until} (${hold.reason})`] : []),
      ...(notSwept === undefined ? [] : [`not finished by the last sweep (${notSwept})`]),
    ].join(', '),
    ...(closely ? nodes.map(nodeLine) : []),
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
