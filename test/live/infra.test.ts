/** infra/vault/ on a real Vault: its scripts make what they show, and each login may do its own work and nothing else. */
import { execFile } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startHealthyCluster, type WatchedCluster } from './probing/watched-cluster.ts';

const folder = join(import.meta.dirname, '../../infra/vault');
const run = promisify(execFile);
const tenant = '8c1f7a52-0d3e-4b7a-9a54-5d2f1c3e7b90';
const audience = '5d0c2f7e-91ab-4c3d-8e6f-7a1b2c3d4e5f';
const identity = 'b7e6a1d4-52c9-4f0e-8f3b-2a9c6d0e4f11';
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

const Login = z.object({ auth: z.object({ client_token: z.string(), policies: z.array(z.string()) }) });

let cluster: WatchedCluster;
let node: string;
let keysFile: string;

beforeAll(async () => {
  cluster = await startHealthyCluster({ nodes: 1 });
  node = cluster.nodes[0]?.name ?? '';
  keysFile = join(cluster.folder, 'issuer.pem');
  writeFileSync(keysFile, publicKey.export({ type: 'spki', format: 'pem' }));
});
afterAll(() => cluster?.close());

/** As an operator runs it, with the root token. */
async function script(name: string, ...args: string[]): Promise<string> {
  const env = {
    ...process.env,
    HOME: cluster.folder,
    VAULT_BIN: process.env['SEALWATCH_VAULT_BIN'] ?? 'vault',
    VAULT_ADDR: cluster.nodes[0]?.address ?? '',
    VAULT_CACERT: cluster.caFile ?? '',
    VAULT_TOKEN: cluster.keys?.rootToken ?? '',
  };
  return (await run(join(folder, name), args, { env })).stdout;
}

const status = async (token: string, method: string, path: string, body?: unknown) =>
  (await cluster.request(node, method, path, body, token)).status;

const writePolicy = (name: string, text: string) =>
  cluster.write('POST', `sys/policies/acl/${name}`, { policy: text });

const policyFile = (name: string) => readFileSync(join(folder, `${name}.hcl`), 'utf8');

/** A token with one policy and Vault's own "default". */
async function tokenWith(policy: string): Promise<string> {
  const made = await cluster.write('POST', 'auth/token/create-orphan', { policies: [policy] });
  return Login.parse(made).auth.client_token;
}

function assertion(claims: Record<string, unknown>): string {
  const seconds = Math.floor(Date.now() / 1000);
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const own = {
    iss: `https://login.microsoftonline.com/${tenant}/v2.0`,
    aud: audience,
    tid: tenant,
    oid: identity,
    iat: seconds,
    exp: seconds + 300,
  };
  const text = `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ ...own, ...claims })}`;
  return `${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}`;
}

describe('jwt.sh and probe.hcl', () => {
  const said = () => ({
    tenant,
    audience: `${audience},api://${audience}`,
    role: 'sealwatch-probe',
    'object-id': identity,
    policies: 'sealwatch-probe',
    keys: keysFile,
  });
  const args = () => Object.entries(said()).flatMap(([name, value]) => [`--${name}`, value]);
  const login = (claims: Record<string, unknown> = {}) =>
    cluster.request(node, 'POST', 'auth/jwt/login', { role: 'sealwatch-probe', jwt: assertion(claims) });

  it('show what they would do, and do nothing', async () => {
    const shown = await script('jwt.sh', ...args());
    expect(shown).toContain(`"bound_claims": {"tid": "${tenant}", "oid": "${identity}"}`);
    expect((await login()).status).not.toBe(200);
  });

  it('let the identity in, and again after a second run', async () => {
    await writePolicy('sealwatch-probe', policyFile('probe'));
    await script('jwt.sh', ...args(), '--apply');
    await script('jwt.sh', ...args(), '--apply');
    const { auth } = Login.parse((await login()).body);
    expect(auth.policies).toEqual(['default', 'sealwatch-probe']);
    for (const path of ['autopilot/state', 'autopilot/configuration', 'configuration'])
      expect(await status(auth.client_token, 'GET', `sys/storage/raft/${path}`)).toBe(200);
    for (const path of ['sys/storage/raft/snapshot', 'sys/policies/acl', 'sys/mounts', 'sys/auth'])
      expect([path, await status(auth.client_token, 'GET', path)]).toEqual([path, 403]);
    expect(await status(auth.client_token, 'POST', 'auth/token/renew-self', {})).toBe(200);
  });

  it.for([
    ['another identity', { oid: 'd0d0d0d0-52c9-4f0e-8f3b-2a9c6d0e4f11' }],
    ['another tenant', { tid: 'd0d0d0d0-52c9-4f0e-8f3b-2a9c6d0e4f11' }],
    ['a token for something else', { aud: 'https://vault.azure.net' }],
    ['another issuer', { iss: 'https://sts.windows.net/' }],
    ['a token that is over', { exp: 1_700_000_000, iat: 1_699_999_000 }],
  ] as const)('refuse %s', async ([, claims]) => {
    expect((await login(claims)).status).toBe(400);
  });
});

