/**
 * From the exercise to a person: the rotate app's row in real storage (Azurite), read by the watch app's sweep, which knows
 * no seal token and tells it all the same.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type Azurite, startAzurite } from '../../../cli/start/azurite.ts';
import { prepareStorage } from '../../../shared/compose/prepare.ts';
import { composeRotate } from '../../../shared/compose/rotate.ts';
import { composeWatch } from '../../../shared/compose.ts';
import { readyFleet } from '../../../shared/work/rotate/ready.ts';
import { showReadiness } from '../../../shared/work/rotate/show.ts';
import { sweep } from '../../../shared/work/sweep.ts';
import { setupTransitProvider } from '../../servers/vault-logins.ts';
import { entryOf, startHealthyCluster, type WatchedCluster } from '../probing/watched-cluster.ts';

let root: WatchedCluster;
let payments: WatchedCluster;
let azurite: Azurite;
const folder = mkdtempSync(join(tmpdir(), 'sealwatch-told-'));
const secrets: Record<string, string> = {};

beforeAll(async () => {
  root = await startHealthyCluster({ name: 'root', nodes: 1 });
  const seal = await setupTransitProvider(root, { key: 'payments' });
  secrets['SEALWATCH_SECRET_SEAL'] = seal.token;
  payments = await startHealthyCluster({ name: 'payments', nodes: 1, seal });
  azurite = await startAzurite();
  await prepareStorage(azurite.connectionString);
  const token = 'env:SEALWATCH_SECRET_SEAL';
  const clusters = {
    root: entryOf(root, { seal: { type: 'shamir' } }),
    payments: entryOf(payments, {
      seal: { type: 'transit', provider: 'root', mount: 'transit', key: 'payments', token },
    }),
  };
  const pending = { critical: '0s', warning: '0s', info: '0s' };
  writeFileSync(join(folder, 'fleet.yaml'), stringify({ version: 1, alerts: { pending }, clusters }));
});
afterAll(async () => {
  await azurite?.close();
  await payments?.close();
  await root?.close();
  rmSync(folder, { recursive: true });
});

it('a revoked token is an alert of the sweep, while the cluster serves, and resolves when it is replaced', async () => {
  const env = {
    SEALWATCH_FLEET: join(folder, 'fleet.yaml'),
    SEALWATCH_STORAGE: azurite.connectionString,
  };
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const rotateEnv: Record<string, string> = { ...env, ...secrets };
  const { deps: rotate } = composeRotate(rotateEnv, { write });
  // The eyes hold no seal token: what they know of it is the row.
  const watch = composeWatch(env, { write });
  const open = async () => {
    await sweep(watch);
    const { head } = await watch.state.live.read('payments');
    return (head?.value.alerts ?? []).filter(({ resolvedAt }) => resolvedAt === undefined);
  };

  await readyFleet(rotate);
  expect(await open()).toEqual([]);

  await root.write('POST', 'auth/token/revoke', { token: secrets['SEALWATCH_SECRET_SEAL'] });
  await readyFleet(rotate);
  const [alert, ...more] = await open();
  expect(more).toEqual([]);
  expect(alert?.finding).toMatchObject({ code: 'seal-not-ready', severity: 'critical' });
  expect(alert?.finding.summary).toContain("root does not know the seal's token any more");
  const { status } = await payments.request('payments-1', 'GET', 'sys/health');
  expect(status).toBe(200);
  expect(await showReadiness(rotate)).toMatchObject({
    value: {
      clusters: [
        { cluster: 'root', state: 'unknown' },
        { cluster: 'payments', state: 'not-ready' },
      ],
    },
  });

  const made = (await root.write('POST', 'auth/token/create-orphan', {
    policies: ['seal-payments'],
    period: '24h',
  })) as { auth: { client_token: string } };
  rotateEnv['SEALWATCH_SECRET_SEAL'] = made.auth.client_token;
  await readyFleet(rotate);
  expect(await open()).toEqual([]);
  const kept = JSON.stringify(await watch.state.rotate.readiness());
  for (const secret of [made.auth.client_token, secrets['SEALWATCH_SECRET_SEAL'] ?? '-']) {
    expect(lines.join('\n')).not.toContain(secret);
    expect(kept).not.toContain(secret);
  }
});
