/** Rule 9: whether every node uses what it was given, as far as it can be seen; and a person's word for the rest. Pure. */
import type { ConsumerSight, Rotation } from '../rotation.ts';
import { isSecret } from './policy.ts';
import { leaderMoved } from './versions.ts';

/** How far our clock and a corrected start time may be apart, ms: what a node starts with it reads within that. */
const startMargin = 5_000;

export type InUse =
  | { yes: true }
  | { yes: false; what: string; older: string[]; unseen: string[]; consumers: string[] };

/**
 * Vault reads its seal's token or secret when it starts, and never again: a process that began before the delivery uses
 * the old one whatever anybody says, so a person's word counts for unseen nodes only.
 */
export function inUse(rotation: Rotation, consumers: readonly ConsumerSight[]): InUse {
  return isSecret(rotation.kind) ? secretInUse(rotation, consumers) : versionInUse(rotation, consumers);
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

function secretInUse(rotation: Rotation, consumers: readonly ConsumerSight[]): InUse {
  const fits = rotation.direction === 'forward' ? usesFresh(rotation) : usesOld(rotation);
  const since = readableSince(rotation);
  const word = confirmedSince(rotation, since);
  const older: string[] = [];
  const unseen: string[] = [];
  const behind = new Set<string>();
  for (const { cluster, nodes } of consumers) {
    for (const { node, startedAt } of nodes) {
      if (startedAt === undefined ? word : fits(startedAt)) continue;
      (startedAt === undefined ? unseen : older).push(`${cluster}/${node}`);
      behind.add(cluster);
    }
  }
  for (const cluster of leftClusters(rotation, consumers)) if (!word) unseen.push(cluster);
  if (older.length + unseen.length === 0) return { yes: true };
  const which = rotation.direction === 'forward' ? 'new' : 'old';
  const when =
    settledAt(rotation.sinks) > 0 && Number.isFinite(since)
      ? ` after ${new Date(since).toISOString()}, when its copy has come`
      : '';
  const restart =
    older.length > 0 ? [`a restart of ${older.join(', ')}${when}, to use the ${which} one`] : [];
  const confirm =
    unseen.length > 0
      ? [`a person's word that ${unseen.join(', ')} restarted${when} (their start times are not seen)`]
      : [];
  return { yes: false, what: [...restart, ...confirm].join('; and '), older, unseen, consumers: [...behind] };
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
  const older: string[] = [];
  const unseen: string[] = [];
  for (const consumer of consumers) {
    const moved = leaderMoved(consumer, since);
    if (moved === 'no') older.push(consumer.cluster);
    if (moved === 'unseen' && !confirmedSince(rotation, since)) unseen.push(consumer.cluster);
  }
  if (!confirmedSince(rotation, since)) unseen.push(...leftClusters(rotation, consumers));
  if (older.length + unseen.length === 0) return { yes: true };
  const move =
    older.length > 0
      ? [
          `a restart or step-down of the active node of ${older.join(', ')}, which then wraps with version ${rotation.fresh?.ref ?? ''}`,
        ]
      : [];
  const confirm =
    unseen.length > 0
      ? [
          `a person's word that ${unseen.join(', ')} changed its active node (nothing shows since when it leads)`,
        ]
      : [];
  return {
    yes: false,
    what: [...move, ...confirm].join('; and '),
    older,
    unseen,
    consumers: [...older, ...unseen],
  };
}

/** Of a version that we made, by our clock; of one that we follow, by its maker's. */
function madeAt({ creating, reached, fresh }: Rotation): number {
  const ours = creating === undefined ? undefined : reached.created;
  return ours ?? fresh?.madeAt ?? Number.POSITIVE_INFINITY;
}

function confirmedSince({ confirmed, direction }: Rotation, since: number): boolean {
  return confirmed !== undefined && confirmed.direction === direction && confirmed.at > since;
}
