/** Requests at and around the routes of the apps. */
import * as fc from 'fast-check';
import type { HostedFunction } from '../../host/hosted-function.ts';
import { bodyOf, canary, rightBodyOf } from './bodies.ts';
import { functionKey, type LoadedApps } from './loaded-apps.ts';
import type { Seeded } from './seeded.ts';
import type { Sent } from './wire.ts';

const id = 'payments.0123456789abcdef0123';
const strangeNames = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '..',
      '%2e%2e',
      '..%2f..%2ffleet',
      'payments%2f..',
      'payments%5c..',
      'payments%23',
      'payments%3fa=b',
      "payments'%20or%20true%20eq%20'",
      '%00',
      'payments%00',
      'payments%0d%0aX-Injected:%20yes',
      '%',
      '%zz',
      '%ff%fe',
      '%ed%a0%80',
      'PAYMENTS',
      '__proto__',
      'constructor',
      'fleet',
      'active',
      'a'.repeat(64),
      'a'.repeat(3000),
      `${id}x`.repeat(10),
      canary,
      `${canary}%22%3e%3cscript%3e`,
    ),
  },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }).map(encoded) },
);
const queries = fc.oneof(
  fc.constantFrom('', '', '?cluster=payments', `?cluster=${canary}`, '?cluster=a&cluster=b', '?cluster=%00'),
  fc.constantFrom(
    '?__proto__=1',
    `?code=${canary}`,
    '?code=a&code=b',
    `?${'a=b&'.repeat(500)}`,
    '?%',
    '?=&&=',
    '#a',
  ),
  fc.string({ maxLength: 30 }).map((text) => `?cluster=${encoded(text)}`),
);

function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

/** A value that a header can hold: bytes without control characters. */
const headerValue = fc
  .string({ maxLength: 60 })
  .map((text) => text.replace(/[^\x20-\x7e\xa0-\xff]/g, '').trim());
const otherHeaders = fc.array(
  fc.oneof(
    fc.tuple(
      fc.constantFrom(
        'Content-Type',
        'Accept',
        'Cookie',
        'X-Forwarded-For',
        'X-Forwarded-Host',
        'Expect-CT',
        'Range',
      ),
      fc.oneof(
        headerValue,
        fc.constantFrom('text/html', 'multipart/form-data', 'application/x-www-form-urlencoded'),
      ),
    ),
    fc.constantFrom<[string, string][]>(
      ['X-MS-Client-Principal', Buffer.from(`{"${canary}":1}`).toString('base64')],
      ['X-MS-Client-Principal', '%%%'],
      ['X-MS-Client-Principal-Id', 'ada'],
      ['X-HTTP-Method-Override', 'DELETE'],
      ['Content-Encoding', 'gzip'],
      ['__proto__', canary],
      ['Set-Cookie', 'a=b'],
      ['Traceparent', canary],
    ),
  ),
  { maxLength: 5 },
);

/** @param tokens valid ones. @param malformed as ./tokens.ts makes them. */
function authorization(tokens: string[], malformed: fc.Arbitrary<string>): fc.Arbitrary<[string, string][]> {
  const right = fc.constantFrom(...tokens).map((token) => `Bearer ${token}`);
  return fc.oneof(
    { weight: 12, arbitrary: right.map((value): [string, string][] => [['Authorization', value]]) },
    { weight: 1, arbitrary: fc.constant<[string, string][]>([]) },
    {
      weight: 2,
      arbitrary: malformed.map((value): [string, string][] => [['Authorization', `Bearer ${value}`]]),
    },
    { weight: 1, arbitrary: headerValue.map((value): [string, string][] => [['Authorization', value]]) },
    {
      weight: 1,
      arbitrary: fc.tuple(right, right).map(([a, b]): [string, string][] => [
        ['Authorization', a],
        ['authorization', b],
      ]),
    },
  );
}

