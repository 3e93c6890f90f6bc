/** Everything that the plan is given: read anew for each step. */
import { fleetEntryHash } from '../../../people/fleet-entry.ts';
import { isSecret } from '../../../rotation/plan/policy.ts';
import type { RotationInput } from '../../../rotation/plan/say.ts';
import type { Rotation } from '../../../rotation/rotation.ts';
import { consumersOf } from '../seal-cycles.ts';
import { blockedBy } from './blocked.ts';
import { freshValue, heldLive, look, oldValue, readLive, type Turn } from './context.ts';

/** Rotations of before tell since when a version was in use: snapshots are kept for long, ms. */
const historyMs = 3 * 366 * 24 * 3_600_000;

export async function gather(turn: Turn): Promise<RotationInput> {
  const { deps, fleet, cluster, name, kind, held, asked } = turn;
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
    ...(rotation && { rotation }),
    earlier: earlier.rows.filter((row) => row.kind === name && row.status === 'ended'),
    look: seen,
    ...(rotation?.creating &&
      !rotation.fresh && { orphans: await kind.orphans(rotation.id, rotation.creating) }),
    ...(await slots(turn, rotation)),
    consumers: turn.seen.consumers,
    blocked,
    // Also where none is asked for now: one that was given counts for the next try, too.
    approvals:
      rotation && !isSecret(name) ? await deps.state.rotations.approvals(cluster.name, rotation.id) : [],
    ...(asked && { asked }),
    now: deps.clock.now(),
  };
}

async function slots(
  turn: Turn,
  rotation: Rotation | undefined,
): Promise<Pick<RotationInput, 'held' | 'reads' | 'freshAtHand' | 'oldAtHand'>> {
  const nothing = { held: {}, freshAtHand: false, oldAtHand: false };
  if (!rotation?.fresh?.fingerprint || !isSecret(rotation.kind)) return nothing;
  const held = await heldLive(turn, rotation);
  const needsFresh =
    rotation.direction === 'forward' && (rotation.stage === 'due' || rotation.stage === 'created');
  return {
    held,
    reads: await readLive(turn, rotation),
    freshAtHand: needsFresh && (await freshValue(turn, rotation)) !== undefined,
    oldAtHand: rotation.direction === 'back' && (await oldValue(turn, rotation)) !== undefined,
  };
}
