/** A rotation begins: on record first, then a row that holds its locks. */
import { fleetEntryHash } from '../../../people/fleet-entry.ts';
import { fingerprintOf } from '../../../rotation/fingerprint.ts';
import { isSecret } from '../../../rotation/plan/policy.ts';
import type { RotationPlan } from '../../../rotation/plan/say.ts';
import { newestVersion } from '../../../rotation/plan/versions.ts';
import type { Rotation } from '../../../rotation/rotation.ts';
import { consumersOf, credentialOf, cycleOf, locksFor } from '../seal-cycles.ts';
import { look, type Turn } from './context.ts';
import { HeldRotation } from './held.ts';

type Opened = { ok: true; held: HeldRotation } | { ok: false; why: string };
/** `old` undefined: there is none that works. */
type Before = ({ ok: true } & Pick<Rotation, 'old' | 'replaces'>) | { ok: false; why: string };

export async function openRotation(
  turn: Turn,
  { why, repairs }: Extract<RotationPlan, { do: 'open' }>,
  owner: string,
): Promise<Opened> {
  const { deps, fleet, cluster, name, asked } = turn;
  const now = deps.clock.now();
  const id = `${cluster.name}.${deps.newId().replaceAll('-', '').slice(0, 20)}`;
  const consumers = consumersOf(fleet, cluster, name);
  const before = isSecret(name) ? await secretBefore(turn, id) : await versionBefore(turn);
  if (!before.ok) return before;
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
    consumers: consumers.map((consumer) => consumer.name),
    ...(before.old && { old: before.old }),
    ...(before.replaces !== undefined && { replaces: before.replaces }),
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
  const opened = await deps.state.rotations.open(rotation, locksFor(fleet, consumers, name));
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

async function versionBefore(turn: Turn): Promise<Before> {
  const seen = await look(turn);
  if (!seen.ok) return { ok: false, why: `what is in use cannot be seen: ${seen.detail}` };
  const newest = newestVersion(seen.value);
  return { ok: true, ...(newest && { old: { ref: newest.version, madeAt: newest.madeAt, ours: false } }) };
}

/**
 * The one in use, seen and read at once: without it there would be no way back. People's own is known, too, and never ended;
 * one whose provider shows no name of it is taken for people's own.
 */
async function secretBefore({ kind, value }: Turn, id: string): Promise<Before> {
  const read = await value();
  if (!read.ok) return { ok: false, why: `the one in use cannot be read: ${read.detail}` };
  try {
    const seen = await kind.look(read.value);
    if (!seen.ok) return { ok: false, why: `what is in use cannot be seen: ${seen.detail}` };
    const { current, ours } = seen.value;
    if (read.value === undefined) return { ok: true };
    const fingerprint = fingerprintOf(id, read.value);
    if (current.state === 'dead') return { ok: true, replaces: fingerprint };
    const facts = current.state === 'works' ? current : undefined;
    const { ref = '', madeAt, endsAt } = facts ?? {};
    const old = {
      ref,
      fingerprint,
      ours: ref !== '' && ours.some((one) => one.ref === ref),
      ...(madeAt !== undefined && { madeAt }),
      ...(endsAt !== undefined && { endsAt }),
    };
    return { ok: true, old, replaces: fingerprint };
  } finally {
    read.value?.fill(0);
  }
}
