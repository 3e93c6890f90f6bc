/** Others at sys/unseal, which is open to the network, and shares that do not open what they are sent to. */
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startHealthyCluster, type WatchedCluster } from '../probing/watched-cluster.ts';
import { startBalancer } from './balancer.ts';
import { automatic, restart, sealed, sealStatus } from './clusters.ts';
import { type Entry, Recovering } from './recovering.ts';

let cluster: WatchedCluster;
let other: WatchedCluster;
let app: Recovering;

beforeAll(async () => {
  [cluster, other] = await Promise.all([
    startHealthyCluster({ fastElections: true }),
    startHealthyCluster({ name: 'orders', nodes: 1 }),
  ]);
});
afterAll(async () => {
  await Promise.all([cluster?.close(), other?.close()]);
});
beforeEach(async () => {
  for (const node of await sealed(cluster)) {
    await cluster.request(node, 'POST', 'sys/unseal', { reset: true });
  }
  await cluster.whole();
});
afterEach(() => app?.close());

const shares = () => cluster.keys?.shares ?? [];
const bad = async (name = 'payments') => (await app.state.generations.newest(name))?.value.bad;
/** A share of nobody's, through the API that everybody reaches. */
const stranger = (node: string) =>
  cluster.request(node, 'POST', 'sys/unseal', { key: randomBytes(33).toString('base64') });

/** Nothing proves a restart here, and nothing has to. */
async function started(then: 'report' | 'reset' = 'report', over: Entry = {}): Promise<void> {
  const recovery = {
    policy: 'automatic',
    nodeUnseals: 50,
    attempts: 20,
    foreignProgress: { after: '2m', then },
  };
  const both = { unknownSealCause: 'automatic', recovery };
  app = new Recovering({
    clusters: { payments: automatic(cluster, { ...both, ...over }), orders: automatic(other, both) },
  });
}

async function restartOne(): Promise<string> {
  const [node = ''] = await cluster.standbys();
  await restart(cluster, node);
  return node;
}

/** Nudges for as long as something is waited for, past every pause. */
async function toItsEnd(name = 'payments'): Promise<NonNullable<ReturnType<Recovering['newest']>>> {
  for (let nudges = 0; nudges < 12; nudges += 1) {
    const recovery = await app.nudge(name);
    if (recovery?.status === 'ended') return recovery;
    app.later(125_000);
  }
  throw new Error(`no end: ${JSON.stringify(app.newest(name))}`);
}

describe('progress of somebody else', () => {
  it('is left alone, and in the end told', async () => {
    await started('report');
    await app.escrow('payments', shares());
    const node = await restartOne();
    await stranger(node);
    const before = await sealStatus(cluster, node);
    const waiting = await app.nudge('payments');
    expect(waiting?.waiting?.what).toMatch(`${node} holds 1 of 3 shares that are not known to be ours`);
    app.later(125_000);
    expect((await app.nudge('payments'))?.ended).toMatchObject({
      outcome: 'refused',
      summary: expect.stringContaining(`Ask who unseals ${node}.`),
    });
    expect(app.sent).toEqual([]);
    expect(await sealStatus(cluster, node)).toEqual(before);
  });

  it('that ends in an unsealed node was all that it took', async () => {
    await started();
    await app.escrow('payments', shares());
    const node = await restartOne();
    const byHand = (place: number) => cluster.request(node, 'POST', 'sys/unseal', { key: shares()[place] });
    await byHand(4);
    expect(await app.nudge('payments')).toMatchObject({ status: 'open' });
    await byHand(3);
    await byHand(2);
    expect((await app.nudge('payments'))?.ended?.outcome).toBe('nothing-to-do');
    expect(app.sent).toEqual([]);
  });

  it('is discarded after that time where the policy says so', async () => {
    await started('reset');
    await app.escrow('payments', shares());
    const node = await restartOne();
    await stranger(node);
    expect(await app.nudge('payments')).toMatchObject({ status: 'open' });
    expect(app.sent).toEqual([]);
    app.later(125_000);
    expect((await app.nudge('payments'))?.ended?.outcome).toBe('recovered');
  });
});

