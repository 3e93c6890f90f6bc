/** The calls of Microsoft Graph: our own HTTP against a fake of it, over TLS at its own name. */
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGraphHttp } from '../../shared/compose/graph.ts';
import { createGraph, type Graph } from '../../shared/rotation/graph.ts';
import { type FakeTokenEndpoint, startTokenEndpoint } from '../fakes/entra/token-endpoint.ts';
import { type FakeGraph, type GraphFault, startGraph } from '../fakes/graph/server.ts';
import { leaks } from '../fakes/hostile/disguises.ts';
import { createAuthority } from '../fakes/pki.ts';

const now = Date.UTC(2026, 10, 22, 2, 0, 0);
const day = 86_400_000;
const ids = {
  tenant: 'a-tenant',
  clientId: '8f1b0a52-0000-4000-8000-000000000001',
  token: 'of another service',
};

let entra: FakeTokenEndpoint;
let fake: FakeGraph;
let slept: number[];
let graph: Graph;
beforeEach(async () => {
  entra = await startTokenEndpoint(ids);
  fake = await startGraph(entra, () => now);
  slept = [];
  graph = graphOf();
});
afterEach(async () => {
  await fake.close();
  await entra.close();
});

const clock = {
  now: () => now,
  sleep: async (ms: number) => {
    slept.push(ms);
  },
};

function graphOf(over: Partial<Parameters<typeof createGraphHttp>[0]> = {}): Graph {
  const options = { credential: async () => fake.credential, replaced: fake.replaced, timeoutMs: 2_000 };
  return createGraph(fake.objectId, createGraphHttp({ ...options, ...over }), clock);
}

describe('one application in Graph', () => {
  it('is seen with its secrets, and with the time that Graph has', async () => {
    fake.skewMs = 7_000;
    const { keyId } = fake.addByHand({
      displayName: null,
      hint: null,
      startsAt: now - day,
      endsAt: now + day,
    });
    expect(await graph.application()).toEqual({
      ok: true,
      value: {
        appId: ids.clientId,
        at: now + 7_000,
        secrets: [{ keyId, startsAt: now - day, endsAt: now + day }],
      },
    });
  });

  it('is given a secret under a name and until a time; when it begins is left to Graph', async () => {
    const added = await graph.addPassword('sealwatch payments.one', now + 3 * day);
    const [made] = fake.secrets();
    expect(added).toEqual({
      ok: true,
      value: {
        keyId: made?.keyId,
        startsAt: now,
        endsAt: now + 3 * day,
        secret: Buffer.from(made?.value ?? ''),
      },
    });
    const passwordCredential = {
      displayName: 'sealwatch payments.one',
      endDateTime: '2026-11-25T02:00:00.000Z',
    };
    expect(JSON.parse(fake.received[0]?.body ?? '')).toEqual({ passwordCredential });
  });

  it('loses the one that is named', async () => {
    const [one, two] = [fake.addByHand(), fake.addByHand()];
    expect(await graph.removePassword(one.keyId)).toEqual({ ok: true, value: undefined });
    expect(fake.secrets().map(({ keyId }) => keyId)).toEqual([two.keyId]);
  });

  it("is asked with the identity's token for Graph, which is in no address", async () => {
    const scopes: unknown[] = [];
    const getToken = async (scope: unknown) => {
      scopes.push(scope);
      return fake.credential.getToken();
    };
    await graphOf({ credential: async () => ({ getToken }) }).application();
    expect(scopes).toEqual(['https://graph.microsoft.com/.default']);
    expect(fake.received[0]?.headers).toMatchObject({
      authorization: `Bearer ${fake.token}`,
      host: `graph.microsoft.com:${fake.replaced.port}`,
    });
    expect(leaks(fake.received[0]?.path, [fake.token])).toEqual([]);
  });
});

