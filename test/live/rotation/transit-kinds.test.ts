/** The contract of kinds on a real Vault, with rotate's least privilege; and what only a real one shows. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../../../shared/compose/clock.ts';
import { exerciseTransit } from '../../../shared/readiness/exercise/transit.ts';
import { judgeTransit } from '../../../shared/readiness/judge/transit.ts';
import { transitKey } from '../../../shared/rotation/kinds/transit-key.ts';
import { transitToken } from '../../../shared/rotation/kinds/transit-token.ts';
import type { Made } from '../../../shared/rotation/rotation.ts';
import { type KindUnderTest, must, rotationKindContract } from '../../contract/rotation-kind.ts';
import type { IssuedCertificate } from '../../fakes/pki.ts';
import { forwardTo } from '../../fakes/vault/way.ts';
import {
  rotationClientAt,
  startProviderUnderTest,
  transitExpects,
  transitPorts,
} from '../../rotation/kinds/transit-under-test.ts';
import { startHealthyCluster, type WatchedCluster } from '../probing/watched-cluster.ts';

let root: WatchedCluster;
let certificate: IssuedCertificate;
beforeAll(async () => {
  root = await startHealthyCluster({ name: 'root', nodes: 1 });
  certificate = await root.authority.issue({ names: ['127.0.0.1'] });
  await root.write('POST', 'sys/mounts/transit', { type: 'transit' });
});
afterAll(() => root?.close());

/** All that rotate may do at a provider. Source: VAULT-FACTS, "Least privilege". */
const rotatePolicy = (key: string, { list = false, role = true, lookup = true } = {}) =>
  [
    `path "auth/token/create/${key}" { capabilities = ["update"] }`,
    ...(role ? [`path "auth/token/roles/${key}" { capabilities = ["read"] }`] : []),
    ...(lookup ? ['path "auth/token/lookup-accessor" { capabilities = ["update"] }'] : []),
    'path "auth/token/revoke-accessor" { capabilities = ["update"] }',
    `path "transit/keys/${key}" { capabilities = ["read"] }`,
    `path "transit/keys/${key}/rotate" { capabilities = ["update"] }`,
    `path "transit/keys/${key}/config" { capabilities = ["update"] }`,
    ...(list ? ['path "auth/token/accessors" { capabilities = ["list", "sudo"] }'] : []),
  ].join('\n');

const Created = z.object({ auth: z.object({ client_token: z.string(), accessor: z.string() }) });
const Entry = z.object({ data: z.object({ policies: z.array(z.string()) }) });
const Keys = z.object({ data: z.object({ keys: z.array(z.string()) }) });
const Wrapped = z.object({ wrap_info: z.object({ token: z.string() }) });
const TransitKey = z.object({ data: z.object({ latest_version: z.number() }) });

async function make(body: Record<string, unknown>, path = 'create-orphan') {
  return Created.parse(await root.write('POST', `auth/token/${path}`, body)).auth;
}

const roleOf = (key: string, over: Record<string, unknown> = {}) => ({
  allowed_policies: [`seal-${key}`],
  orphan: true,
  token_period: '24h',
  renewable: true,
  ...over,
});

async function setup(may: Parameters<typeof rotatePolicy>[1] = {}) {
  const key = `key-${randomBytes(4).toString('hex')}`;
  const policy = ['encrypt', 'decrypt']
    .map((action) => `path "transit/${action}/${key}" { capabilities = ["update"] }`)
    .join('\n');
  await root.write('POST', `transit/keys/${key}`, {});
  await root.write('POST', `sys/policies/acl/seal-${key}`, { policy });
  await root.write('POST', `sys/policies/acl/rotate-${key}`, { policy: rotatePolicy(key, may) });
  await root.write('POST', `auth/token/roles/${key}`, roleOf(key));
  const seal = await make({ policies: [`seal-${key}`], period: '24h' });
  const own = await make({ policies: [`rotate-${key}`], period: '24h' });
  const forward = forwardTo((await root.awaitActive()).address, root.authority.certPem);
  let wrapping = '';
  const provider = await startProviderUnderTest(certificate, root.authority.certPem, async (request) => {
    const served = await forward(request);
    wrapping = Wrapped.safeParse(served.body).data?.wrap_info.token ?? wrapping;
    return served;
  });
  const ports = {
    ...transitPorts([provider.client], { ownToken: async () => ({ ok: true, value: own.client_token }) }),
    key,
    cluster: key,
    role: key,
    sealToken: async () => ({ ok: true, value: seal.client_token }) as const,
  };
  return { key, seal, own, ports, ...provider, wrapping: () => wrapping };
}