describe('an auth method that others use', () => {
  const issuer = 'https://ci.example.com';
  const args = (mount: string) =>
    Object.entries({
      tenant,
      audience,
      role: 'probe',
      'object-id': identity,
      policies: 'sealwatch-probe',
      keys: keysFile,
      mount,
    }).flatMap(([name, value]) => [`--${name}`, value]);
  const config = async () => {
    const read = await cluster.write('GET', 'auth/ci.jwt/config');
    return z.object({ data: z.object({ bound_issuer: z.string() }) }).parse(read).data.bound_issuer;
  };

  it('is left as it is where it trusts another issuer, or none in particular', async () => {
    await cluster.write('POST', 'sys/auth/ci.jwt', { type: 'jwt' });
    const keys = { jwt_validation_pubkeys: [readFileSync(keysFile, 'utf8')] };
    for (const bound of [issuer, '']) {
      await cluster.write('POST', 'auth/ci.jwt/config', { ...keys, bound_issuer: bound });
      await expect(script('jwt.sh', ...args('ci.jwt'), '--apply')).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringContaining(`auth/ci.jwt trusts another issuer (${bound || 'none is bound'})`),
      });
      expect(await config()).toBe(bound);
    }
    await expect(cluster.write('GET', 'auth/ci.jwt/role/probe')).rejects.toThrow('404');
  });

  it('has a neighbour at another path, new or enabled and not yet configured', async () => {
    await cluster.write('POST', 'sys/auth/ci/enabled', { type: 'jwt' });
    // Its name is like that of the other, but for a dot.
    for (const mount of ['ci-jwt', 'ci/enabled']) {
      await script('jwt.sh', ...args(mount), '--apply');
      const sent = { role: 'probe', jwt: assertion({}) };
      expect((await cluster.request(node, 'POST', `auth/${mount}/login`, sent)).status).toBe(200);
    }
  });
});

