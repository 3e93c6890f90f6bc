/** Bodies of each route: right ones, nearly right ones, and what is no JSON, no UTF-8 or no end. */
import * as fc from 'fast-check';
import { kindNames } from '../../shared/rotation/rotation.ts';
import type { Seeded } from './seeded.ts';

/** Part of what is sent, never of a refusal: no name of ours holds a `~`. ./requests.ts makes it one request's own. */
export const canary = 'Xk9~Canary';

const word = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.constantFrom(
    `${canary}<script>`,
    `hvs.${canary}AAAAAAAAAAAAAAAAAAAA`,
    '',
    '\u0000',
    '\u202e',
    'É'.repeat(30),
  ),
);
const reason = fc.oneof(
  { weight: 3, arbitrary: fc.constant('it was patched') },
  { weight: 1, arbitrary: word },
);
const number = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(1, 2, 3) },
  fc.constantFrom(0, -1, 1e308, 2 ** 53),
  fc.integer(),
);
/** @param shown what an approval must name: that of what is there, mostly. */
const binding = (shown: string) =>
  fc.record({ binding: fc.constantFrom(shown, shown, 'e'.repeat(64), 'e'.repeat(63), canary) });
const generation = fc.record({ generation: number, revision: number });
const reasoned = fc.record({ reason });
const nothing = fc.constant({});

/** Of each function with HTTP that reads a body, by its schema: a route without a line here fails the first test. */
export const bodies = ({ bindings }: Pick<Seeded, 'bindings'>): Record<string, fc.Arbitrary<object>> => ({
  'accept-generation': generation,
  'approve-recovery': binding(bindings.recovery),
  'end-hold': nothing,
  'go-back': generation,
  'set-hold': fc.record({
    until: fc.oneof(
      fc
        .date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-01-01') })
        .map((d) => d.toISOString()),
      fc.constant(new Date(Date.now() + 3_600_000).toISOString()),
      fc.constantFrom('2026-11-22T12:00:00+01:00', '-271821-04-20T00:00:00Z', canary),
    ),
    reason,
  }),
  'keep-escrow': fc.record({ verifyOnly: fc.boolean() }),
  'read-recovery': nothing,
  'reject-recovery': reasoned,
  'request-recovery': fc.record(
    {
      reason,
      kind: fc.constantFrom('unseal', 'rebind', canary),
      dryRun: fc.boolean(),
      takeOver: fc.boolean(),
      lost: fc.array(fc.oneof(fc.constant('payments-0'), word), { maxLength: 5 }),
    },
    { requiredKeys: ['reason'] },
  ),
  'approve-rotation': binding(bindings.rotation),
  'confirm-rotation': reasoned,
  'exercise-seal': nothing,
  'forget-rotation': reasoned,
  'read-readiness': nothing,
  'read-rotation': nothing,
  'read-rotations': nothing,
  'read-status': nothing,
  'roll-back-rotation': reasoned,
  'run-rotation': fc.record({
    // One that fleet.yaml asks for, mostly.
    cluster: fc.constantFrom('cards', 'cards', 'cards', 'payments', 'nobody', `${canary}/..`, ''),
    kind: fc.constantFrom('transit-token', 'transit-token', ...kindNames, canary),
    reason,
  }),
  status: nothing,
});

const keys = fc.constantFrom('__proto__', 'constructor', 'toString', 'force', canary, `hvs.${canary}`, '');
const polluting = { polluted: true, isAdmin: true };
const anything = fc.oneof(fc.jsonValue({ maxDepth: 3 }), word, fc.constant(polluting));

/** One field more, or one of another type. `__proto__` as an own key, as JSON.parse makes it. */
function nearly(right: fc.Arbitrary<object>): fc.Arbitrary<object> {
  return fc
    .tuple(right, keys, anything, fc.boolean())
    .map(([body, key, value, replaces]) =>
      Object.fromEntries(
        replaces
          ? Object.keys(body).map((name, index) => [name, index === 0 ? value : Reflect.get(body, name)])
          : [...Object.entries(body), [key, value]],
      ),
    );
}

const deep = fc
  .tuple(
    fc.integer({ min: 10, max: 4000 }),
    fc.constantFrom(['[', ']'], ['{"reason":', '}'], ['{"__proto__":', '}']),
  )
  .map(([depth, [open = '', close = '']]) => `${open.repeat(depth)}1${close.repeat(depth)}`);
const mebibyte = 1024 * 1024;
const oddBytes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from([0x22, ...bytes, 0x22])),
  fc.constantFrom(
    Buffer.from('{"reason":"\xff\xfe"}', 'latin1'),
    Buffer.from('\ufeff{"reason":"a"}', 'utf16le'),
    Buffer.from('\ufeff{"reason":"a"}'),
    Buffer.from(`reason=${canary}&binding=1`),
    Buffer.from('{"reason":"a","reason":"b"}'),
    Buffer.from([0x1f, 0x8b, 8, 0, 0]),
  ),
  deep.map((text) => Buffer.from(text)),
);
const large = fc
  .constantFrom(16 * 1024, 16 * 1024 + 1, 200_000, mebibyte, mebibyte + 1, 2 * mebibyte)
  .map((size) => Buffer.alloc(size, `{"reason":"${canary}"}`));

const asJson = (body: object) => Buffer.from(JSON.stringify(body));

/** By the route's schema. */
export function rightBodyOf(name: string, seeded: Seeded): fc.Arbitrary<Buffer> {
  return (bodies(seeded)[name] ?? nothing).map(asJson);
}

export function bodyOf(name: string, seeded: Seeded): fc.Arbitrary<Buffer> {
  const right = bodies(seeded)[name] ?? nothing;
  return fc.oneof(
    { weight: 6, arbitrary: right.map(asJson) },
    { weight: 5, arbitrary: nearly(right).map(asJson) },
    { weight: 2, arbitrary: anything.map((value) => Buffer.from(JSON.stringify(value))) },
    { weight: 3, arbitrary: oddBytes },
    { weight: 1, arbitrary: large },
    { weight: 1, arbitrary: fc.constant(Buffer.alloc(0)) },
  );
}
