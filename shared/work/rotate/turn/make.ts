/** A new credential: made, kept in a slot that no node reads, and tried. */
import { clip } from '../../../alert/text.ts';
import { fingerprintOf } from '../../../rotation/fingerprint.ts';
import { isSecret } from '../../../rotation/plan/policy.ts';
import type { RotationPlan } from '../../../rotation/plan/say.ts';
import { newestVersion } from '../../../rotation/plan/versions.ts';
import type { Rotation, Stamp, StoreSink } from '../../../rotation/rotation.ts';
import { freshValue, look, oldValue, primary, type Turn, whichOf } from './context.ts';
import type { HeldRotation } from './held.ts';
import { endIsComing, endOne } from './irrevocable.ts';
import { failed, giveBack } from './leave.ts';
import { done, onRecord } from './record.ts';
import { takeBack } from './timed.ts';

/** What does not work yet is tried again after this, ms. */
const notYetMs = 20_000;

export function stampOf({ id, cluster, kind, fresh }: Rotation): Stamp {
  return { rotation: id, cluster, kind, ...(fresh?.endsAt !== undefined && { endsAt: fresh.endsAt }) };
}

/** The one before is put away first: that also shows that the slots can be written, before anything is made. */
export async function create(turn: Turn, held: HeldRotation): Promise<'again' | 'stop'> {
  const { deps, kind, values, name } = turn;
  const { id } = held.value;
  if (isSecret(name)) {
    const kept = await keepOld(turn, held);
    if (kept === 'stop') return kept;
  }
  const seen = await look(turn);
  const newest = seen.ok ? newestVersion(seen.value) : undefined;
  await onRecord(turn, held, 'create', 'a new one is due');
  const at = deps.clock.now();
  await held.fence({ creating: { at, ...(newest && { before: newest.version }) } });
  delete turn.seen.look;
  const made = await kind.create(id);
  if (!made.ok) {
    if (made.nothingMade) await held.update({}, ['creating']);
    else await held.update({ unanswered: at });
    return failed(turn, held, 'create', made);
  }
  const { fresh, value: take } = made.value;
  try {
    await held.update({ fresh });
  } catch (error) {
    await takeBack(take);
    throw error;
  }
  if (!take) return done(held, {}, [], discards(held));
  const value = await take();
  if (!value.ok) return failed(turn, held, 'create', value);
  values.keepFresh(value.value);
  const fingerprint = fingerprintOf(id, value.value);
  return done(held, { fresh: { ...fresh, fingerprint } }, [], discards(held));
}

async function keepOld(turn: Turn, held: HeldRotation): Promise<'kept' | 'stop'> {
  const store = primary(turn);
  if (!store) {
    await failed(turn, held, 'create', {
      code: 'not-configured',
      detail: 'no sink of fleet.yaml holds a value',
    });
    return 'stop';
  }
  if (!held.value.old?.fingerprint) return provenWritable(turn, held, store);
  const current = await turn.value();
  const value = current.ok ? current.value : undefined;
  if (!value || whichOf(held.value, value) !== 'old') {
    value?.fill(0);
    // An earlier turn put it away.
    if (await oldValue(turn, held.value)) return provenWritable(turn, held, store);
    await failed(turn, held, 'create', {
      code: 'wrong',
      detail: 'what the next restart would read changed since this began: roll back, and begin again',
    });
    return 'stop';
  }
  turn.values.keep(value);
  const written = await store.write('previous', value, stampOf(held.value));
  if (written.ok) return 'kept';
  await failed(turn, held, 'create', written);
  return 'stop';
}

/** No value: what is made later takes its place. */
async function provenWritable(turn: Turn, held: HeldRotation, store: StoreSink): Promise<'kept' | 'stop'> {
  const written = await store.write('next', Buffer.from('nothing yet'), stampOf(held.value));
  return written.ok ? 'kept' : failed(turn, held, 'create', written);
}