describe('role.sh, seal.hcl and rotate-provider.hcl', () => {
  const made = async () => {
    const rotate = await tokenWith('sealwatch-rotate-payments');
    const { body } = await cluster.request(node, 'POST', 'auth/token/create/seal-payments', {}, rotate);
    return { rotate, seal: Login.parse(body).auth.client_token };
  };

  beforeAll(async () => {
    await cluster.write('POST', 'sys/mounts/transit', { type: 'transit' });
    for (const key of ['payments', 'orders']) await cluster.write('POST', `transit/keys/${key}`, {});
  });

  it('show what they would do, and do nothing', async () => {
    expect(await script('role.sh', 'payments')).toContain('vault write auth/token/roles/seal-payments');
    await expect(cluster.write('GET', 'auth/token/roles/seal-payments')).rejects.toThrow('404');
    await script('role.sh', 'payments', '--apply');
    await script('role.sh', 'payments', '--apply');
    await cluster.write('GET', 'auth/token/roles/seal-payments');
  });

  it("make tokens that a seal lives with: orphan, periodic, without an end, for this key's data only", async () => {
    const { seal } = await made();
    const self = await cluster.request(node, 'GET', 'auth/token/lookup-self', undefined, seal);
    const { data } = z.object({ data: z.record(z.string(), z.unknown()) }).parse(self.body);
    expect(data).toMatchObject({
      orphan: true,
      renewable: true,
      explicit_max_ttl: 0,
      creation_ttl: 768 * 3600,
      role: 'seal-payments',
      policies: ['default', 'seal-payments'],
    });
    // A token does not show the period that its role gives it.
    expect(await cluster.write('GET', 'auth/token/roles/seal-payments')).toMatchObject({
      data: { token_period: 768 * 3600, orphan: true, token_explicit_max_ttl: 0 },
    });
    const plaintext = Buffer.from('root key').toString('base64');
    expect(await status(seal, 'POST', 'transit/encrypt/payments', { plaintext })).toBe(200);
    expect(await status(seal, 'POST', 'transit/encrypt/orders', { plaintext })).toBe(403);
    expect(await status(seal, 'GET', 'transit/keys/payments')).toBe(403);
    expect(await status(seal, 'POST', 'transit/keys/payments/rotate')).toBe(403);
  });

  it('let rotate make and end tokens and versions of this key, and use none of them', async () => {
    const { rotate, seal } = await made();
    const self = await cluster.request(node, 'GET', 'auth/token/lookup-self', undefined, seal);
    const { accessor } = z.object({ data: z.object({ accessor: z.string() }) }).parse(self.body).data;
    expect(await status(rotate, 'POST', 'auth/token/lookup-accessor', { accessor })).toBe(200);
    expect(await status(rotate, 'GET', 'transit/keys/payments')).toBe(200);
    expect(await status(rotate, 'POST', 'transit/keys/payments/rotate')).toBeLessThan(300);
    expect(await status(rotate, 'POST', 'auth/token/revoke-accessor', { accessor })).toBe(204);
    expect(await status(seal, 'GET', 'auth/token/lookup-self')).toBe(403);
    for (const [method, path] of [
      ['POST', 'transit/decrypt/payments'],
      ['POST', 'transit/keys/orders/rotate'],
      ['DELETE', 'transit/keys/payments'],
      ['POST', 'auth/token/create'],
      ['POST', 'auth/token/create-orphan'],
      ['LIST', 'auth/token/accessors'],
      ['POST', 'auth/token/roles/seal-payments'],
      ['PUT', 'sys/step-down'],
    ] as const)
      expect([path, await status(rotate, method, path, {})]).toEqual([path, 403]);
  });
});

it('rotate-step-down.hcl steps down, and seals nothing', async () => {
  await writePolicy('sealwatch-step-down', policyFile('rotate-step-down'));
  const token = await tokenWith('sealwatch-step-down');
  expect(await status(token, 'PUT', 'sys/seal')).toBe(403);
  expect(await status(token, 'PUT', 'sys/step-down')).toBe(204);
});

it.for([
  ['role.sh', '../payments'],
  ['role.sh', 'payments', '--aply'],
  ['jwt.sh', '--tenant', tenant],
])('%s refuses %s', async ([name = '', ...args]) => {
  await expect(script(name, ...args)).rejects.toMatchObject({ code: 2 });
});

it.for([
  ['tenant', '","x":"'],
  ['tenant', 'common/../x'],
  ['object-id', 'a,b'],
  ['audience', ''],
  ['audience', `${audience},`],
  ['audience', `,${audience}`],
  ['policies', 'a,,b'],
  ['role', 'x/../../../sys/policies/acl/p'],
  ['role', '..'],
  ['role', 'a,b'],
  ['mount', '../sys'],
  ['mount', 'jwt/'],
  ['mount', '/jwt'],
  ['mount', 'a//b'],
  ['keys', ''],
] as const)('jwt.sh refuses --%s %j, even to show it', async ([name, value]) => {
  const right = { tenant, audience, role: 'r', 'object-id': identity, policies: 'p' };
  const args = Object.entries({ ...right, [name]: value }).flatMap(([option, own]) => [`--${option}`, own]);
  await expect(script('jwt.sh', ...args)).rejects.toMatchObject({ code: 2, stdout: '' });
});
