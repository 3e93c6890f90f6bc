/** Every call of a kind ends before the lease of its turn does, whatever servers do (rule 10). */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isLinkLocal } from '../../../shared/fleet/network.ts';
import { createGraph, type GraphHttp } from '../../../shared/rotation/graph.ts';
import { callMs } from '../../../shared/rotation/kinds/deadline.ts';
import { entraSecret } from '../../../shared/rotation/kinds/entra-secret.ts';
import { keyvaultKey } from '../../../shared/rotation/kinds/keyvault-key.ts';
import { transitKey } from '../../../shared/rotation/kinds/transit-key.ts';
import { transitToken } from '../../../shared/rotation/kinds/transit-token.ts';
import type { TransitTokenPorts } from '../../../shared/rotation/kinds/transit-token-ports.ts';
import type { Did, Kind } from '../../../shared/rotation/rotation.ts';
import { createRotationClient, type RotationClient } from '../../../shared/vault/rotation-client.ts';
import { ManualClock } from '../../fakes/clock.ts';
import { type Endpoint, startEndpoint } from '../../fakes/hostile/endpoint.ts';
import { createAuthority } from '../../fakes/pki.ts';
import { transitPorts } from './transit-under-test.ts';

const clock = new ManualClock();
const ref = '44444444-4444-4444-8444-444444444444';
const value = () => Buffer.from('hvs.of-nobody-at-all');
const at = clock.now();

type Calls = Record<string, (kind: Kind) => Promise<Did<unknown>> | undefined>;
const calls: Calls = {
  look: (kind) => kind.look(value()),
  renew: (kind) => kind.renew?.(value()),
  create: (kind) => kind.create('payments.one'),
  orphans: (kind) => kind.orphans('payments.one', { at, before: '1' }),
  exercise: (kind) => kind.exercise({ ref, madeAt: at }, value()),
  end: (kind) => kind.end?.(ref),
  lastUsed: (kind) => kind.lastUsed?.(ref),
  wrap: (kind) => kind.wrap?.(value(), 60),
  raiseMinimum: (kind) => kind.raiseMinimum?.(2),
};

/** Lets all the time pass that it could want, and tells how much it took. */
async function timed<T>(asked: Promise<T>): Promise<{ did: T; ms: number }> {
  const begun = clock.now();
  let endedAt = Number.POSITIVE_INFINITY;
  const done = asked.then((did) => {
    endedAt = clock.now();
    return did;
  });
  await clock.advance(10 * callMs);
  expect(endedAt).toBeLessThan(Number.POSITIVE_INFINITY);
  return { did: await done, ms: endedAt - begun };
}

const never = () => new Promise<never>(() => undefined);
const unreachable = { ok: false, code: 'unreachable' };

describe('a provider of twelve nodes that hang', () => {
  let endpoint: Endpoint;
  let client: RotationClient;
  let ports: TransitTokenPorts;
  beforeAll(async () => {
    const authority = await createAuthority('Provider CA');
    const certificate = await authority.issue({ names: ['127.0.0.1'] });
    endpoint = await startEndpoint({ certificate, behaviour: () => undefined });
    client = createRotationClient({
      address: endpoint.address,
      tls: { pins: [], ca: authority.certPem },
      timeouts: { connectMs: 8_000, headersMs: 8_000, totalMs: 8_000 },
      maxResponseBytes: 1024,
      keepAliveMs: 10_000,
      clock,
      isRefusedAddress: isLinkLocal,
    });
    const ownToken = async () => ({ ok: true, value: 'hvs.own' }) as const;
    const clients = Array.from({ length: 12 }, () => client);
    ports = transitPorts(clients, { ownToken, clock, timeoutMs: 8_000 });
  });
  afterAll(async () => {
    await client.close();
    await endpoint.close();
  });

  const kinds: Record<string, () => Kind> = {
    'transit-token': () => transitToken(ports),
    'transit-token whose login hangs': () => transitToken({ ...ports, ownToken: never }),
    'transit-key': () => transitKey({ ...ports, sealToken: never }),
    'transit-key whose login hangs': () => transitKey({ ...ports, ownToken: never, sealToken: never }),
  };

  it.each(Object.keys(kinds).flatMap((kind) => Object.keys(calls).map((call) => [kind, call] as const)))(
    '%s: %s is told to be unreachable in time',
    async (kind, call) => {
      const under = kinds[kind]?.();
      const asked =
        kind.startsWith('transit-key') && call === 'exercise'
          ? under?.exercise({ ref: '1' }, undefined)
          : under && calls[call]?.(under);
      if (!asked) return;
      const { did, ms } = await timed(asked);
      expect(did).toMatchObject(unreachable);
      expect(ms).toBeLessThanOrEqual(callMs);
    },
  );
});

