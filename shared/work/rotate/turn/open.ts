/** A rotation begins: on record first, then a row that holds its locks. */
import { fleetEntryHash } from '../../../people/fleet-entry.ts';
import { fingerprintOf } from '../../../rotation/fingerprint.ts';
import { isSecret } from '../../../rotation/plan/policy.ts';
import type { RotationPlan } from '../../../rotation/plan/say.ts';
import { newestVersion } from '../../../rotation/plan/versions.ts';
import type { Look, Rotation } from '../../../rotation/rotation.ts';
import { consumersOf, credentialOf, cycleOf } from '../seal-cycles.ts';
import { look, type Turn } from './context.ts';
import { HeldRotation } from './held.ts';

type Opened = { ok: true; held: HeldRotation } | { ok: false; why: string };

export async function openRotation(
  turn: Turn,
  { why, repairs }: Extract<RotationPlan, { do: 'open' }>,
  owner: string,
): Promise<Opened> {
  const { deps, fleet, cluster, name, asked } = turn;
  const now = deps.clock.now();
  const id = `${cluster.name}.${deps.newId().replaceAll('-', '').slice(0, 20)}`;
  const seen = await look(turn);
  const old = seen.ok ? await before(turn, id, seen.value) : undefined;
  const rotation: Rotation = {
    id,
    cluster: cluster.name,
    kind: name,
    credential: credentialOf(cluster, name),
    by: asked?.by ?? 'app:rotate',
    byName: asked?.byName ?? 'Sealwatch',
    reason: asked?.reason ?? why,
    requestedAt: now,
    fleetEntry: fleetEntryHash(cluster),
    repairs,
    status: 'open',
    stage: 'due',
    direction: 'forward',
    reached: { due: now },
    sinks: {},
    consumers: consumersOf(fleet, cluster, name).map((consumer) => consumer.name),
    ...(old && { old }),
  };
  const busy = await inTheWay(turn, rotation);
  if (busy !== undefined) return { ok: false, why: `rotation ${busy} is open: one at a time` };
  const { by, byName, reason } = rotation;
  const facts = { kind: name, why };
  await deps.state.audit.write({
    at: now,
    who: by,
    name: byName,
    what: 'requested',
    cluster: cluster.name,
    rotation: id,
    why: reason,
    facts,
  });
  const opened = await deps.state.rotations.open(rotation, locksOf(turn, rotation));
  if (!opened.opened) return { ok: false, why: `rotation ${opened.busy} is open: one at a time` };
  const held = await HeldRotation.take(deps, owner, { value: rotation, etag: opened.etag });
  return held ? { ok: true, held } : { ok: false, why: `rotation ${id} was taken by another turn` };
}

/** Looked at before anything is on record: who waits for another rotation tries each hour. The locks decide. */
async function inTheWay(
  { deps, fleet }: Turn,
  { credential, consumers }: Rotation,
): Promise<string | undefined> {
  const cycles = consumers.map((name) => cycleOf(fleet.clusters, name)).filter(({ length }) => length > 1);
  const together = new Set(cycles.flat());
  const { rows } = await deps.state.rotations.allActive();
  return rows.find((row) => row.credential === credential || row.consumers.some((name) => together.has(name)))
    ?.id;
}

/** Clusters whose seals lead back to each other are never without both at the same time. */
function locksOf({ fleet, cluster, name }: Turn, { credential }: Rotation): string[] {
  const cycles = consumersOf(fleet, cluster, name)
    .map((consumer) => cycleOf(fleet.clusters, consumer.name))
    .filter((members) => members.length > 1)
    .map((members) => `cycle ${members.join(' ')}`);
  return [...new Set([credential, ...cycles])];
}

/** The one in use. People's own is known, too, and never ended. */
async function before(turn: Turn, id: string, { current, ours, versions }: Look): Promise<Rotation['old']> {
  if (!isSecret(turn.name)) {
    const newest = newestVersion({ ...(versions && { versions }) });
    return newest && { ref: newest.version, madeAt: newest.madeAt, ours: false };
  }
  if (current.state !== 'works' || current.ref === undefined) return undefined;
  const { ref, madeAt, endsAt } = current;
  const value = await turn.value();
  if (!value.ok || value.value === undefined) return undefined;
  const fingerprint = fingerprintOf(id, value.value);
  value.value.fill(0);
  return {
    ref,
    fingerprint,
    ours: ours.some((one) => one.ref === ref),
    ...(madeAt !== undefined && { madeAt }),
    ...(endsAt !== undefined && { endsAt }),
  };
}
