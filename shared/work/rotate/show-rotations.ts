/** Rotations for people: where each is, what it waits for, and what a person can do. */
import { canonicalHash } from '../../people/canonical-hash.ts';
import type { Rotation, SinkRecord } from '../../rotation/rotation.ts';
import { refused, type Said, said } from '../recover/said.ts';
import type { RotateDeps } from './deps.ts';
import { find, noWayBack } from './rotation-row.ts';

export interface ShownRotation
  extends Pick<
    Rotation,
    | 'id'
    | 'cluster'
    | 'kind'
    | 'credential'
    | 'stage'
    | 'direction'
    | 'status'
    | 'byName'
    | 'reason'
    | 'requestedAt'
    | 'reached'
    | 'consumers'
  > {
  /** The new one and the one before, by name. */
  fresh?: string;
  old?: string;
  sinks: { name: string; holds: string; where?: string }[];
  waiting?: { what: string; since: number; overdue: boolean };
  failing?: { what: string; message: string; since: number; times: number };
  /** `hash`: what an approval names. */
  needs?: { why: string; missing: number; hash: string };
  inUseAt?: number;
  /** Why there is no way back; undefined: it can be rolled back. */
  noWayBack?: string;
  ended?: Rotation['ended'];
}

/** How far back ended ones are shown, ms. */
const shownMs = 90 * 24 * 3_600_000;

export async function showRotations(
  deps: Pick<RotateDeps, 'state' | 'clock'>,
  cluster?: string,
): Promise<Said<{ rotations: ShownRotation[]; unreadable: string[] }>> {
  const now = deps.clock.now();
  const { rows, unreadable } = await deps.state.rotations.list(now - shownMs, cluster);
  return said({
    rotations: rows.map((row) => shownRotation(row, now)),
    unreadable: unreadable.map(({ partition, row, why }) => `${partition}/${row}: ${why}`),
  });
}

export async function showRotation(
  deps: Pick<RotateDeps, 'state' | 'clock'>,
  id: string,
): Promise<Said<ShownRotation>> {
  const stored = await find(deps, id);
  if (!stored) return refused('not-found', `there is no rotation ${id.slice(0, 100)}`);
  return said(shownRotation(stored.value, deps.clock.now()));
}

export function shownRotation(row: Rotation, now: number): ShownRotation {
  const {
    id,
    cluster,
    kind,
    credential,
    stage,
    direction,
    status,
    byName,
    reason,
    requestedAt,
    reached,
    consumers,
  } = row;
  const { fresh, old, sinks, waiting, failing, needs, inUseAt, ended } = row;
  const back = status === 'ended' ? `${id} has ended` : noWayBack(row);
  return {
    id,
    cluster,
    kind,
    credential,
    stage,
    direction,
    status,
    byName,
    reason,
    requestedAt,
    reached,
    consumers,
    ...(fresh && { fresh: fresh.ref }),
    ...(old && old.ref !== '' && { old: old.ref }),
    sinks: Object.entries(sinks).map(([name, { where, ...times }]) => ({
      name,
      holds: holds(times),
      ...(where !== undefined && { where }),
    })),
    ...(waiting && {
      waiting: { what: waiting.what, since: waiting.since, overdue: now > waiting.overdueAt },
    }),
    ...(failing && {
      failing: { what: failing.what, message: failing.message, since: failing.since, times: failing.times },
    }),
    ...(needs && {
      needs: { why: needs.why, missing: needs.missing, hash: canonicalHash({ ...needs.binding }) },
    }),
    ...(inUseAt !== undefined && { inUseAt }),
    ...(back !== undefined && { noWayBack: back }),
    ...(ended && { ended }),
  };
}

function holds({ deliveredAt, restoredAt, settlesAt }: SinkRecord): string {
  if (deliveredAt === undefined && restoredAt === undefined)
    return 'uncertain: a request is under way, or failed';
  const which = restoredAt === undefined ? 'the new one' : 'the old one again';
  return settlesAt === undefined
    ? which
    : `${which}, its copies from ${new Date(settlesAt).toISOString()} on`;
}
