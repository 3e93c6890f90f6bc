/** Rule 9: whether every node uses what it was given, as far as it can be seen; and a person's word for the rest. Pure. */
import type { Fleet } from '../../fleet/fleet.ts';
import type { ConsumerSight, Rotation } from '../rotation.ts';
import { listed } from './names.ts';
import { isSecret } from './policy.ts';
import { leaderMoved } from './versions.ts';

/** How far our clock and a corrected start time may be apart, ms: what a node starts with it reads within that. */
const startMargin = 5_000;

export type InUse =
  | { yes: true }
  | {
      yes: false;
      what: string;
      older: string[];
      /** All that a person's word would have to name: CLUSTER/NODE, clusters, and nodes that fleet.yaml does not name. */
      unseen: string[];
      consumers: string[];
      /** Named by a person's word, and seen with an older start since. */
      voids?: string[];
    };

/**
 * Vault reads its seal's token or secret when it starts, and never again: a process that began before the delivery uses
 * the old one whatever anybody says, so a person's word counts for unseen nodes only, and for those that it names.
 */
export function inUse(
  rotation: Rotation,
  consumers: readonly ConsumerSight[],
  fleet: Pick<Fleet, 'clusters'>,
): InUse {
  return isSecret(rotation.kind)
    ? restartedSince(rotation, consumers, fleet, 0)
    : versionInUse(rotation, consumers);
}

/**
 * From when on a node that starts is sure to read what was given last, ms. Where something copies it on its way, the seal's
 * own reference was seen to lead to it before that, too.
 */
export function readableSince({ sinks, reached, direction, restoredAt }: Rotation): number {
  const settled = settledAt(sinks);
  if (direction === 'back') return Math.max(restoredAt ?? never, settled);
  const given = Object.values(sinks).map(({ deliveredAt }) => deliveredAt ?? never);
  return Math.max(settled > 0 ? (reached.verified ?? never) : 0, settled, ...given);
}

/** From when on no copy of any sink holds what was there before, ms; 0: there are none. */
export function settledAt(sinks: Rotation['sinks']): number {
  return Math.max(0, ...Object.values(sinks).map(({ settlesAt }) => settlesAt ?? 0));
}

const never = Number.POSITIVE_INFINITY;

/**
 * As of a secret, and every node started after that, too.
 *
 * @param after ms; 0: whatever was given is enough.
 */
export function restartedSince(
  rotation: Rotation,
  consumers: readonly ConsumerSight[],
  fleet: Pick<Fleet, 'clusters'>,
  after: number,
): InUse {
  const fits = rotation.direction === 'forward' ? usesFresh(rotation) : usesOld(rotation);
  const since = Math.max(readableSince(rotation), after);
  const word = wordSince(rotation, since);
  const older: string[] = [];
  const unseen: string[] = [];
  const behind = new Set<string>();
  for (const { cluster, nodes } of consumers) {
    for (const { node, startedAt } of nodes) {
      const name = `${cluster}/${node}`;
      if (startedAt === undefined ? word(name) : startedAt > after && fits(startedAt)) continue;
      (startedAt === undefined ? unseen : older).push(name);
      behind.add(cluster);
    }
    const others = unnamed(cluster, nodes.length, fleet);
    if (others === undefined || word(others)) continue;
    unseen.push(others);
    behind.add(cluster);
  }
  unseen.push(...leftClusters(rotation, consumers).filter((cluster) => !word(cluster)));
  if (older.length + unseen.length === 0) return { yes: true };
  const which = rotation.direction === 'forward' ? 'new' : 'old';
  const when =
    after > 0 && Number.isFinite(since)
      ? ` after ${new Date(since).toISOString()}`
      : settledAt(rotation.sinks) > 0 && Number.isFinite(since)
        ? ` after ${new Date(since).toISOString()}, when its copy has come`
        : '';
  const restart = older.length > 0 ? [`a restart of ${listed(older)}${when}, to use the ${which} one`] : [];
  const confirm =
    unseen.length > 0
      ? [`a person's word that ${listed(unseen)} restarted${when} (their start times are not seen)`]
      : [];
  const what = [...restart, ...confirm].join('; and ');
  return { yes: false, what, older, unseen, consumers: [...behind], ...voidsOf(rotation, older) };
}

