/**
 * A real Vault with an azurekeyvault seal, unmodified, against fakes of Key Vault and Entra: readiness knows what Vault
 * itself does not say until it restarts.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AzureSealUnderTest, vaultName } from '../../readiness/azure-seal-under-test.ts';
import { type ConnectProxy, startConnectProxy } from '../../servers/connect-proxy.ts';
import { type Cluster, startCluster } from '../../servers/vault-cluster.ts';

const node = 'edge-1';

describe('a Vault that Azure Key Vault unseals', () => {
  let under: AzureSealUnderTest;
  let proxy: ConnectProxy;
  let cluster: Cluster;
  let folder = '';
  let secret = '';

  beforeAll(async () => {
    under = await AzureSealUnderTest.start();
    secret = under.secrets['env:SEALWATCH_SECRET_SEAL'] ?? '';
    proxy = await startConnectProxy({
      [`${vaultName}.vault.azure.net:443`]: under.vaults.port,
      'login.microsoftonline.com:443': under.entra.port,
    });
    folder = mkdtempSync(join(tmpdir(), 'sealwatch-azure-'));
    const trusted = join(folder, 'ca.pem');
    writeFileSync(trusted, `${under.vaults.authority.certPem}\n${under.entra.caPem}\n`);
    const { tenant, clientId } = under.entra;
    cluster = await startCluster({
      vaultPath: process.env.SEALWATCH_VAULT_BIN ?? 'vault',
      name: 'edge',
      nodes: 1,
      seal: { vault: vaultName, key: 'unseal', tenant, clientId, clientSecret: secret },
      env: { HTTPS_PROXY: proxy.address, SSL_CERT_FILE: trusted },
    });
    await cluster.initialise();
    under.leaderSince = leaderSince;
  });
  afterAll(async () => {
    await cluster?.close();
    await proxy?.close();
    await under?.close();
    if (folder !== '') rmSync(folder, { recursive: true });
  });

  const status = async () => (await cluster.request(node, 'GET', 'sys/health')).status;
  const backend = async () => (await cluster.request(node, 'GET', 'sys/seal-backend-status')).body;
  const leaderSince = async () => {
    const { body } = await cluster.request(node, 'GET', 'sys/leader');
    return Date.parse(z.object({ active_time: z.string() }).parse(body).active_time);
  };
  const withSecret = (next: string) => {
    const path = join(cluster.folder, `${node}.hcl`);
    writeFileSync(path, readFileSync(path, 'utf8').replace(secret, next));
    under.secrets['env:SEALWATCH_SECRET_SEAL'] = next;
    secret = next;
  };

  it('serves, and is ready', async () => {
    expect(await status()).toBe(200);
    expect((await under.judged()).standing).toEqual({ state: 'ready' });
    expect(proxy.refused).toEqual([]);
  });

  it('has its secret removed behind its back: not ready, while Vault answers 200 and calls its seal healthy', async () => {
    under.entra.removeSecret(secret);
    const { standing } = await under.judged();
    expect(standing).toMatchObject({ state: 'not-ready', why: expect.stringContaining('AADSTS7000215') });
    expect(await status()).toBe(200);
    expect(await backend()).toMatchObject({ healthy: true });
  });

  it('restarts then, and exits: what readiness said', async () => {
    await cluster.kill(node);
    const started = await cluster.tryStart(node);
    expect(started).toMatchObject({ up: false, exitCode: 1 });
    expect(started.up ? '' : started.log).toContain('AADSTS7000215');
  });

  it('is given a new secret: ready, and it comes back', async () => {
    withSecret(under.entra.addSecret());
    expect((await under.judged()).standing).toEqual({ state: 'ready' });
    await cluster.start(node);
    await cluster.awaitState(node, [200]);
  });

  it('has its key disabled while it runs: not ready, while Vault answers 200; ready when it is enabled', async () => {
    under.vault.set(under.firstKey, { enabled: false });
    expect((await under.judged()).standing).toMatchObject({ state: 'not-ready' });
    expect(await status()).toBe(200);
    under.vault.set(under.firstKey, { enabled: true });
    expect((await under.judged()).standing).toEqual({ state: 'ready' });
  });

  it('has its key rotated and the old version disabled too early: not ready now; sealed after a restart; heals when enabled', async () => {
    // What it remembers of the key that was disabled just now goes with its process.
    await cluster.kill(node);
    await cluster.start(node);
    await cluster.awaitState(node, [200]);
    // Longer than clocks may differ: what is made now was certainly not there when it took over.
    await expect
      .poll(async () => Date.now() - (await leaderSince()), { timeout: 40_000, interval: 500 })
      .toBeGreaterThan(12_000);
    expect(await backend()).toMatchObject({ healthy: true });
    await under.vault.rotate('unseal');
    expect((await under.judged()).standing).toEqual({ state: 'ready' });
    under.vault.set(under.firstKey, { enabled: false });
    const { standing, problems } = await under.judged();
    expect(standing).toEqual({
      state: 'not-ready',
      why: expect.stringMatching(/^version .* is disabled, and the cluster is wrapped with it/) as string,
    });
    expect(problems.map(({ code }) => code)).toContain('seal-not-ready');
    expect(await status()).toBe(200);
    expect(await backend()).toMatchObject({ healthy: true });
    await cluster.kill(node);
    await cluster.start(node);
    await cluster.awaitState(node, [503]);
    under.vault.set(under.firstKey, { enabled: true });
    await cluster.awaitState(node, [200]);
    expect((await under.judged()).standing).toEqual({ state: 'ready' });
  });

  it('has its newest version expire: at risk, and a restart unseals all the same, for Key Vault still unwraps', async () => {
    const newest = await under.vault.rotate('unseal');
    await cluster.kill(node);
    await cluster.start(node);
    await cluster.awaitState(node, [200]);
    under.vault.set(newest, { expiresOn: new Date('2020-01-01') });
    expect((await under.judged()).standing).toMatchObject({ state: 'at-risk' });
    await cluster.kill(node);
    await cluster.start(node);
    await cluster.awaitState(node, [200]);
  });
});
