/** Inputs of a plan, drawn at random, and dense where rotations are. */
import * as fc from 'fast-check';
import { entryOf } from '../../../shared/rotation/plan/approval.ts';
import type { RotationInput } from '../../../shared/rotation/plan/say.ts';
import {
  type ConsumerSight,
  type Credential,
  type Did,
  type KindName,
  kindNames,
  type Look,
  type Orphans,
  type Rotation,
  type RotationFailure,
  type SinkRecord,
} from '../../../shared/rotation/rotation.ts';
import { aRotationApproval } from '../../fakes/state/rotate-examples.ts';
import {
  anInput,
  anOpen,
  away,
  day,
  delivered,
  fleetEntries,
  hour,
  minute,
  noon,
  policed,
  sight,
  versioned,
  versions,
} from './inputs.ts';

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
/** Around noon, dense where margins are. */
const time = fc.oneof(
  fc.integer({ min: -20, max: 1 }).map((steps) => noon + steps * minute),
  fc.integer({ min: -100, max: 1 }).map((steps) => noon + steps * hour),
  fc.integer({ min: -40, max: 0 }).map((steps) => noon + steps * day),
);
/** Leaves out what is undefined. */
const record = <T extends object>(model: { [Key in keyof T]-?: fc.Arbitrary<T[Key] | undefined> }) =>
  fc
    .record(model as Record<string, fc.Arbitrary<unknown>>)
    .map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as T);

const sinkRecord = record<Omit<SinkRecord, 'where'>>({
  firstAt: maybe(time),
  startedAt: maybe(time),
  deliveredAt: maybe(time),
  changedAt: maybe(time),
  settlesAt: maybe(time),
  restoredAt: maybe(time),
});

type Drawn =
  | 'stage'
  | 'direction'
  | 'repairs'
  | 'creating'
  | 'fresh'
  | 'triedAt'
  | 'restoredAt'
  | 'inUseAt'
  | 'usedAt'
  | 'discards'
  | 'failing';
const open = record<Pick<Rotation, Drawn | 'sinks' | 'steppedDown' | 'confirmed'>>({
  stage: fc.constantFrom('due', 'created', 'delivered', 'verified', 'retired'),
  direction: fc.constantFrom('forward', 'forward', 'back'),
  repairs: fc.boolean(),
  creating: maybe(fc.record({ at: time, before: fc.constant('1') })),
  fresh: maybe(
    record<Credential>({
      ref: fc.constantFrom('2', '3'),
      madeAt: maybe(time),
      endsAt: maybe(time),
      renewedAt: maybe(time),
      fingerprint: fc.constant('f'.repeat(32)),
    }),
  ),
  triedAt: maybe(time),
  restoredAt: maybe(time),
  inUseAt: maybe(time),
  usedAt: maybe(time),
  sinks: fc.dictionary(fc.constantFrom('first', 'second', 'hook', 'gone'), sinkRecord, { maxKeys: 3 }),
  steppedDown: maybe(fc.record({ payments: time })),
  confirmed: maybe(
    fc.record({
      by: fc.constant('t/ada'),
      byName: fc.constant('Ada'),
      at: time,
      why: fc.constant('I looked'),
      direction: fc.constantFrom('forward' as const, 'back' as const),
      nodes: fc.subarray(['payments/payments-0', 'payments/payments-1', 'orders/orders-0', 'orders']),
    }),
  ),
  discards: maybe(fc.nat({ max: 3 })),
  failing: maybe(
    fc.record({
      what: fc.constantFrom('try', 'deliver', 'verify', 'discard'),
      code: fc.constantFrom<RotationFailure>('dead', 'denied', 'not-yet'),
      message: fc.constant('as told'),
      since: time,
      times: fc.constant(1),
    }),
  ),
});

/** On its usual way, but for a few fields. */
const usual = open.chain((all) =>
  fc.subarray(Object.keys(all), { maxLength: 2 }).map((kept) => {
    const drawn = Object.entries(all).filter(([key]) => kept.includes(key));
    return Object.fromEntries(drawn) as Partial<typeof all>;
  }),
);

function onItsWay(kind: KindName, isProven: boolean): Rotation {
  const over = isProven ? { inUseAt: noon - day } : {};
  return kind === 'transit-token' || kind === 'entra-secret' ? delivered(kind, over) : versioned(kind, over);
}

const anySight = (cluster: string): fc.Arbitrary<ConsumerSight> =>
  fc
    .record({ starts: fc.array(maybe(time), { minLength: 1, maxLength: 3 }), leads: maybe(time) })
    .map(({ starts, leads }) => ({
      cluster,
      nodes: starts.map((startedAt, index) => ({
        node: `${cluster}-${index}`,
        ...(startedAt === undefined ? { unseen: 'not readable' } : { startedAt }),
      })),
      ...(leads !== undefined && { leaderSince: leads }),
    }));
const oneSight = (cluster: string): fc.Arbitrary<ConsumerSight> =>
  fc.oneof(fc.constant(sight(cluster, noon)), anySight(cluster));

const secretLook: fc.Arbitrary<Look> = fc
  .oneof(
    record<Extract<Look['current'], { state: 'works' }>>({
      state: fc.constant('works'),
      ref: maybe(fc.constantFrom('1', '2')),
      madeAt: maybe(time),
      endsAt: maybe(time),
      lifeMs: maybe(fc.integer({ min: 1, max: 200 * day })),
      renewable: fc.boolean(),
      unfit: maybe(fc.constant('too wide')),
    }),
    fc.constantFrom({ state: 'dead', why: 'gone' } as const, { state: 'unknown', why: 'sealed' } as const),
  )
  .map((current) => ({ current, ours: [], foreign: [] }));