/** One address may be of a load balancer: whoever is behind it beside the one that answered is not seen. */
function unnamed(name: string, nodes: number, { clusters }: Pick<Fleet, 'clusters'>): string | undefined {
  const voters = clusters.find((cluster) => cluster.name === name)?.expect.voters ?? 0;
  const more = voters - nodes;
  return more > 0 ? `${more} more of ${name} (expect.voters: ${voters})` : undefined;
}

function voidsOf({ confirmed, direction }: Rotation, older: readonly string[]): { voids?: string[] } {
  const named = confirmed?.direction === direction ? (confirmed.nodes ?? []) : [];
  const voids = named.filter((name) => older.includes(name));
  return voids.length > 0 ? { voids } : {};
}

/** Used it when the rotation began, and is not in fleet.yaml any more: nobody looks at it, and it may still use the old one. */
function leftClusters({ consumers: then }: Rotation, now: readonly ConsumerSight[]): string[] {
  return then.filter((name) => now.every(({ cluster }) => cluster !== name));
}

function usesFresh(rotation: Rotation): (startedAt: number) => boolean {
  const at = readableSince(rotation);
  return (startedAt) => startedAt > at + startMargin;
}

/** Started after it was put back, or before any sink got the new one. */
function usesOld(rotation: Rotation): (startedAt: number) => boolean {
  const first = Math.min(...Object.values(rotation.sinks).map(({ firstAt }) => firstAt ?? never));
  const since = readableSince(rotation);
  return (startedAt) => startedAt < first - startMargin || startedAt > since + startMargin;
}

function versionInUse(rotation: Rotation, consumers: readonly ConsumerSight[]): InUse {
  const since = madeAt(rotation);
  const word = wordSince(rotation, since);
  const older: string[] = [];
  const unseen: string[] = [];
  const shut: string[] = [];
  for (const consumer of consumers) {
    const opened = openSince(rotation, consumer.cluster);
    if (opened === undefined) {
      shut.push(consumer.cluster);
      continue;
    }
    const moved = leaderMoved(consumer, Math.max(since, opened));
    if (moved === 'no') older.push(consumer.cluster);
    if (moved === 'unseen' && !word(consumer.cluster)) unseen.push(consumer.cluster);
  }
  unseen.push(...leftClusters(rotation, consumers).filter((cluster) => !word(cluster)));
  if (older.length + unseen.length + shut.length === 0) return { yes: true };
  const open =
    shut.length > 0
      ? [
          `the version that ${listed(shut)} is wrapped with to be opened again (enable it, or lower the minimum): until then no new leader wraps anew, and no restart unseals`,
        ]
      : [];
  const move =
    older.length > 0
      ? [
          `a restart or step-down of the active node of ${listed(older)}, which then wraps with version ${rotation.fresh?.ref ?? ''}`,
        ]
      : [];
  const confirm =
    unseen.length > 0
      ? [`a person's word that ${listed(unseen)} changed its active node (nothing shows since when it leads)`]
      : [];
  return {
    yes: false,
    what: [...open, ...move, ...confirm].join('; and '),
    older,
    unseen,
    consumers: [...new Set([...shut, ...older, ...unseen])],
    ...voidsOf(rotation, older),
  };
}

/** From when on a new leader of this consumer could wrap anew, ms. Undefined: what it is wrapped with is shut. */
function openSince({ shut }: Rotation, cluster: string): number | undefined {
  const known = shut?.[cluster];
  return known ? known.openedAt : 0;
}

/** Of a version that we made, by our clock; of one that we follow, by its maker's. */
export function madeAt({ creating, reached, fresh }: Rotation): number {
  const ours = creating === undefined ? undefined : reached.created;
  return ours ?? fresh?.madeAt ?? Number.POSITIVE_INFINITY;
}

/** Whether a person's word of after that time is about this one: it says nothing of whoever is not seen later. */
function wordSince({ confirmed, direction }: Rotation, since: number): (name: string) => boolean {
  if (confirmed?.direction !== direction || confirmed.at <= since) return () => false;
  return (name) => confirmed.nodes?.includes(name) === true;
}
