/** How large a request to a route for people may be, and what may stand in it. */
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import recover from '../../functions/recover/manifest.json' with { type: 'json' };
import rotate from '../../functions/rotate/manifest.json' with { type: 'json' };
import watch from '../../functions/watch/manifest.json' with { type: 'json' };
import type { Role } from '../../shared/people/person.ts';
import { exchange, requestBytes } from '../fuzz/wire.ts';
import { type RecoverHost, startHostOf } from './recover-host.ts';

const kibibyte = 1024;
const roles: Role[] = ['Sealwatch.Operate', 'Sealwatch.Approve', 'Sealwatch.Read'];
const manifests = { recover, rotate, watch };
const apps = ['recover', 'rotate', 'watch'] as const;

interface Route {
  name: string;
  method: string;
  route: string;
}

/** For people: the status page of monitors is no route of theirs, and reads nothing of a request. */
const routesOf = (app: (typeof apps)[number]): Route[] =>
  manifests[app].functions.flatMap(({ name, trigger }) =>
    'methods' in trigger && trigger.authLevel === 'anonymous'
      ? trigger.methods.map((method) => ({ name, method, route: trigger.route ?? '' }))
      : [],
  );

const filesWithRoutes = (app: string): string[] =>
  globSync(`functions/${app}/*.ts`)
    .filter((path) => readFileSync(path, 'utf8').includes("authLevel: 'anonymous'"))
    .map((path) => basename(path, '.ts'));

describe.each(apps)('%s', (app) => {
  let host: RecoverHost;
  beforeAll(async () => {
    host = await startHostOf(app, filesWithRoutes(app));
  }, 30_000);
  afterAll(() => host.close());

  /** As whoever may use the route; it wants one role, and says nothing of the body to others. */
  async function ask({ method, route }: Route, body?: Buffer, name = 'payments', id = 'payments.1') {
    const path = route.replace('{cluster}', name).replace('{id}', id);
    for (const role of roles) {
      const headers = { authorization: `Bearer ${host.tokens.get(role)}` };
      const sent = { method, headers, ...(body && { body: new Uint8Array(body) }) };
      const response = await fetch(`${host.url}/${path}`, sent);
      const answer = { status: response.status, text: await response.text() };
      if (answer.status !== 403) return answer;
    }
    throw new Error(`${method} ${path} is open to nobody`);
  }

  const withBody = routesOf(app).filter(({ method }) => method !== 'GET');

  it.each(withBody)('$method $route takes 16 KiB, and one byte more is 413', async (route) => {
    const over = await ask(route, Buffer.alloc(16 * kibibyte + 1, ' '));
    expect(over.status).toBe(413);
    expect(JSON.parse(over.text)).toEqual({
      error: 'invalid',
      message: 'the body is larger than 16384 bytes',
    });
    // Spaces alone are no JSON: what was read is judged.
    expect((await ask(route, Buffer.alloc(16 * kibibyte, ' '))).status).toBe(400);
  });

  it.each(withBody)('$method $route measures bytes, not characters', async (route) => {
    expect((await ask(route, Buffer.from(`"${'é'.repeat(8 * kibibyte)}"`))).status).toBe(413);
  });

  it.each(withBody)('$method $route takes no bytes that are not UTF-8', async (route) => {
    const { status, text } = await ask(route, Buffer.from('{"reason":"\xff\xfe"}', 'latin1'));
    expect(status).toBe(400);
    expect(text).toContain('the body is not JSON in UTF-8');
  });

  const looking = routesOf(app).filter(({ method }) => method === 'GET');

  it.each(looking)(
    'GET $route reads no body at all: one of more than 16 KiB changes nothing',
    async ({ route }) => {
      const path = `/api/${route.replace('{cluster}', 'payments').replace('{id}', 'payments.1')}`;
      const headers: [string, string][] = [['Authorization', `Bearer ${host.tokens.get('Sealwatch.Read')}`]];
      const [none, large] = [Buffer.alloc(0), Buffer.alloc(16 * kibibyte + 1, '{')].map((body) =>
        exchange(new URL(host.url).origin, requestBytes({ method: 'GET', path, headers, body })),
      );
      const { status, body } = await (none ?? Promise.reject(new Error('no request')));
      expect(await large).toMatchObject({ status, body });
      expect(status).not.toBe(401);
    },
  );

  const withName = routesOf(app).filter(({ route }) => route.includes('{'));
  it.each(withName)('$method $route looks up no name that is none, and does not repeat it', async (route) => {
    // What an exact body would be is each route's own: only those without fields of their own get this far.
    for (const name of ['..%2fORDERS', 'ORDERS%00', 'ORDERS%23', `ORDERS${'a'.repeat(2000)}`]) {
      const { status, text } = await ask(route, bodyFor(route), name, name);
      expect([404, text.includes('ORDERS')]).toEqual([status, false]);
    }
  });

  it('refuses more than 16 KiB of headers and path before a function sees them', async () => {
    const wide = await fetch(`${host.url}/readiness`, { headers: { 'x-wide': 'a'.repeat(16 * kibibyte) } });
    const long = await fetch(`${host.url}/readiness/${'a'.repeat(16 * kibibyte)}`);
    expect([wide.status, long.status]).toEqual([431, 431]);
  });
});

/** Right by each route's schema. */
function bodyFor({ name, method }: Route): Buffer | undefined {
  if (method === 'GET') return undefined;
  const generation = { generation: 1, revision: 1 };
  const until = new Date(Date.now() + 3_600_000).toISOString();
  const bodies: Record<string, object> = {
    'accept-generation': generation,
    'go-back': generation,
    'approve-recovery': { binding: 'e'.repeat(64) },
    'approve-rotation': { binding: 'e'.repeat(64) },
    'keep-escrow': {},
    'end-hold': {},
    'exercise-seal': {},
    'set-hold': { until, reason: 'patching' },
  };
  return Buffer.from(JSON.stringify(bodies[name] ?? { reason: 'patching' }));
}