/** Kept where the next turn finds it: from here on nothing is lost when this one dies. */
export async function stage(turn: Turn, held: HeldRotation): Promise<'again' | 'stop'> {
  const { deps, name } = turn;
  const reached = { ...held.value.reached, created: deps.clock.now() };
  if (!isSecret(name)) return done(held, { stage: 'created', reached });
  const store = primary(turn);
  const value = await freshValue(turn, held.value);
  if (!store || !value)
    return failed(turn, held, 'stage', {
      code: 'not-configured',
      detail: 'no sink of fleet.yaml holds a value',
    });
  const written = await store.write('next', value, stampOf(held.value));
  if (!written.ok) return failed(turn, held, 'stage', written);
  return done(held, { stage: 'created', reached }, [], discards(held));
}

export async function exercise(turn: Turn, held: HeldRotation): Promise<'again' | 'stop'> {
  const { deps, kind, name } = turn;
  const { fresh } = held.value;
  if (!fresh) throw new Error('nothing was made');
  const ending = await endIsComing(turn, held, fresh.ref);
  if (ending) return ending;
  const value = isSecret(name) ? await freshValue(turn, held.value) : undefined;
  const tried = await kind.exercise(fresh, value);
  if (tried.ok) return done(held, { triedAt: deps.clock.now() });
  if (tried.code !== 'not-yet') return failed(turn, held, 'try', tried);
  // What was in the way is gone; what it made of an earlier one is not.
  if (held.value.failing?.what === 'try') await held.update({}, ['failing']);
  await giveBack(deps, held, { what: `the new one to begin to work: ${tried.detail}`, ms: notYetMs });
  return 'stop';
}

/** Nobody was given it: it ends, and the next one is made anew. */
export async function discard(
  turn: Turn,
  held: HeldRotation,
  { refs, why }: Extract<RotationPlan, { do: 'discard' }>,
): Promise<'again' | 'stop'> {
  const { values, deps } = turn;
  const { stage, fresh, creating, discards = 0, unanswered, failing } = held.value;
  const neverWorked =
    stage === 'created'
      ? (await freshValue(turn, held.value)) !== undefined
      : fresh !== undefined && failing !== undefined && neverKept.has(failing.what);
  for (const ref of refs.filter((one) => one !== '')) {
    const ended = await endOne(turn, held, 'discard', { ref, why });
    if (!ended.ok) return failed(turn, held, 'discard', ended);
  }
  delete turn.seen.look;
  values.forgetFresh();
  const { created: _created, ...reached } = held.value.reached;
  const diedAt = fresh ? unanswered : (creating?.at ?? unanswered);
  const change = {
    stage: 'due' as const,
    reached,
    ...(diedAt !== undefined && { unanswered: diedAt }),
    ...(neverWorked && {
      discards: discards + 1,
      failing: discarded(held.value, why, deps.clock.now()),
    }),
  };
  return done(
    held,
    change,
    ['fresh', 'creating', 'triedAt', 'ending'],
    neverWorked || discards > 0 || !fresh,
  );
}

/** Steps after which a new one cannot be tried: its value could not be taken, put away, or it could not be ended at once. */
const neverKept: ReadonlySet<string> = new Set<RotationPlan['do']>(['create', 'stage', 'discard']);

/** That it failed is told until one works: making it anew is no success yet. */
function discarded({ failing }: Rotation, why: string, now: number): NonNullable<Rotation['failing']> {
  return {
    what: 'discard',
    ...(failing && neverKept.has(failing.what)
      ? { code: failing.code, message: failing.message }
      : { code: failing?.what === 'try' ? failing.code : 'not-yet', message: clip(why, 500) }),
    since: failing?.since ?? now,
    times: (failing?.times ?? 0) + 1,
  };
}

function discards({ value }: HeldRotation): boolean {
  return (value.discards ?? 0) > 0;
}
