/** Sealwatch's own logins at the providers of seals: how many there are, and at which node. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../shared/compose/clock.ts';
import { createProviderLogins } from '../../shared/compose/provider-logins.ts';
import type { Cluster } from '../../shared/fleet/fleet.ts';
import { isLinkLocal } from '../../shared/fleet/network.ts';
import { echo } from '../fakes/hostile/behaviours.ts';
import { createAuthority, type TestAuthority } from '../fakes/pki.ts';
import { file, fleetOf } from '../fleet/builders.ts';
import { givesToken, type Provider, startProvider } from '../readiness/provider.ts';

let authority: TestAuthority;
let nodes: [Provider, Provider];
beforeAll(async () => {
  authority = await createAuthority('Provider CA');
  const certificate = await authority.issue({ names: ['127.0.0.1'] });
  nodes = await Promise.all([startProvider(certificate), startProvider(certificate)]);
});
afterAll(() => Promise.all(nodes.map((node) => node.close())));
beforeEach(() => {
  nodes.forEach((node, index) => {
    node.received.length = 0;
    node.manners({ login: givesToken(`hvs.of-node-${index}`) });
  });
});

const resolve = async (value: string) => ({ ok: true as const, value });
const noIdentity = () => Promise.reject(new Error('no identity'));

function providerWith(role: string): Cluster {
  const login = `login: {method: approle, roleId: ${role}, secretId: "env:SEALWATCH_SECRET_ID"}`;
  const [cluster] = fleetOf(file([login])).clusters;
  if (!cluster) throw new Error('no cluster');
  return cluster;
}

/** As one exercise asks: a token for each node. */
async function tokensOf(logins: ReturnType<typeof createProviderLogins>, provider: Cluster) {
  const ownToken = logins.at(provider, {
    tls: { pins: [], ca: authority.certPem },
    timeouts: { connectMs: 2_000, headersMs: 2_000, totalMs: 2_000 },
    maxResponseBytes: 64 * 1024,
    keepAliveMs: 1_000,
    clock: systemClock,
    isRefusedAddress: isLinkLocal,
  });
  return Promise.all(
    nodes.map(async ({ address }) => {
      const given = await ownToken?.({ address });
      return given?.ok ? given.value : given?.why;
    }),
  );
}

const loginsAt = () => nodes.map((node) => node.asked().filter((asked) => asked === 'login').length);

it('one login at each node serves every exercise', async () => {
  const logins = createProviderLogins(resolve, noIdentity);
  const both = ['hvs.of-node-0', 'hvs.of-node-1'];
  expect(await tokensOf(logins, providerWith('a'))).toEqual(both);
  expect(await tokensOf(logins, providerWith('a'))).toEqual(both);
  expect(loginsAt()).toEqual([1, 1]);
});

it('a first node that is dead takes no token from the others', async () => {
  nodes[0].manners({ login: echo(503) });
  const [first, second] = await tokensOf(createProviderLogins(resolve, noIdentity), providerWith('a'));
  expect(first).toMatch(/^the login at https:.* fails: /);
  expect(second).toBe('hvs.of-node-1');
});

it('another login in fleet.yaml is another login at the nodes', async () => {
  const logins = createProviderLogins(resolve, noIdentity);
  await tokensOf(logins, providerWith('a'));
  await tokensOf(logins, providerWith('b'));
  expect(loginsAt()).toEqual([2, 2]);
  const roles = nodes[0].received.map(({ body }) => (JSON.parse(body) as { role_id: string }).role_id);
  expect(roles).toEqual(['a', 'b']);
});

it('rotate goes by a login of its own where the provider has one', async () => {
  const logins = createProviderLogins(resolve, noIdentity);
  const provider = providerWith('to-read');
  const { login: _, ...own } = providerWith('to-rotate');
  const rotateLogin = providerWith('to-rotate').login;
  if (!rotateLogin) throw new Error('no login');
  await tokensOf(logins, { ...provider, rotateLogin });
  // Where nobody else logs in, too.
  await tokensOf(logins, { ...own, rotateLogin });
  expect(loginsAt()).toEqual([1, 1]);
  await tokensOf(logins, provider);
  const roles = nodes[0].received.map(({ body }) => (JSON.parse(body) as { role_id: string }).role_id);
  expect(roles).toEqual(['to-rotate', 'to-read']);
});

it('a provider without a login gives none', async () => {
  const [cluster] = fleetOf(file()).clusters;
  if (!cluster) throw new Error('no cluster');
  expect(await tokensOf(createProviderLogins(resolve, noIdentity), cluster)).toEqual([undefined, undefined]);
  expect(loginsAt()).toEqual([0, 0]);
});