describe('a stranger with a random share', () => {
  it.each([1, 2, 3])('before our %i. one spoils that set and nothing else', async (point) => {
    await started('reset');
    await app.escrow('payments', shares());
    const node = await restartOne();
    let injected = 0;
    app.beforeUnseal = async (to, nth) => {
      if (nth !== point || injected > 0) return;
      injected += 1;
      await stranger(to);
    };
    const first = await app.nudge('payments');
    expect(injected).toBe(1);
    expect(first?.troubles).toMatchObject([{ code: 'unseal-interference', where: node }]);
    expect(await sealed(cluster)).toEqual([node]);
    const recovery = await toItsEnd();
    expect(recovery.ended?.outcome).toBe('recovered');
    expect(await bad()).toBeUndefined();
  });

  it('who never stops is reported after three sets, and the shares stay in good standing', async () => {
    await started('reset');
    await app.escrow('payments', shares());
    const node = await restartOne();
    app.beforeUnseal = async (to) => void (await stranger(to));
    const recovery = await toItsEnd();
    expect(recovery.ended?.outcome).toBe('refused');
    expect(recovery.ended?.summary).toMatch(`${node} is sealed after 3 sets of shares`);
    expect(recovery.sets).toEqual({ [node]: 3 });
    expect(await bad()).toBeUndefined();
    expect((await app.state.generations.newest('payments'))?.value.provenAt).toBeUndefined();
  });
});

it('a load balancer in front of three nodes looks like interference, and marks nothing', async () => {
  const balancer = await startBalancer(
    cluster.authority,
    cluster.nodes.map(({ address }) => address),
  );
  try {
    const nodes = [{ name: 'balanced', address: balancer.address }];
    await started('reset', { nodes });
    await app.escrow('payments', shares());
    await restart(cluster);
    const recovery = await toItsEnd();
    expect(recovery.troubles.map(({ code }) => code)).toContain('unseal-interference');
    expect(recovery.ended?.outcome).toBe('refused');
    expect(await bad()).toBeUndefined();
  } finally {
    await balancer.close();
  }
});

describe('shares that open nothing', () => {
  it('of another cluster are found out by two whole sets, and not sent again', async () => {
    await started();
    await app.escrow('payments', other.keys?.shares ?? []);
    const node = await restartOne();
    const first = await app.nudge('payments');
    expect(first?.troubles).toMatchObject([{ code: 'wrong-generation', where: node }]);
    expect(first?.status).toBe('open');
    expect(await bad()).toBeUndefined();
    const recovery = await toItsEnd();
    const refused = { code: 'wrong-generation', where: node };
    expect(recovery.troubles).toMatchObject([refused, refused]);
    expect(recovery.ended).toMatchObject({
      outcome: 'refused',
      summary: expect.stringContaining(`generation 1.1 opens nothing: ${node} refused the whole set`),
    });
    expect(await bad()).toMatchObject({ node, recovery: recovery.id });
    const sent = app.sent.length;
    expect(sent).toBe(6);
    app.later(3_600_000);
    await app.nudge('payments');
    expect(app.sent).toHaveLength(sent);
    await app.escrow('payments', shares());
    expect((await app.nudge('payments'))?.ended?.outcome).toBe('recovered');
  });

  it('of before a rekey are found out by the node, or by its threshold before any is sent', async () => {
    await started();
    const old = other.keys?.shares ?? [];
    await app.escrow('orders', old);
    const second = await rekey(old, 5, 3);
    await restart(other);
    const code = 'wrong-generation';
    expect((await toItsEnd('orders')).troubles).toMatchObject([{ code }, { code }]);
    expect(await bad('orders')).toMatchObject({ node: 'orders-1' });
    await app.escrow('orders', second);
    expect((await app.nudge('orders'))?.ended?.outcome).toBe('recovered');

    const third = await rekey(second, 4, 2);
    await restart(other);
    const sent = app.sent.length;
    expect((await app.nudge('orders'))?.ended).toMatchObject({
      outcome: 'refused',
      summary: expect.stringContaining('orders-1: takes 2 of 4 shares, and generation 2.1 holds 3 of 5'),
    });
    expect(app.sent).toHaveLength(sent);
    expect(third).toHaveLength(4);
  });
});

const Begun = z.object({ nonce: z.string() });
const Rekeyed = z.object({ complete: z.literal(true), keys_base64: z.array(z.string()) });

/** sys/rekey of the other cluster with three of its shares; the new ones, base64. */
async function rekey(old: readonly string[], count: number, threshold: number): Promise<string[]> {
  const { name } = await other.awaitActive();
  const ask = (path: string, body: unknown) => other.request(name, 'POST', path, body, other.keys?.rootToken);
  const begun = await ask('sys/rekey/init', { secret_shares: count, secret_threshold: threshold });
  const { nonce } = Begun.parse(begun.body);
  let last: unknown;
  for (const key of old.slice(0, 3)) last = (await ask('sys/rekey/update', { key, nonce })).body;
  return Rekeyed.parse(last).keys_base64;
}