/** The placeholders of a route as something that is there. */
export function rightPath(hosted: HostedFunction, { recovery, rotation }: Seeded): fc.Arbitrary<string> {
  const segments = routeOf(hosted).route.segments;
  const found = segments.includes('recoveries') ? recovery : rotation;
  const parts = segments.map((segment) => {
    if (segment === '{id}') return fc.constant(found);
    return segment === '{cluster}' ? fc.constantFrom('payments', 'payments', 'orders') : fc.constant(segment);
  });
  return fc.tuple(...parts).map((own) => `/${own.join('/')}`);
}

function routeOf({ name, trigger }: HostedFunction) {
  if (trigger.kind !== 'http') throw new Error(`${name} has no route`);
  return trigger;
}

type Asking = Pick<LoadedApps, 'tokens' | 'everyRole'> & { seeded: Seeded };

/** Of one function: as its users send it. What is there is found. */
export function rightRequestOf(hosted: HostedFunction, { everyRole, seeded }: Asking): fc.Arbitrary<Sent> {
  const [method = 'GET'] = routeOf(hosted).methods;
  const headers: [string, string][] = [
    ['Authorization', `Bearer ${everyRole}`],
    ['x-functions-key', functionKey],
  ];
  const path = rightPath(hosted, seeded);
  return fc
    .record({ path, body: rightBodyOf(hosted.name, seeded) })
    .map((own) => ({ method, headers, ...own }));
}

/** Of one function: mostly its own method and route, with what its path, headers and body could be made of. */
function anyRequestOf(
  hosted: HostedFunction,
  { tokens, everyRole, seeded }: Asking,
  malformed: fc.Arbitrary<string>,
): fc.Arbitrary<Sent> {
  const { methods, route } = routeOf(hosted);
  const [own = 'GET'] = methods;
  const method = fc.oneof(
    { weight: 12, arbitrary: fc.constant(own) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'),
    },
  );
  const there = fc.constantFrom('payments', 'orders', seeded.recovery, seeded.rotation, id, 'nobody');
  const names = fc.oneof({ weight: 8, arbitrary: there }, { weight: 5, arbitrary: strangeNames });
  const parts = route.segments.map((segment) => (segment.startsWith('{') ? names : fc.constant(segment)));
  const path = fc.tuple(fc.tuple(...parts), queries).map(([found, query]) => `/${found.join('/')}${query}`);
  const key = fc.constantFrom<[string, string][]>(
    ['x-functions-key', functionKey],
    ['x-functions-key', canary],
  );
  return fc
    .record({
      method,
      path,
      by: authorization([...tokens, everyRole], malformed),
      key,
      others: otherHeaders,
      body: bodyOf(hosted.name, seeded),
    })
    .map(({ by, key, others, ...sent }) => ({ ...sent, headers: [...by, key, ...others] }));
}

/** A third of them right in everything, so that what is behind the lookup is fuzzed, too. */
export function requestOf(...asked: Parameters<typeof anyRequestOf>): fc.Arbitrary<Sent> {
  const [hosted, asking] = asked;
  return fc.oneof(
    { weight: 2, arbitrary: anyRequestOf(...asked) },
    { weight: 1, arbitrary: rightRequestOf(hosted, asking) },
  );
}

let count = 0;

/**
 * The canary of this request alone: what an earlier one left as its reason is shown by right, also by a refusal.
 * As long as the other, so that lengths stay; base64 keeps the common one.
 */
export function ownCanary(sent: Sent): { sent: Sent; own: string } {
  count += 1;
  const own = `Xk9~${String(count).padStart(canary.length - 4, '0')}`;
  const stamped = (text: string) => text.replaceAll(canary, own);
  const headers = sent.headers.map(([name, value]): [string, string] => [stamped(name), stamped(value)]);
  const body = Buffer.from(stamped(sent.body.toString('latin1')), 'latin1');
  return { sent: { ...sent, path: stamped(sent.path), headers, body }, own };
}
