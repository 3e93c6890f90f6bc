/** Every call to a provider or a sink is waited for well below the lease, so that no turn acts on a row that is another's. */
import type { Clock } from '../../../clock.ts';
import type { Cluster } from '../../../fleet/fleet.ts';
import { OutOfTime, within } from '../../../fleet/within.ts';
import type { Did, Kind, Made, NotMade, Sink, StoreSink } from '../../../rotation/rotation.ts';
import type { RotationAccess } from '../deps.ts';

/** For one call, ms. What the kinds and sinks allow themselves is less. */
export const callMs = 100_000;

type Access = Extract<RotationAccess, { ok: true }>;
type Unanswered = { ok: false; code: 'unreachable'; detail: string };

/**
 * What is asked for, or `unreachable` after `callMs`. The call itself is not stopped: what it does is unknown from then on,
 * and a value that it brings is zeroed, or given to `late`.
 */
export async function timed<Answer extends { ok: boolean; value?: unknown }>(
  clock: Pick<Clock, 'after'>,
  who: string,
  ask: () => Promise<Answer>,
  late?: (answer: Answer) => Promise<void>,
): Promise<Answer | Unanswered> {
  let isLate = false;
  const asked = async () => {
    const answer = await ask();
    if (isLate && answer.value instanceof Buffer) answer.value.fill(0);
    if (isLate) await late?.(answer);
    return answer;
  };
  try {
    return await within(callMs, clock, asked);
  } catch (error) {
    if (!(error instanceof OutOfTime)) throw error;
    isLate = true;
    return { ok: false, code: 'unreachable', detail: `${who} gave no answer within ${callMs / 1000} s` };
  }
}

/** The same, each call of it with an end. */
export function timedAccess(clock: Pick<Clock, 'after'>, { kind, sinks, value, close }: Access): Access {
  return {
    ok: true,
    kind: timedKind(clock, kind),
    sinks: sinks.map((sink) => timedSink(clock, sink)),
    value: (cluster?: Cluster) => timed(clock, "the seal's own reference", () => value(cluster)),
    close,
  };
}

/** Nobody is to have what was made: its value is taken, where that goes, so that it is zeroed. */
export async function takeBack(take: Made['value']): Promise<void> {
  const taken = await take?.();
  if (taken?.ok) taken.value.fill(0);
}

function timedKind(clock: Pick<Clock, 'after'>, kind: Kind): Kind {
  const { name, renew, end, lastUsed, wrap, raiseMinimum } = kind;
  const call = <Answer extends { ok: boolean; value?: unknown }>(ask: () => Promise<Answer>) =>
    timed(clock, 'the provider', ask);
  const create = async (id: string): Promise<Did<Made> & NotMade> => {
    const late = async (made: Did<Made>) => (made.ok ? takeBack(made.value.value) : undefined);
    const made = await timed(clock, 'the provider', () => kind.create(id), late);
    const take = made.ok ? made.value.value : undefined;
    return made.ok && take ? { ...made, value: { ...made.value, value: () => call(take) } } : made;
  };
  return {
    name,
    look: (value) => call(() => lent(value, kind.look)),
    create,
    orphans: (id, creating) => call(() => kind.orphans(id, creating)),
    exercise: (fresh, value) => call(() => lent(value, (own) => kind.exercise(fresh, own))),
    ...(renew && { renew: (value: Buffer) => call(() => lent(value, renew)) }),
    ...(end && { end: (ref: string) => call(() => end(ref)) }),
    ...(lastUsed && { lastUsed: (ref: string) => call(() => lastUsed(ref)) }),
    ...(wrap && { wrap: (value: Buffer, ttl: number) => call(() => lent(value, (own) => wrap(own, ttl))) }),
    ...(raiseMinimum && { raiseMinimum: (to: number) => call(() => raiseMinimum(to)) }),
  };
}

function timedSink(clock: Pick<Clock, 'after'>, sink: Sink): Sink {
  const { name } = sink;
  const call = <Answer extends { ok: boolean; value?: unknown }>(ask: () => Promise<Answer>) =>
    timed(clock, `sink ${name}`, ask);
  if (sink.holds === 'notice')
    return { name, holds: 'notice', tell: (what, stamp, id) => call(() => sink.tell(what, stamp, id)) };
  const store: StoreSink = {
    name,
    holds: 'value',
    read: (slot) => call(() => sink.read(slot)),
    write: (slot, value, stamp) => call(() => lent(value, (own) => sink.write(slot, own, stamp))),
    clear: (slot) => call(() => sink.clear(slot)),
  };
  return sink.reference ? { ...store, reference: () => call(async () => referenceOf(sink)) } : store;
}

/** A copy, for as long as the call really lasts: the turn zeroes its own, and zeros must not be what is written late. */
async function lent<Value extends Buffer | undefined, Answer>(
  value: Value,
  use: (own: Value) => Promise<Answer>,
): Promise<Answer> {
  const own = value && Buffer.from(value);
  try {
    return await use(own as Value);
  } finally {
    own?.fill(0);
  }
}

async function referenceOf(sink: StoreSink): Promise<Did<string>> {
  return (await sink.reference?.()) ?? { ok: false, code: 'odd', detail: 'it has no reference' };
}
