/** Whatever is sent to a route of any app is answered, in our words: no 500, no hang, nothing of it comes back. */
import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bodies, canary } from './bodies.ts';
import { errorsIn, functionKey, type LoadedApps, loadApps } from './loaded-apps.ts';
import { ownCanary, requestOf, rightPath } from './requests.ts';
import type { Seeded } from './seeded.ts';
import { malformedTokens } from './tokens.ts';
import { exchange, requestBytes, type Sent, type Wired } from './wire.ts';

const names = Object.keys(bodies({ bindings: { recovery: '', rotation: '' } }));
/** Many more under `npm run test:deep`. */
const deep = process.env['SEALWATCH_DEEP'] ? 20 : 1;
const prototype = Object.getOwnPropertyNames(Object.prototype);
/** Beyond what is looked up: done, or in conflict with what is there. */
const beyond = [200, 202, 409, 412];
let apps: LoadedApps;
let seeded: Seeded;

beforeAll(async () => {
  apps = await loadApps();
}, 60_000);
afterAll(() => apps.close());
beforeEach(async () => {
  seeded = await apps.seed();
  apps.lines.length = 0;
});

const send = (sent: Sent): Promise<Wired> => exchange(apps.url, requestBytes(sent));
const functionOf = (name: string) => apps.functions.find((hosted) => hosted.name === name) ?? fail(name);
function fail(name: string): never {
  throw new Error(`no function ${name}`);
}

/** What holds of every answer. @param own part of what was sent. */
function judge({ status, head, body }: Wired, own = canary): void {
  expect(status >= 500, `${status} ${body}`).toBe(false);
  if (status >= 400) expect(`${head}${body}`).not.toContain(own);
  expect(head.toLowerCase()).not.toContain('x-injected');
  for (const secret of [functionKey, apps.everyRole, ...apps.tokens])
    expect(`${head}${body}`).not.toContain(secret);
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(prototype);
  expect(errorsIn(apps.lines)).toEqual([]);
}

it('every function with HTTP is fuzzed', () => {
  const served = apps.functions.filter(({ trigger }) => trigger.kind === 'http').map(({ name }) => name);
  expect(served.sort()).toEqual(names.sort());
});

describe.each(names.map((name) => ({ name })))('$name', ({ name }) => {
  it('takes what the fuzzing begins with: its role, its path, a body by its schema', async () => {
    const hosted = functionOf(name);
    if (hosted.trigger.kind !== 'http') fail(name);
    const [method = ''] = hosted.trigger.methods;
    const right = fc.record({ path: rightPath(hosted, seeded), body: bodies(seeded)[name] ?? fail(name) });
    const samples = fc.sample(right, { numRuns: 30, seed: 1 });
    const told: number[] = [];
    for (const token of apps.tokens)
      for (const { path, body } of samples) {
        const headers: [string, string][] = [
          ['Authorization', `Bearer ${token}`],
          ['x-functions-key', functionKey],
        ];
        const { status } = await send({ method, path, headers, body: Buffer.from(JSON.stringify(body)) });
        if (status === 403) break;
        told.push(status);
      }
    expect(told.filter((status) => beyond.includes(status))).not.toEqual([]);
    expect(told.filter((status) => status >= 500)).toEqual([]);
  });

  it('answers anything at its route, and some of it from what it looked up', async () => {
    const { tokens, everyRole } = apps;
    const found: number[] = [];
    await fc.assert(
      fc.asyncProperty(
        requestOf(functionOf(name), { tokens, everyRole, seeded }, malformedTokens(tokens)),
        async (drawn) => {
          const { sent, own } = ownCanary(drawn);
          const answer = await send(sent);
          expect(answer.status).toBeGreaterThan(0);
          judge(answer, own);
          if (answer.status >= 400 && answer.body !== '') JSON.parse(answer.body);
          if (beyond.includes(answer.status)) found.push(answer.status);
        },
      ),
      { numRuns: 150 * deep },
    );
    expect(found).not.toEqual([]);
  });
});

it('no token that is not ours opens anything, and every one is answered', async () => {
  await fc.assert(
    fc.asyncProperty(malformedTokens(apps.tokens), async (token) => {
      const headers: [string, string][] = [['Authorization', `Bearer ${token}`]];
      const answer = await send({ method: 'GET', path: '/api/readiness', headers, body: Buffer.alloc(0) });
      judge(answer);
      expect(answer.status).toBe(401);
    }),
    { numRuns: 400 * deep },
  );
});

describe('bytes that are hardly HTTP', () => {
  const good = () =>
    requestBytes({
      method: 'POST',
      path: '/api/clusters/payments/hold',
      headers: [['Authorization', `Bearer ${apps.tokens[1]}`]],
      body: Buffer.from('{"reason":"patched"}'),
    });
  /** Bytes of a good request, some of them replaced, left out or doubled. */
  const mutated = fc
    .array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255), fc.nat(2)), {
      minLength: 1,
      maxLength: 6,
    })
    .map((changes) =>
      changes.reduce((bytes, [where, byte, removed]) => {
        const at = Math.floor(where * bytes.byteLength);
        return Buffer.concat([bytes.subarray(0, at), Buffer.from([byte]), bytes.subarray(at + removed)]);
      }, good()),
    );
  const smuggled = fc
    .constantFrom(
      'Transfer-Encoding: chunked\r\nContent-Length: 5',
      'Content-Length: 5\r\nContent-Length: 6',
      'Transfer-Encoding: chunked, identity',
      'Transfer-Encoding : chunked',
      'Content-Length: -1',
      'Content-Length: 99999999999999999999',
      'Expect: 100-continue',
      'Expect: something',
      'Upgrade: websocket\r\nConnection: Upgrade',
      `X-Long: ${'a'.repeat(20_000)}`,
      Array.from({ length: 3000 }, (_, index) => `X-${index}: ${index}`).join('\r\n'),
    )
    .map((lines) => Buffer.from(`POST /api/rotations HTTP/1.1\r\nHost: a\r\n${lines}\r\n\r\n0\r\n\r\n`));
  const noise = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes));

  it('are answered or cut, and leave the host serving', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof({ weight: 3, arbitrary: fc.constant(undefined).chain(() => mutated) }, smuggled, noise),
        async (bytes) => judge(await exchange(apps.url, bytes, true)),
      ),
      { numRuns: 250 * deep },
    );
    const headers: [string, string][] = [['Authorization', `Bearer ${apps.tokens[0]}`]];
    const after = await send({ method: 'GET', path: '/api/readiness', headers, body: Buffer.alloc(0) });
    expect(after.status).toBe(200);
  });
});