async function valueOf({ value }: Made): Promise<Buffer> {
  if (!value) throw new Error('nothing to take');
  return must(await value());
}

/** Accessors of what unseals with this key. */
async function sealTokens(key: string): Promise<string[]> {
  const { data } = Keys.parse(await root.write('GET', 'auth/token/accessors?list=true'));
  const found: string[] = [];
  for (const accessor of data.keys) {
    const path = 'auth/token/lookup-accessor';
    const { body } = await root.request('root-1', 'POST', path, { accessor }, root.keys?.rootToken);
    // What has ended since it was listed is no entry any more.
    const entry = Entry.safeParse(body);
    if (entry.data?.data.policies.includes(`seal-${key}`)) found.push(accessor);
  }
  return found;
}

async function versions(key: string): Promise<string[]> {
  const { data } = TransitKey.parse(await root.write('GET', `transit/keys/${key}`));
  return Array.from({ length: data.latest_version }, (_, at) => String(at + 1));
}

async function world(name: 'transit-token' | 'transit-key', list: boolean): Promise<KindUnderTest> {
  const { key, seal, own, ports, way, close } = await setup({ list });
  const isToken = name === 'transit-token';
  return {
    kind: isToken ? transitToken(ports) : transitKey(ports),
    sealValue: isToken ? seal.client_token : undefined,
    secrets: () => [seal.client_token, own.client_token],
    live: () => (isToken ? sealTokens(key) : versions(key)),
    ...(isToken && {
      foreign: async () => (await make({ policies: [`seal-${key}`], period: '24h' })).accessor,
    }),
    sees: list || !isToken,
    fault: way.fault,
    expects: transitExpects,
    missingRight: isToken ? /path "auth\/token\/roles\/key-/ : /path "transit\/keys\/key-/,
    loseNextAnswer: () => way.loseNextAnswer(/\/create\/|\/rotate$/),
    now: () => Date.now(),
    close,
  };
}

rotationKindContract('transit-token on a real Vault', () => world('transit-token', true));
rotationKindContract('transit-token with the least privilege', () => world('transit-token', false));
rotationKindContract('transit-key on a real Vault', () => world('transit-key', true));

