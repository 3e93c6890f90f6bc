/** Rows of VAULT-FACTS about a cluster that another one unseals: what shows, and what does not show until a restart. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TransitSealWithToken } from '../../servers/vault-config.ts';
import { setupTransitProvider } from '../../servers/vault-logins.ts';
import { entryOf, startHealthyCluster, type WatchedCluster } from './watched-cluster.ts';
import { startWatching, type Watching } from './watching.ts';

const provider = 'root-1';
const consumer = 'payments-1';

describe('a provider of a transit seal and its consumer', () => {
  let root: WatchedCluster;
  let payments: WatchedCluster;
  let seal: TransitSealWithToken;
  let watching: Watching;

  beforeAll(async () => {
    root = await startHealthyCluster({ name: 'root', nodes: 1 });
    seal = await setupTransitProvider(root, { key: 'payments' });
    payments = await startHealthyCluster({ name: 'payments', nodes: 1, seal });
    watching = await startWatching(entries({ type: 'shamir' }));
    expect(await watching.look()).toEqual([]);
  });
  afterAll(async () => {
    await watching?.close();
    await payments?.close();
    await root?.close();
  });

  const transit = (by: string) => ({ type: 'transit', provider: by, mount: 'transit', key: 'payments' });
  const entries = (rootSeal: Record<string, string>) => ({
    root: entryOf(root, { seal: rootSeal }),
    payments: entryOf(payments, { seal: transit('root') }),
  });
  const sealed = [
    'root cluster-sealed critical',
    `root node-sealed ${provider} critical under cluster-sealed`,
  ];
  const gone = [
    'payments cluster-down critical',
    `payments node-unreachable ${consumer} warning under cluster-down`,
  ];
  const replaceConfig = (cluster: WatchedCluster, node: string, change: (text: string) => string) => {
    const path = join(cluster.folder, `${node}.hcl`);
    writeFileSync(path, change(readFileSync(path, 'utf8')));
  };
  /** A Vault that cannot use its seal does not report itself sealed: it exits. */
  const expectExit = async (words: RegExp) => {
    const started = await payments.tryStart(consumer);
    expect(started).toMatchObject({ up: false, exitCode: 1 });
    expect(started.up || started.log).toMatch(words);
    await watching.settles([...(root.nodes[0]?.alive ? [] : rootGone), ...(await rootSealed()), ...gone]);
    const { summary, advice } = watching.finding('cluster-down', undefined, 'payments');
    expect(summary).toContain('connection refused');
    expect(advice).toContain('is cluster root unsealed?');
  };
  const rootGone = [
    'root cluster-down critical',
    `root node-unreachable ${provider} warning under cluster-down`,
  ];
  const rootSealed = async () =>
    (await root.request(provider, 'GET', 'sys/health')).status === 503 ? sealed : [];

  it('the provider is sealed while the consumer runs: nothing is seen of the consumer', async () => {
    await root.seal(provider);
    await watching.settles(sealed);
    const { nodes } = await watching.observed('payments');
    expect(nodes).toMatchObject([
      { health: { status: 200 }, sealBackend: { ok: true, body: { healthy: true } } },
    ]);
  });

  it('the consumer restarts then: it exits, and is down instead of sealed', async () => {
    await payments.kill(consumer);
    await expectExit(/Vault is sealed/);
  });

  it('the provider is unsealed again and the consumer started: both are well without a share for the consumer', async () => {
    await root.whole();
    await payments.start(consumer);
    await watching.settles([]);
  });

  it("the provider's address refuses at the consumer's start: it tries for some seconds and exits", async () => {
    await Promise.all([root.kill(provider), payments.kill(consumer)]);
    await expectExit(/connection refused/);
    await root.whole();
    await payments.start(consumer);
    await watching.settles([]);
  });

  it('the seal token is revoked while the consumer runs: nothing is seen; after a restart it is down', async () => {
    await root.write('POST', 'auth/token/revoke', { token: seal.token });
    expect(await watching.look()).toEqual([]);
    await payments.kill(consumer);
    await expectExit(/invalid token|permission denied/);

    const { token } = await setupSealToken(root);
    replaceConfig(payments, consumer, (text) => text.replace(seal.token, token));
    await payments.start(consumer);
    await watching.settles([]);
  });

  it('the provider moves to a seal on its consumer: until the old shares are given, a migration is in progress', async () => {
    const back = await setupTransitProvider(payments, { key: 'payments' });
    replaceConfig(
      root,
      provider,
      (text) => `${text}seal "transit" {
  address = "${back.address}"
  token = "${back.token}"
  key_name = "payments"
  mount_path = "transit/"
  tls_ca_cert = "${back.caFile}"
}\n`,
    );
    watching.rewrite(entries(transit('payments')));
    await root.kill(provider);
    await root.start(provider);
    await watching.settles([...sealed, `root seal-migration ${provider} info`]);
    for (const key of root.keys?.shares.slice(0, 3) ?? []) {
      await root.request(provider, 'POST', 'sys/unseal', { key, migrate: true });
    }
    await root.awaitActive();
    await watching.settles([]);
  });

  it('two clusters that seal each other are both killed: neither comes back, and both are down', async () => {
    await Promise.all([root.kill(provider), payments.kill(consumer)]);
    const started = await Promise.all([root.tryStart(provider), payments.tryStart(consumer)]);
    expect(started).toMatchObject([{ up: false }, { up: false }]);
    await watching.settles([...rootGone, ...gone]);
    expect(watching.finding('cluster-down', undefined, 'root').advice).toContain(
      'is cluster payments unsealed?',
    );
    expect(watching.finding('cluster-down', undefined, 'payments').advice).toContain(
      'is cluster root unsealed?',
    );
  });
});

async function setupSealToken(root: WatchedCluster): Promise<{ token: string }> {
  const made = (await root.write('POST', 'auth/token/create-orphan', {
    policies: ['seal-payments'],
    period: '24h',
  })) as { auth: { client_token: string } };
  return { token: made.auth.client_token };
}