const anyKeyLook: fc.Arbitrary<Look> = fc
  .record({
    days: fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 4 }),
    minimum: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ days, minimum }) => ({ ...versions(...days.toSorted((a, b) => b - a)), minimum }));

const keyLook = fc.oneof(fc.constant(versions(400, 10, 2)), anyKeyLook);

type Held = Did<'fresh' | 'old' | 'other' | 'nothing'>;

const orphans: Did<Orphans>[] = [
  away,
  { ok: true, value: { state: 'known', end: [] } },
  { ok: true, value: { state: 'adopt', fresh: { ref: '2' } } },
  { ok: true, value: { state: 'unseen', until: noon + day, why: 'nobody may list' } },
  { ok: true, value: { state: 'unseen', until: noon + day, usableUntil: noon - 1, why: 'nobody may list' } },
];

/** Usually before every start. */
const used: Did<number | undefined>[] = [away, { ok: true, value: undefined }];
const lastUsed: fc.Arbitrary<Did<number | undefined>> = fc.oneof(
  { weight: 3, arbitrary: time.map((value) => ({ ok: true, value }) as const) },
  { weight: 1, arbitrary: fc.constantFrom(...used) },
);

export const anyInput: fc.Arbitrary<RotationInput> = fc.constantFrom(...kindNames).chain((kind) => {
  const look = kind === 'transit-key' || kind === 'keyvault-key' ? keyLook : secretLook;
  const answer = fc.oneof(
    { weight: 9, arbitrary: look.map((value) => ({ ok: true, value }) as const) },
    {
      weight: 1,
      arbitrary: fc.constant(away),
    },
  );
  const what = fc.constantFrom<'fresh' | 'old' | 'other' | 'nothing'>('fresh', 'old', 'other', 'nothing');
  const held: fc.Arbitrary<Held> = fc.oneof(
    { weight: 9, arbitrary: fc.constant<Held>({ ok: true, value: 'fresh' }) },
    { weight: 4, arbitrary: what.map((value): Held => ({ ok: true, value })) },
    { weight: 1, arbitrary: fc.constant<Held>(away) },
  );
  return fc
    .record({
      rotation: fc.option(fc.oneof(open, usual, usual), { nil: undefined, freq: 10 }),
      isUsual: fc.nat({ max: 2 }),
      hasOld: fc.boolean(),
      ours: fc.boolean(),
      look: answer,
      orphans: maybe(fc.constantFrom(...orphans)),
      held: fc.record({ first: held, second: held }),
      freshAtHand: fc.boolean(),
      oldAtHand: fc.boolean(),
      consumers: fc.tuple(oneSight('payments'), oneSight('orders')),
      blocked: fc.subarray([
        { why: 'a recovery', evenRepairs: false },
        { why: 'a hold', evenRepairs: true },
      ]),
      isBlocked: fc.boolean(),
      graceMs: fc.constantFrom(0, hour, day),
      keptSince: fc.oneof(fc.constant(noon), maybe(time)),
      approved: fc.boolean(),
      isProven: fc.boolean(),
      reads: fc.oneof(
        { weight: 2, arbitrary: fc.constant(undefined) },
        { weight: 3, arbitrary: fc.record({ payments: held, orders: held }) },
        { weight: 1, arbitrary: fc.record({ cards: held }) },
      ),
      lastUsedAt: maybe(lastUsed),
      isAnother: fc.option(fc.boolean(), { nil: undefined }),
      asked: fc.boolean(),
    })
    .map((drawn): RotationInput => {
      const kept = drawn.keptSince === undefined ? {} : { keptSince: drawn.keptSince };
      const ownName = kind === 'transit-token' || kind === 'transit-key' ? 'payments' : 'cards';
      const own = { graceMs: drawn.graceMs, stepDown: true, ...kept };
      const fleet = policed('orders', kept, policed(ownName, own));
      const old = { ref: '1', ours: drawn.ours, fingerprint: 'o'.repeat(32) };
      const { old: _old, ...rotation } = {
        ...(drawn.isUsual > 0 ? onItsWay(kind, drawn.isProven) : anOpen(kind)),
        consumers: ['payments', 'orders'],
        ...drawn.rotation,
      };
      const bound = (...names: string[]) => ({
        rotation: rotation.id,
        cluster: rotation.cluster,
        fleetEntry: entryOf({ fleetEntries }, [rotation.cluster, ...names]),
      });
      const bindings = [
        ...['payments', 'orders', 'cards'].map((what) => ({
          ...bound(what),
          step: 'step-down' as const,
          what,
        })),
        ...['2', '3'].map((what) => ({
          ...bound('payments', 'orders'),
          step: 'raise-minimum' as const,
          what,
        })),
      ];
      return anInput(kind, {
        fleet,
        ...(drawn.rotation && { rotation: { ...rotation, ...(drawn.hasOld && { old }) } }),
        look: drawn.look,
        ...(drawn.orphans && { orphans: drawn.orphans }),
        held: drawn.held,
        freshAtHand: drawn.freshAtHand,
        oldAtHand: drawn.oldAtHand,
        consumers: drawn.consumers,
        ...(drawn.reads && { reads: drawn.reads }),
        ...(drawn.lastUsedAt && { lastUsedAt: drawn.lastUsedAt }),
        ...(drawn.isAnother !== undefined && {
          credential: drawn.isAnother ? 'another' : rotation.credential,
        }),
        blocked: drawn.isBlocked ? drawn.blocked : [],
        approvals: drawn.approved ? bindings.map((binding) => aRotationApproval({ binding })) : [],
        ...(drawn.asked && !drawn.rotation && { asked: { by: 't/ada', byName: 'Ada', reason: 'a drill' } }),
      });
    });
});
