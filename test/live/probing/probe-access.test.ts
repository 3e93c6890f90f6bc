/** What the probe itself may lack: a policy line, a login, a client certificate, the right CA or name. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../shared/compose/clock.ts';
import { isLinkLocal } from '../../../shared/fleet/network.ts';
import { createTokenSource } from '../../../shared/vault/login.ts';
import { createVaultClient } from '../../../shared/vault/undici-client.ts';
import { createAuthority } from '../../fakes/pki.ts';
import { freePorts } from '../../servers/free-ports.ts';
import { entryOf, loginOf, startHealthyCluster, type WatchedCluster } from './watched-cluster.ts';
import { startWatching, type Watching } from './watching.ts';

const statePath = 'sys/storage/raft/autopilot/state';
const policyPath = 'sys/policies/acl/sealwatch-probe';

describe('a single node, and what the probe lacks', () => {
  let cluster: WatchedCluster;
  let watching: Watching;
  let login: { method: string; roleId: string; secretId: string };

  beforeAll(async () => {
    cluster = await startHealthyCluster({ nodes: 1 });
    watching = await startWatching({});
    login = await loginOf(cluster, watching);
    rewrite();
    expect(await watching.look()).toEqual([]);
  });
  afterAll(async () => {
    await watching?.close();
    await cluster?.close();
  });

  const rewrite = (over: Record<string, unknown> = {}) =>
    watching.rewrite({ lab: entryOf(cluster, { login, ...over }) });
  const name = () => cluster.nodes[0]?.name ?? '';

  it('a policy line is missing: the finding names it', async () => {
    const { data } = (await cluster.write('GET', policyPath)) as { data: { policy: string } };
    const lines = data.policy.split('\n');
    await cluster.write('POST', policyPath, {
      policy: lines.filter((line) => !line.includes(statePath)).join('\n'),
    });

    expect(await watching.look()).toEqual(['probe-denied warning']);
    const { summary, advice } = watching.finding('probe-denied');
    expect(summary).toBe(`the probe may not read ${statePath} of lab`);
    expect(advice).toContain(`path "${statePath}" { capabilities = ["read"] }`);

    await cluster.write('POST', policyPath, data);
    expect(await watching.look()).toEqual([]);
  });

  it('the secret id and its tokens are revoked: the login fails, until there is a new one', async () => {
    watching.restartApp();
    await watching.look();
    await cluster.write('POST', 'auth/approle/role/sealwatch-probe/secret-id/destroy', {
      secret_id: watching.secretOf('SECRET_ID'),
    });
    await cluster.write('POST', 'sys/leases/revoke-prefix/auth/approle/login');

    expect(await watching.look()).toEqual(['probe-denied warning']);
    expect(watching.finding('probe-denied').summary).toBe('the login of the probe to lab fails: status 400');

    const made = await cluster.write('POST', 'auth/approle/role/sealwatch-probe/secret-id');
    watching.secret('SECRET_ID', (made as { data: { secret_id: string } }).data.secret_id);
    await watching.settles([]);
  });

  it('a JWT that an identity provider signed is a login, and one for another audience is none', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    await cluster.write('POST', 'sys/auth/jwt', { type: 'jwt' });
    await cluster.write('POST', 'auth/jwt/config', {
      jwt_validation_pubkeys: [publicKey.export({ type: 'spki', format: 'pem' })],
      bound_issuer: 'https://login.test/tenant/v2.0',
    });
    await cluster.write('POST', 'auth/jwt/role/sealwatch-probe', {
      role_type: 'jwt',
      user_claim: 'oid',
      bound_audiences: ['api://vault-lab'],
      token_policies: ['sealwatch-probe'],
      token_ttl: '1h',
    });
    const assertion = (audience: string) => async (): Promise<string> => {
      const seconds = Math.floor(Date.now() / 1000);
      const claims = {
        iss: 'https://login.test/tenant/v2.0',
        aud: audience,
        oid: 'probe',
        iat: seconds,
        exp: seconds + 300,
      };
      const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const text = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`;
      return `${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}`;
    };
    const client = createVaultClient({
      address: cluster.nodes[0]?.address ?? '',
      tls: { ca: cluster.ca ?? '', pins: [] },
      timeouts: { connectMs: 3_000, headersMs: 7_000, totalMs: 8_000 },
      maxResponseBytes: 262_144,
      keepAliveMs: 10_000,
      clock: systemClock,
      isRefusedAddress: isLinkLocal,
    });
    const source = (audience: string) =>
      createTokenSource({
        login: { method: 'jwt', mount: 'jwt', role: 'sealwatch-probe', assertion: assertion(audience) },
        clock: systemClock,
      });

    const good = await source('api://vault-lab').token(client);
    if (!good.ok) throw new Error(good.error.message);
    expect(await client.autopilotState(good.token)).toMatchObject({ ok: true, body: { healthy: true } });
    expect(await source('api://another').token(client)).toMatchObject({
      ok: false,
      error: { code: 'http', status: 400 },
    });
    await client.close();
  });

  it.for([
    ['another CA', async () => ({ ca: (await createAuthority('Another CA')).certPem }), 'not trusted'],
    [
      'another server name',
      async () => ({ ca: cluster.ca, serverName: 'vault.example.com' }),
      'another name',
    ],
  ] as const)(
    'fleet.yaml expects %s: the node fails TLS, and nothing of it can be used',
    async ([, tls, words]) => {
      rewrite({ tls: await tls() });
      await watching.settles(['cluster-down critical', `node-tls ${name()} warning under cluster-down`]);
      expect(watching.finding('node-tls', name()).summary).toContain(words);
      rewrite();
      await watching.settles([]);
    },
  );

  describe('a listener that demands a client certificate', () => {
    let nodes: { name: string; address: string }[] = [];

    beforeAll(async () => {
      const [port, clusterPort] = await freePorts(2);
      const config = join(cluster.folder, `${name()}.hcl`);
      const listener = [
        'listener "tcp" {',
        `  address = "127.0.0.1:${port}"`,
        `  cluster_address = "127.0.0.1:${clusterPort}"`,
        `  tls_cert_file = "${cluster.folder}/node.crt"`,
        `  tls_key_file = "${cluster.folder}/node.key"`,
        `  tls_client_ca_file = "${cluster.caFile}"`,
        '  tls_require_and_verify_client_cert = true',
        '}',
      ];
      writeFileSync(config, `${readFileSync(config, 'utf8')}${listener.join('\n')}\n`);
      await cluster.kill(name());
      await cluster.whole();
      nodes = [{ name: name(), address: `https://127.0.0.1:${port}` }];
    });

    it('gets none: nothing of the node can be used', async () => {
      rewrite({ nodes });
      await watching.until('found', (lines) => lines.includes('cluster-down critical'));
    });

    it('gets none: the finding is about TLS and says what is missing', async () => {
      rewrite({ nodes });
      expect(await watching.look()).toContain(`node-tls ${name()} warning under cluster-down`);
      expect(watching.finding('node-tls', name()).evidence[0]).toContain('client certificate');
    });

    it('gets one that its CA signed: nothing is found', async () => {
      const { certPem, keyPem } = await cluster.authority.issue({ names: ['sealwatch'], clientAuth: true });
      const clientKey = watching.secret('CLIENT_KEY', keyPem);
      rewrite({ nodes, tls: { ca: cluster.ca, clientCertificate: certPem, clientKey } });
      await watching.settles([]);
    });
  });
});