describe('a token by a role', () => {
  it('is seen to be periodic and fit, though Vault shows neither period nor maximum of its role', async () => {
    const { ports, close } = await setup();
    const kind = transitToken(ports);
    const made = must(await kind.create('pay.one'));
    const value = await valueOf(made);
    expect((await ports.clients[0]?.lookupSelf(value.toString()))?.ok).toBe(true);
    const { current, ours } = must(await kind.look(value));
    expect(current).toEqual({
      state: 'works',
      ref: made.fresh.ref,
      madeAt: expect.any(Number) as number,
      endsAt: expect.any(Number) as number,
      lifeMs: 86_400_000,
      renewable: true,
    });
    // Not to be listed, it is known by its own meta.
    expect(ours).toMatchObject([{ rotation: 'pay.one', ref: made.fresh.ref }]);
    expect(await kind.renew?.(value)).toEqual({ ok: true, value: undefined });
    await close();
  });

  it('is ready to readiness, which tells of its role once that is gone', async () => {
    const { key, ports, close } = await setup();
    const value = (await valueOf(must(await transitToken(ports).create('pay.one')))).toString();
    const seal = { type: 'transit', provider: 'root', mount: 'transit', key } as const;
    const judged = async () => {
      const token = async () => ({ ok: true, value }) as const;
      const exercise = await exerciseTransit(seal, { ...ports, clock: systemClock, token });
      return judgeTransit(seal, exercise, Date.now());
    };
    expect(await judged()).toMatchObject({ standing: { state: 'ready' }, problems: [], unjudged: {} });
    await root.write('DELETE', `auth/token/roles/${key}`);
    const [problem] = (await judged()).problems;
    expect(problem?.summary).toContain('is gone: nothing renews it any more');
    await close();
  });

  it('is unfit once its role has a maximum, and once its role is gone: then no renewal works any more', async () => {
    const { key, ports, close } = await setup();
    const kind = transitToken(ports);
    const made = must(await kind.create('pay.one'));
    const value = await valueOf(made);
    await root.write('POST', `auth/token/roles/${key}`, roleOf(key, { token_explicit_max_ttl: '100h' }));
    expect(must(await kind.look(value)).current).toMatchObject({
      unfit: expect.stringContaining('maximum TTL') as string,
    });
    await root.write('DELETE', `auth/token/roles/${key}`);
    expect(must(await kind.look(value)).current).toMatchObject({
      state: 'works',
      renewable: false,
      unfit: expect.stringContaining('is gone') as string,
    });
    expect(await kind.renew?.(value)).toMatchObject({ ok: false });
    expect(await kind.create('pay.two')).toMatchObject({ ok: false, code: 'wrong' });
    await close();
  });

  it.each([
    ['orphan=true', { orphan: false }],
    ['token_period=', { token_period: 0 }],
    ['token_explicit_max_ttl=0', { token_explicit_max_ttl: '100h' }],
    ['renewable=true', { renewable: false }],
    ['allowed_policies', { allowed_policies: ['one', 'two'] }],
    ['token_no_default_policy=false', { token_no_default_policy: true }],
  ])('is not made where the role needs %s', async (field, over) => {
    const { key, ports, close } = await setup();
    await root.write('DELETE', `auth/token/roles/${key}`);
    await root.write('POST', `auth/token/roles/${key}`, roleOf(key, over));
    const before = await sealTokens(key);
    expect(await transitToken(ports).create('pay.one')).toMatchObject({
      ok: false,
      code: 'wrong',
      detail: expect.stringContaining(field) as string,
    });
    expect(await sealTokens(key)).toEqual(before);
    await close();
  });

  it('is checked by itself where rotate may not look its accessor up; ending it names the line that lacks', async () => {
    const { ports, close } = await setup({ lookup: false });
    const kind = transitToken(ports);
    const made = must(await kind.create('pay.one'));
    const value = await valueOf(made);
    expect(await kind.exercise(made.fresh, value)).toMatchObject({ ok: true });
    expect(await kind.end?.(made.fresh.ref)).toMatchObject({
      code: 'denied',
      detail: expect.stringContaining(
        'path "auth/token/lookup-accessor" { capabilities = ["update"] }',
      ) as string,
    });
    await close();
  });

  it('that somebody else unwrapped is not used', async () => {
    const { ports, wrapping, close } = await setup();
    const made = must(await transitToken(ports).create('pay.one'));
    const stolen = await root.request('root-1', 'POST', 'sys/wrapping/unwrap', undefined, wrapping());
    expect(stolen.status).toBe(200);
    expect(await made.value?.()).toMatchObject({
      ok: false,
      code: 'wrong',
      detail: expect.stringContaining('somebody else') as string,
    });
    await close();
  });

  it('is handed on in a wrapping token, which opens once', async () => {
    const { ports, seal, close } = await setup();
    const wrapped = await transitToken(ports).wrap?.(Buffer.from(seal.client_token), 60);
    const token = wrapped?.ok ? wrapped.value : '';
    const unwrap = () => root.request('root-1', 'POST', 'sys/wrapping/unwrap', undefined, token);
    expect(await unwrap()).toMatchObject({ status: 200, body: { data: { value: seal.client_token } } });
    expect(await unwrap()).toMatchObject({ status: 400 });
    await close();
  });
});

describe('a transit key', () => {
  it('has its minimum raised, never lowered, and never past its newest version', async () => {
    const { ports, close } = await setup();
    const kind = transitKey(ports);
    for (const id of ['pay.one', 'pay.two']) must(await kind.create(id));
    expect(await kind.raiseMinimum?.(2)).toMatchObject({ ok: true });
    expect(await kind.raiseMinimum?.(1)).toMatchObject({ ok: true });
    expect(await kind.raiseMinimum?.(4)).toMatchObject({ ok: false, code: 'wrong' });
    const look = must(await kind.look(undefined));
    expect(look.minimum).toBe(2);
    expect(look.versions?.map(({ version, enabled }) => [version, enabled])).toEqual([
      ['2', true],
      ['3', true],
    ]);
    await close();
  });
});

it('a consumer steps down with a login that may do no more', async () => {
  const policy = 'path "sys/step-down" { capabilities = ["update", "sudo"] }';
  await root.write('POST', 'sys/policies/acl/step-down', { policy });
  const may = await make({ policies: ['step-down'], period: '1h' });
  const mayNot = await make({ policies: ['none'], period: '1h' });
  const client = rotationClientAt((await root.awaitActive()).address, root.authority.certPem);
  expect(await client.stepDown(mayNot.client_token)).toMatchObject({ ok: false, error: { status: 403 } });
  expect(await client.stepDown(may.client_token)).toMatchObject({ ok: true });
  await root.awaitActive();
  await client.close();
});
