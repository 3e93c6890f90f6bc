/**
 * A chain of real Vaults: payments is unsealed by hub, hub by root. A token that died at the top is known at the bottom,
 * while all of them serve; and a restart in the middle proves it.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { setupTransitProvider } from '../../servers/vault-logins.ts';
import { entryOf, startHealthyCluster, type WatchedCluster } from '../probing/watched-cluster.ts';
import { type Rotating, startRotating } from './rotating.ts';

let root: WatchedCluster;
let hub: WatchedCluster;
let payments: WatchedCluster;
let rotating: Rotating;
let hubsToken: string;

beforeAll(async () => {
  rotating = startRotating();
  root = await startHealthyCluster({ name: 'root', nodes: 1 });
  const ofHub = await setupTransitProvider(root, { key: 'hub' });
  hubsToken = ofHub.token;
  hub = await startHealthyCluster({ name: 'hub', nodes: 1, seal: ofHub });
  const ofPayments = await setupTransitProvider(hub, { key: 'payments' });
  payments = await startHealthyCluster({ name: 'payments', nodes: 1, seal: ofPayments });
  const transit = (provider: string, key: string, token: string) => ({
    seal: {
      type: 'transit',
      provider,
      mount: 'transit',
      key,
      token: rotating.secret(key.toUpperCase(), token),
    },
  });
  rotating.rewrite({
    payments: entryOf(payments, transit('hub', 'payments', ofPayments.token)),
    hub: entryOf(hub, transit('root', 'hub', ofHub.token)),
    root: entryOf(root, { seal: { type: 'shamir' } }),
  });
});
afterAll(async () => {
  rotating?.close();
  await payments?.close();
  await hub?.close();
  await root?.close();
});

const health = async (cluster: WatchedCluster, node: string) =>
  (await cluster.request(node, 'GET', 'sys/health')).status;

it('is ready to its end', async () => {
  expect((await rotating.ready('payments')).standing).toEqual({ state: 'ready' });
});

it('whose provider would not unseal itself any more puts payments at risk, while both serve', async () => {
  await root.write('POST', 'auth/token/revoke', { token: hubsToken });
  const { standing, problems, evidence } = await rotating.ready('payments');
  expect(standing).toEqual({ state: 'at-risk', why: 'hub, which unseals it, would not unseal itself' });
  expect(problems).toEqual([]);
  expect(evidence.at(-1)).toMatch(/^hub would not unseal itself after a restart: .*root does not know/);
  expect((await rotating.ready('hub')).standing.state).toBe('not-ready');
  expect([await health(payments, 'payments-1'), await health(hub, 'hub-1')]).toEqual([200, 200]);
});

it('breaks where it said: hub exits at its restart, and then payments does not start either', async () => {
  await hub.kill('hub-1');
  expect(await hub.tryStart('hub-1')).toMatchObject({ up: false, exitCode: 1 });
  const { standing, problems } = await rotating.ready('payments');
  expect(standing.state).toBe('not-ready');
  expect(problems.map(({ code }) => code)).toContain('seal-provider-down');
  await payments.kill('payments-1');
  expect(await payments.tryStart('payments-1')).toMatchObject({ up: false, exitCode: 1 });
});