describe('what Graph refuses with has a closed code and says what to do', () => {
  it.each<[string, GraphFault, string, RegExp]>([
    ['a token of another tenant', { status: 401 }, 'denied', /401/],
    [
      'a missing permission',
      { status: 403 },
      'denied',
      /Application\.ReadWrite\.OwnedBy.* owner of the application/,
    ],
    ['no such application', { status: 404 }, 'not-configured', /object id, not its client id/],
    ['a change at the same time', { status: 409 }, 'throttled', /another change/],
    ['trouble over there', { status: 500 }, 'unreachable', /500/],
    ['a gateway that gives up', { status: 504 }, 'unreachable', /504/],
    [
      'a redirect',
      { status: 302, headers: { location: 'https://graph.microsoft.com/elsewhere' } },
      'odd',
      /302/,
    ],
    ['another refusal', { status: 418 }, 'odd', /418/],
    ['HTML', { status: 200, body: '<html>' }, 'odd', /does not answer like Graph/],
    ['JSON of something else', { status: 200, body: '{"value":[]}' }, 'odd', /does not answer like Graph/],
    ['what it was sent', 'echo', 'odd', /does not answer like Graph/],
    ['bytes without end', 'flood', 'odd', /more than an application can have/],
    ['a cut', 'reset', 'unreachable', /no answer/],
  ])('%s', async (_what, fault, code, says) => {
    const { value } = fake.addByHand();
    fake.fail('any', fault);
    const told = [await graph.application(), await graph.addPassword('sealwatch payments.one', now + day)];
    for (const did of told)
      expect(did).toMatchObject({ ok: false, code, detail: expect.stringMatching(says) });
    expect(fake.received).toHaveLength(2);
    expect(leaks(told, [value, fake.token])).toEqual([]);
    expect(JSON.stringify(told)).not.toContain('own sentence');
  });

  it.each<[GraphFault, boolean]>([
    [{ status: 400 }, true],
    [{ status: 401 }, true],
    [{ status: 403 }, true],
    [{ status: 404 }, true],
    [{ status: 429, retryAfter: '3600' }, true],
    [{ status: 409 }, false],
    [{ status: 500 }, false],
    [{ status: 504 }, false],
    ['lost', false],
    ['reset', false],
  ])('whether something may have been changed all the same: %j', async (fault, isCertain) => {
    fake.fail('addPassword', fault);
    const did = await graph.addPassword('sealwatch payments.one', now + day);
    expect(did).toMatchObject({ ok: false });
    expect('unchanged' in did).toBe(isCertain);
    expect(fake.secrets()).toHaveLength(fault === 'lost' ? 1 : 0);
  });

  it('no answer in time', async () => {
    fake.fail('any', 'hang');
    const detail = 'graph.microsoft.com did not answer in time';
    expect(await graphOf({ timeoutMs: 200 }).application()).toEqual({
      ok: false,
      code: 'unreachable',
      detail,
    });
  });

  it('a new secret that a policy of the tenant forbids', async () => {
    fake.fail('addPassword', { status: 400 });
    expect(await graph.addPassword('sealwatch payments.one', now + day)).toMatchObject({
      code: 'denied',
      detail: expect.stringContaining('rotation.secret.life'),
    });
  });

  it.each([
    ['refuses', async () => Promise.reject(new Error('what the endpoint of identities said'))],
    ['hangs', () => new Promise<never>(() => undefined)],
    ['has none', async () => null],
  ])('no token, for the identity %s: Graph is not asked', async (_what, getToken) => {
    const told = await graphOf({ credential: async () => ({ getToken }), timeoutMs: 200 }).application();
    expect(told).toMatchObject({ code: 'unreachable', detail: expect.stringContaining('managed identity') });
    expect(JSON.stringify(told)).not.toContain('endpoint of identities');
    expect(fake.received).toEqual([]);
  });
});

describe('Graph that throttles', () => {
  it.each<[string | undefined, number]>([
    ['2', 2_000],
    [undefined, 3_000],
    ['Sun, 22 Nov 2026 02:00:05 GMT', 3_000],
  ])('is asked again after Retry-After: %s', async (retryAfter, ms) => {
    fake.fail('any', { status: 429, ...(retryAfter !== undefined && { retryAfter }) }, 1);
    expect(await graph.addPassword('sealwatch payments.one', now + day)).toMatchObject({ ok: true });
    expect(slept).toEqual([ms]);
    expect(fake.secrets()).toHaveLength(1);
  });

  it('is left alone when it asks for long, and that is told', async () => {
    fake.fail('any', { status: 429, retryAfter: '3600' });
    expect(await graph.application()).toEqual({
      ok: false,
      code: 'throttled',
      detail: 'Graph throttles (429), for 3600 s',
    });
    expect([slept, fake.received.length]).toEqual([[], 1]);
  });

  it('is asked three times at most', async () => {
    fake.fail('any', { status: 429, retryAfter: '1' });
    expect(await graph.application()).toMatchObject({ code: 'throttled' });
    expect([slept, fake.received.length]).toEqual([[1_000, 1_000], 3]);
  });
});

describe('nobody else is called', () => {
  it('no link-local address behind the name', async () => {
    const lookup: typeof fake.replaced.lookup = (_name, { all }, found) =>
      all ? found(null, [{ address: '169.254.169.254', family: 4 }]) : found(null, '169.254.169.254', 4);
    const told = await graphOf({ replaced: { ...fake.replaced, lookup } }).application();
    expect(told).toMatchObject({ code: 'outside-limits' });
  });

  it('no server that cannot prove to be Graph, and no token is sent to it', async () => {
    const { certPem } = await createAuthority('another CA');
    const told = await graphOf({ replaced: { ...fake.replaced, ca: certPem } }).application();
    expect(told).toMatchObject({ code: 'unreachable' });
    expect(fake.received).toEqual([]);
  });
});

describe('whatever bytes come back', () => {
  const marker = 'Abc8Q~of-nobody';
  const answer = (status: number, text: string) => ({
    answered: true as const,
    status,
    body: Buffer.from(text),
  });

  it('are zeroed once they are read, a secret above all', async () => {
    const reply = answer(200, JSON.stringify({ keyId: fake.objectId, secretText: marker }));
    const added = await createGraph('id', async () => reply, clock).addPassword('name', now);
    expect(added.ok && added.value.secret.toString()).toBe(marker);
    expect(reply.body.every((byte) => byte === 0)).toBe(true);
  });

  it('nothing is thrown, and nothing of them is told', async () => {
    const fields = fc.constantFrom('appId', 'keyId', 'passwordCredentials', 'secretText', 'error');
    const json = fc.dictionary(fields, fc.jsonValue()).map((of) => JSON.stringify({ ...of, said: marker }));
    const text = fc.oneof(
      json,
      fc.string().map((of) => `${of}${marker}`),
    );
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 200, max: 599 }), async (text, status) => {
        const graph = createGraph('id', async () => answer(status, text), clock);
        for (const did of [await graph.application(), await graph.addPassword('name', now)]) {
          expect(did.ok).toBe(false);
          expect(leaks(did, [marker])).toEqual([]);
        }
      }),
    );
  });
});
