/** Everything that the plan is given: read anew for each step. */
import type { Cluster, Fleet } from '../../../fleet/fleet.ts';
import { fleetEntryHash } from '../../../people/fleet-entry.ts';
import { isSecret } from '../../../rotation/plan/policy.ts';
import type { RotationInput } from '../../../rotation/plan/say.ts';
import type { Did, Look, Orphans, Rotation } from '../../../rotation/rotation.ts';
import { credentialNow } from '../rotation-row.ts';
import { consumersOf } from '../seal-cycles.ts';
import { blockedBy } from './blocked.ts';
import { freshValue, heldLive, look, oldValue, readLive, type Turn } from './context.ts';
import { leaseMs } from './held.ts';
import { wasTried } from './renew.ts';

/** Rotations of before tell since when a version was in use: snapshots are kept for long, ms. */
const historyMs = 3 * 366 * 24 * 3_600_000;

export async function gather(turn: Turn): Promise<RotationInput> {
  const { deps, fleet, cluster, name, held, asked } = turn;
  const rotation = held?.value;
  const clusters = consumersOf(fleet, cluster, name);
  turn.seen.consumers ??= await Promise.all(clusters.map((consumer) => deps.sight(consumer)));
  const names = clusters.map((consumer) => consumer.name);
  const [blocked, seen, earlier] = await Promise.all([
    blockedBy(deps, fleet, names),
    look(turn),
    deps.state.rotations.list(deps.clock.now() - historyMs, cluster.name),
  ]);
  return {
    fleet,
    cluster,
    kind: name,
    fleetEntry: fleetEntryHash(cluster),
    credential: credentialNow(cluster, name),
    fleetEntries: entriesOf(fleet, [cluster.name, ...names]),
    ...(rotation && { rotation: withoutTried(turn, rotation) }),
    earlier: earlier.rows.filter((row) => row.kind === name && row.status === 'ended'),
    look: wasTried(turn, rotation, 'current') ? notRenewable(seen) : seen,
    ...(rotation?.creating &&
      !rotation.fresh && { orphans: await orphans(turn, rotation.id, rotation.creating) }),
    ...(await slots(turn, rotation, clusters)),
    ...(await lastUsed(turn, rotation)),
    consumers: turn.seen.consumers,
    blocked,
    // Also where none is asked for now: one that was given counts for the next try, too.
    approvals:
      rotation && !isSecret(name) ? await deps.state.rotations.approvals(cluster.name, rotation.id) : [],
    ...(asked && { asked }),
    now: deps.clock.now(),
  };
}

function entriesOf({ clusters }: Fleet, names: readonly string[]): RotationInput['fleetEntries'] {
  const wanted = clusters.filter(({ name }) => names.includes(name));
  return Object.fromEntries(wanted.map((cluster) => [cluster.name, fleetEntryHash(cluster)]));
}

/** A renewal that changed nothing is not planned again in the same turn. */
function notRenewable(seen: Did<Look>): Did<Look> {
  if (!seen.ok || seen.value.current.state !== 'works') return seen;
  return { ok: true, value: { ...seen.value, current: { ...seen.value.current, renewable: false } } };
}

function withoutTried(turn: Turn, rotation: Rotation): Rotation {
  if (!rotation.fresh || !wasTried(turn, rotation, 'fresh')) return rotation;
  const { endsAt: _endsAt, ...fresh } = rotation.fresh;
  return { ...rotation, fresh };
}

/** What is not there yet may still be made: a request whose answer never came has landed once a lease is over. */
async function orphans(
  { kind, deps }: Turn,
  id: string,
  creating: NonNullable<Rotation['creating']>,
): Promise<Did<Orphans>> {
  const left = await kind.orphans(id, creating);
  const until = creating.at + leaseMs;
  if (!left.ok || left.value.state !== 'known' || left.value.end.length > 0 || deps.clock.now() >= until)
    return left;
  const why = 'the request to make one may still be carried out';
  return { ok: true, value: { state: 'unseen', until, why } };
}

/** Of the one that is about to end: somebody who renewed it uses it. */
async function lastUsed(
  { kind }: Turn,
  rotation: Rotation | undefined,
): Promise<Pick<RotationInput, 'lastUsedAt'>> {
  if (!rotation || !kind.lastUsed) return {};
  const { stage, direction, restoredAt, old, fresh } = rotation;
  const isNear = direction === 'forward' ? stage === 'verified' : restoredAt !== undefined;
  const ref = direction === 'forward' ? old?.ref : fresh?.ref;
  return isNear && ref ? { lastUsedAt: await kind.lastUsed(ref) } : {};
}

async function slots(
  turn: Turn,
  rotation: Rotation | undefined,
  consumers: readonly Cluster[],
): Promise<Pick<RotationInput, 'held' | 'reads' | 'freshAtHand' | 'oldAtHand'>> {
  const nothing = { held: {}, freshAtHand: false, oldAtHand: false };
  if (!rotation?.fresh?.fingerprint || !isSecret(rotation.kind)) return nothing;
  const held = await heldLive(turn, rotation);
  const needsFresh =
    rotation.direction === 'forward' && (rotation.stage === 'due' || rotation.stage === 'created');
  const reads = await Promise.all(
    consumers.map(async (consumer) => [consumer.name, await readLive(turn, rotation, consumer)] as const),
  );
  return {
    held,
    reads: Object.fromEntries(reads),
    freshAtHand: needsFresh && (await freshValue(turn, rotation)) !== undefined,
    oldAtHand: rotation.direction === 'back' && (await oldValue(turn, rotation)) !== undefined,
  };
}
