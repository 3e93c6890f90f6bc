/** Requests at and around the routes of the apps. */
import * as fc from 'fast-check';
import type { HostedFunction } from '../../host/hosted-function.ts';
import { bodyOf, canary } from './bodies.ts';
import { functionKey } from './loaded-apps.ts';
import type { Sent } from './wire.ts';

const id = 'payments.0123456789abcdef0123';
const names = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('payments', 'payments', id, 'nobody') },
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

/** Of one function: mostly its own method and route, with what its path, headers and body could be made of. */
export function requestOf(
  hosted: HostedFunction,
  tokens: string[],
  malformed: fc.Arbitrary<string>,
): fc.Arbitrary<Sent> {
  if (hosted.trigger.kind !== 'http') throw new Error(`${hosted.name} has no route`);
  const { methods, route } = hosted.trigger;
  const [own = 'GET'] = methods;
  const method = fc.oneof(
    { weight: 12, arbitrary: fc.constant(own) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'),
    },
  );
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
      by: authorization(tokens, malformed),
      key,
      others: otherHeaders,
      body: bodyOf(hosted.name),
    })
    .map(({ by, key, others, ...sent }) => ({ ...sent, headers: [...by, key, ...others] }));
}