describe('Graph', () => {
  const appId = '22222222-2222-4222-8222-222222222222';
  let posts: { left: number }[];
  let begun: number;
  beforeEach(() => {
    posts = [];
    begun = clock.now();
  });

  /** Throttles as long as it is asked again for, and answers at the last moment. */
  const slow =
    (ms: number, busy: (call: number) => boolean): GraphHttp =>
    async ({ method, path }) => {
      if (method === 'POST') posts.push({ left: begun + callMs - clock.now() });
      asked += 1;
      const throttled = busy(asked);
      await clock.sleep(ms);
      const body = path.endsWith('/addPassword')
        ? { keyId: ref, secretText: 'x'.repeat(40) }
        : { appId, passwordCredentials: [{ keyId: ref, displayName: 'sealwatch payments.before' }] };
      const reply = { answered: true, at: clock.now() } as const;
      return throttled
        ? { ...reply, status: 429, retryAfter: '10', body: Buffer.alloc(0) }
        : { ...reply, status: 200, body: Buffer.from(JSON.stringify(body)) };
    };
  let asked = 0;

  const kindAt = (http: GraphHttp) =>
    entraSecret({
      cluster: 'payments',
      clientId: appId,
      lifeMs: 86_400_000,
      graph: createGraph('33333333-3333-4333-8333-333333333333', http, clock),
      login: never,
      exercise: never,
      shown: (text) => text,
      clock,
    });

  it.each(Object.keys(calls).filter((call) => !['renew', 'lastUsed', 'wrap', 'raiseMinimum'].includes(call)))(
    'that never answers: %s ends in time',
    async (call) => {
      const { did, ms } = await timed(calls[call]?.(kindAt(never)) ?? never());
      expect(did).toMatchObject(unreachable);
      expect(ms).toBeLessThanOrEqual(callMs);
    },
  );

  it.each(['look', 'create', 'orphans', 'exercise', 'end'])(
    'that throttles twice before each answer and takes 19 s for it: %s ends in time, and nothing is changed at the last moment',
    async (call) => {
      asked = 0;
      const { ms } = await timed(calls[call]?.(kindAt(slow(19_000, (count) => count % 3 !== 0))) ?? never());
      expect(ms).toBeLessThanOrEqual(callMs);
      for (const { left } of posts) expect(left).toBeGreaterThanOrEqual(20_000);
    },
  );

  it('that left no time to make a secret was not asked for one, and that is said', async () => {
    asked = 0;
    const { did } = await timed(kindAt(slow(19_000, (count) => count % 3 !== 0)).create('payments.one'));
    expect(did).toMatchObject({ ...unreachable, nothingMade: true });
    expect(posts).toEqual([]);
  });

  it('that was asked for a secret and gives no answer may have made it', async () => {
    asked = 0;
    const answers = slow(1_000, () => false);
    const http: GraphHttp = async (request) => (request.method === 'GET' ? answers(request) : never());
    const { did, ms } = await timed(kindAt(http).create('payments.one'));
    expect(did).toMatchObject(unreachable);
    expect(did).not.toHaveProperty('nothingMade');
    expect(ms).toBeLessThanOrEqual(callMs);
  });

  it('whose answer comes too late: the secret in it is erased all the same', async () => {
    asked = 0;
    const answers = slow(1_000, () => false);
    const late = Buffer.from(JSON.stringify({ keyId: ref, secretText: 'Abc8Q~of-nobody' }));
    const http: GraphHttp = async (request) => {
      if (request.method === 'GET') return answers(request);
      await clock.sleep(2 * callMs);
      return { answered: true, status: 200, body: late };
    };
    await timed(kindAt(http).create('payments.one'));
    expect(late.every((byte) => byte === 0)).toBe(true);
  });

  it('a secret that is not listed is not taken for gone where the time ran out', async () => {
    asked = 0;
    const other = '55555555-5555-4555-8555-555555555555';
    const { did, ms } = await timed(kindAt(slow(32_500, () => false)).end?.(other) ?? never());
    expect(did).toMatchObject(unreachable);
    expect(ms).toBeLessThanOrEqual(callMs);
  });

  it('that throttles is not waited for longer than there is time', async () => {
    const { did, ms } = await timed(kindAt(slow(32_500, () => true)).look(value()));
    expect(did).toMatchObject({ code: 'throttled' });
    expect(ms).toBeLessThanOrEqual(callMs);
  });
});

describe('Key Vault', () => {
  const kind = keyvaultKey({
    by: 'sealwatch',
    vault: 'https://kv.vault.azure.net',
    key: 'unseal',
    newest: never,
    versions: never,
    rotate: never,
    exercise: never,
    indirect: false,
    clock,
  });

  it.each(['look', 'create', 'orphans', 'exercise'])('that never answers: %s ends in time', async (call) => {
    const { did, ms } = await timed(calls[call]?.(kind) ?? never());
    expect(did).toMatchObject(unreachable);
    expect(did).not.toHaveProperty('nothingMade');
    expect(ms).toBeLessThanOrEqual(callMs);
  });

  it('is told until when a new version may be asked for', async () => {
    const told: number[] = [];
    const rotate = async (endsAt: number) => {
      told.push(endsAt);
      return { ok: false, code: 'timeout', detail: '' } as const;
    };
    await keyvaultKey({ ...portsOf(), rotate }).create('payments.one');
    expect(told).toEqual([clock.elapsed() + callMs]);
  });

  function portsOf() {
    const about = { by: 'sealwatch' as const, vault: 'https://kv.vault.azure.net', key: 'unseal' };
    return { ...about, newest: never, versions: never, exercise: never, indirect: false, clock };
  }
});
