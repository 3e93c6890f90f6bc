/** What nodes read: given the new one, read back and exercised, or given the old one again. */
import type { Did, NoticeSink, Rotation, Sink, StoreSink } from '../../../rotation/rotation.ts';
import { anothers } from './anothers.ts';
import { freshValue, oldValue, storeSinks, type Turn, whichOf } from './context.ts';
import type { HeldRotation } from './held.ts';
import { endIsComing } from './irrevocable.ts';
import { failed, giveBack } from './leave.ts';
import { stampOf } from './make.ts';
import { done, onRecord } from './record.ts';

/** For whoever is told: long enough for a deployment that waits for a window, s. */
const wrapSeconds = 24 * 3_600;

export async function deliver(turn: Turn, held: HeldRotation, name: string): Promise<'again' | 'stop'> {
  const value = await freshValue(turn, held.value);
  const { fresh, old, sinks, ending } = held.value;
  const coming = await endIsComing(turn, held, fresh?.ref);
  if (coming) return coming;
  const wasGiven = Object.values(sinks).some(({ startedAt }) => startedAt !== undefined);
  // Maybe long after it was tried: what works must not give way to what does not work any more.
  if ((wasGiven || ending?.ref === fresh?.ref) && fresh && value) {
    const tried = await turn.kind.exercise(fresh, value);
    if (!tried.ok && tried.code === 'dead' && old)
      return turnBack(turn, held, `the new one does not work any more: ${tried.detail}`);
    if (!tried.ok) return failed(turn, held, 'deliver', tried);
  }
  return give(turn, held, name, 'deliver', value);
}

/** What was delivered does not work any more, and the one before does. */
export async function turnBack(turn: Turn, held: HeldRotation, why: string): Promise<'again' | 'stop'> {
  const { deps, cluster } = turn;
  const ending = await endIsComing(turn, held, held.value.old?.ref);
  if (ending) return ending;
  deps.log.error('rotation-turned-back', { cluster: cluster.name, rotation: held.value.id, why });
  return done(held, { direction: 'back' }, ['inUseAt', 'usedAt', 'confirmed']);
}

/** The old one is tried before any node may read it again. */
export async function restore(turn: Turn, held: HeldRotation, name: string): Promise<'again' | 'stop'> {
  const { old, fresh } = held.value;
  const ending = await endIsComing(turn, held, old?.ref);
  if (ending) return ending;
  const value = await oldValue(turn, held.value);
  if (!old || !value)
    return failed(turn, held, 'restore', { code: 'wrong', detail: 'no slot holds the old one any more' });
  const tried = await turn.kind.exercise(old, value);
  if (!tried.ok && tried.code === 'dead') {
    const freshEnds = await endIsComing(turn, held, fresh?.ref);
    if (freshEnds) return freshEnds;
    turn.deps.log.error('rotation-cannot-go-back', {
      cluster: turn.cluster.name,
      rotation: held.value.id,
      why: tried.detail,
    });
    // Forward is the only way left; the row says no more that there is one to go back to.
    return done(held, { direction: 'forward', sinks: givenAgain(held.value) }, [
      'old',
      'confirmed',
      'inUseAt',
      'usedAt',
      'restoredAt',
    ]);
  }
  if (!tried.ok) return failed(turn, held, 'restore', tried);
  return give(turn, held, name, 'restore', value);
}

/** Sinks that got back what does not work are given the new one at once. */
function givenAgain({ sinks }: Rotation): Rotation['sinks'] {
  return Object.fromEntries(
    Object.entries(sinks).map(([name, { restoredAt, deliveredAt, ...sink }]) => [
      name,
      { ...sink, ...(restoredAt === undefined && deliveredAt !== undefined && { deliveredAt }) },
    ]),
  );
}

/** A person's word does not say when they put it there: copies are counted from now on. */
export function putBackByHand(turn: Turn, { sinks }: Rotation, now: number): Rotation['sinks'] {
  return Object.fromEntries(
    Object.entries(sinks).map(([name, sink]) => {
      const within = withinOf(turn, name);
      const isOurs = sink.restoredAt !== undefined || sink.startedAt === undefined;
      return [name, isOurs || within === 0 ? sink : { ...sink, settlesAt: now + within }];
    }),
  );
}

/** How long copies of a sink may be late, ms; 0: nodes read the sink itself. */
function withinOf({ cluster }: Turn, name: string): number {
  return cluster.rotation?.sinks.find((entry) => entry.name === name)?.withinMs ?? 0;
}

async function give(
  turn: Turn,
  held: HeldRotation,
  name: string,
  what: 'deliver' | 'restore',
  value: Buffer | undefined,
): Promise<'again' | 'stop'> {
  const { deps, sinks } = turn;
  const sink = sinks.find((one) => one.name === name);
  if (!sink || !value)
    return failed(turn, held, what, { code: 'wrong', detail: `the value for sink ${name} cannot be had` });
  const theirs = what === 'deliver' ? await anothers(turn, held.value, sink) : undefined;
  if (theirs) return failed(turn, held, what, theirs);
  await onRecord(turn, held, what, `sink ${name} is to hold the ${what === 'deliver' ? 'new' : 'old'} one`, {
    sink: name,
  });
  const before = held.value.sinks[name] ?? {};
  const startedAt = deps.clock.now();
  const { deliveredAt: _earlier, changedAt: _changed, ...rest } = before;
  const started = {
    ...(what === 'deliver' ? rest : before),
    startedAt,
    firstAt: before.firstAt ?? startedAt,
  };
  await held.fence({ sinks: { ...held.value.sinks, [name]: started } });
  delete turn.seen.look;
  const given = await into(turn, held, sink, value, what);
  if (!given.ok) return failed(turn, held, what, given);
  const now = deps.clock.now();
  const within = withinOf(turn, name);
  const record = {
    ...started,
    where: given.value.slice(0, 300),
    ...(what === 'deliver' ? { deliveredAt: now } : { restoredAt: now }),
    ...(within > 0 && { settlesAt: now + within }),
  };
  return done(
    held,
    { sinks: { ...held.value.sinks, [name]: record } },
    // Whoever started since the sinks were last seen to have the old one may have read the new one here.
    what === 'deliver' ? ['inUseAt'] : ['inUseAt', 'restoredAt'],
  );
}

async function into(
  turn: Turn,
  held: HeldRotation,
  sink: Sink,
  value: Buffer,
  what: 'deliver' | 'restore',
): Promise<Did<string>> {
  return sink.holds === 'value' ? store(held.value, sink, value, what) : tell(turn, held, sink, value, what);
}

/** What a sink says that it wrote is read back: rule 9 rests on it. */
async function store(
  rotation: Rotation,
  sink: StoreSink,
  value: Buffer,
  what: 'deliver' | 'restore',
): Promise<Did<string>> {
  const written = await sink.write('live', value, stampOf(rotation));
  if (!written.ok) return written;
  const read = await sink.read('live');
  if (!read.ok) return read;
  const held = whichOf(rotation, read.value);
  read.value?.fill(0);
  if (held === (what === 'deliver' ? 'fresh' : 'old')) return written;
  return { ok: false, code: 'wrong', detail: `sink ${sink.name} does not hold what was written to it` };
}

async function tell(
  turn: Turn,
  held: HeldRotation,
  sink: NoticeSink,
  value: Buffer,
  what: 'deliver' | 'restore',
): Promise<Did<string>> {
  const id = `${held.value.id}-${sink.name}-${what}`;
  const stamp = stampOf(held.value);
  const referring = storeSinks(turn).find(({ reference }) => reference !== undefined);
  if (referring?.reference) {
    const reference = await referring.reference();
    if (!reference.ok) return reference;
    await held.fence();
    return sink.tell({ reference: reference.value }, stamp, id);
  }
  const wrapped = await turn.kind.wrap?.(value, wrapSeconds);
  if (!wrapped)
    return {
      ok: false,
      code: 'not-configured',
      detail: `sink ${sink.name} may carry a Key Vault reference only: add a sink of kind keyVaultSecret`,
    };
  if (!wrapped.ok) return wrapped;
  await held.fence();
  return sink.tell({ wrappingToken: wrapped.value, ttlSeconds: wrapSeconds }, stamp, id);
}

/** As a node would: what each sink holds is the same, and it is used once. */
export async function verify(turn: Turn, held: HeldRotation): Promise<'again' | 'stop'> {
  const { deps, kind } = turn;
  const { fresh, reached } = held.value;
  if (!fresh) throw new Error('nothing was made');
  let value: Buffer | undefined;
  for (const sink of storeSinks(turn)) {
    const read = await sink.read('live');
    if (!read.ok) return failed(turn, held, 'verify', read);
    value = turn.values.keep(read.value ?? Buffer.alloc(0));
    if (whichOf(held.value, read.value) === 'fresh') continue;
    const detail = `sink ${sink.name} does not hold the new one`;
    return failed(turn, held, 'verify', { code: 'wrong', detail });
  }
  const tried = await kind.exercise(fresh, value);
  if (!tried.ok && tried.code === 'not-yet') return notYet(turn, held, tried.detail);
  if (!tried.ok) return failed(turn, held, 'verify', tried);
  return done(held, { stage: 'verified', reached: { ...reached, verified: deps.clock.now() } });
}

async function notYet(turn: Turn, held: HeldRotation, detail: string): Promise<'stop'> {
  await giveBack(turn.deps, held, { what: `the new one to work everywhere: ${detail}`, ms: 20_000 });
  return 'stop';
}
