/** Automatic recovery of three real nodes, and rule 6: what restarted may be unsealed, what was sealed needs people. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { NodeFacts } from '../../../shared/probe/head-facts.ts';
import { endHold, setHold } from '../../../shared/work/recover/respond.ts';
import { approveRecovery } from '../../work/recover/approving.ts';
import { startHealthyCluster, type WatchedCluster } from '../probing/watched-cluster.ts';
import { automatic, restart, sealed, sealStatus, untilTellable } from './clusters.ts';
import { ada, grace, Recovering } from './recovering.ts';

let cluster: WatchedCluster;
let other: WatchedCluster;
let app: Recovering;

beforeAll(async () => {
  [cluster, other] = await Promise.all([
    startHealthyCluster({ telemetry: true, fastElections: true }),
    startHealthyCluster({ name: 'orders', nodes: 1 }),
  ]);
  await restart(other);
});
afterAll(async () => {
  await Promise.all([cluster?.close(), other?.close()]);
});
beforeEach(async () => {
  await cluster.whole();
  app = new Recovering({ clusters: { payments: automatic(cluster), orders: automatic(other) } });
  await app.escrow('payments', cluster.keys?.shares ?? []);
  await app.escrow('orders', other.keys?.shares ?? []);
  await app.noteStarts();
  await untilTellable(cluster);
});
afterEach(() => app.close());

const without = (node: string) =>
  names()
    .filter((name) => name !== node)
    .join(', ');
const names = () => cluster.nodes.map(({ name }) => name);
const approve = (id = '') => approveRecovery(app.process(), id, grace);

describe('three nodes that restarted', () => {
  it('serve again by automation alone, each with a threshold of shares; another sealed cluster hears nothing', async () => {
    await restart(cluster);
    const recovery = await app.nudge();
    expect(recovery).toMatchObject({ way: 'automatic', status: 'ended', ended: { outcome: 'recovered' } });
    expect(recovery?.ended?.summary).toMatch(/^3 of 3 nodes serving/);
    await cluster.awaitActive(1);
    for (const node of names()) expect(app.sharesSentTo(node)).toBe(3);
    expect((await app.state.generations.newest('payments'))?.value.provenAt).toBeDefined();
    expect(app.state.audited.map(({ what }) => what)).toEqual(
      expect.arrayContaining(['requested', 'step', 'key-opened', 'ended']),
    );
    expect(await sealStatus(other, 'orders-1')).toEqual({ sealed: true, progress: 0, nonce: '' });
    expect(app.sharesSentTo('orders-1')).toBe(0);
  });

  it('serve without the one that does not answer, which is named, and unsealed when it is back', async () => {
    const [first = '', second = '', third = ''] = names();
    await cluster.kill(third);
    await restart(cluster, first, second);
    const recovery = await app.nudge();
    expect(recovery?.ended).toMatchObject({
      outcome: 'recovered',
      summary: expect.stringMatching(`^2 of 3 nodes serving; ${third} does not answer \\(refused\\)`),
    });
    await cluster.start(third);
    expect((await app.nudge())?.ended?.summary).toMatch(/^3 of 3 nodes serving/);
    expect(app.sharesSentTo(third)).toBe(3);
  });

  // A follower without a leader says 474; a leader that lost its followers stays at 429 and names no leader.
  it.each([
    ['a follower', 'standby', 474],
    ['the leader before', 'active', 429],
  ])(
    'and one survivor without a quorum, %s: nothing is sent while no node is sealed, and one more node brings a leader',
    async (_, state, answers) => {
      const active = (await cluster.awaitActive()).name;
      const standbys = await cluster.standbys();
      const [survivor = '', back = '', lost = ''] =
        state === 'active' ? [active, ...standbys] : [...standbys, active];
      await cluster.kill(back);
      await cluster.kill(lost);
      await cluster.awaitState(survivor, [answers]);
      const waiting = await app.nudge();
      expect(waiting).toMatchObject({
        status: 'open',
        waiting: { what: expect.stringMatching(`${without(survivor)} must come back`) },
      });
      expect(app.sent).toEqual([]);
      await cluster.start(back);
      const recovery = await app.nudge();
      expect(recovery?.id).toBe(waiting?.id);
      expect(recovery?.ended).toMatchObject({
        outcome: 'recovered',
        summary: expect.stringMatching(/^2 of 3 nodes serving/),
      });
      expect(app.sharesSentTo(survivor)).toBe(0);
    },
  );
});

describe('a seal that can be deliberate', () => {
  it('of the active node waits for approval, and is undone by it', async () => {
    const active = await cluster.awaitActive();
    await cluster.seal(active.name);
    const asking = await app.nudge();
    expect(asking).toMatchObject({ status: 'open', needs: { kind: 'approval' } });
    expect(asking?.needs?.why).toMatch(`${active.name} is sealed in the process that runs since`);
    expect(app.sent).toEqual([]);
    expect(await approve(asking?.id)).toMatchObject({ ok: true });
    expect((await app.nudge())?.ended?.outcome).toBe('recovered');
    expect(await sealed(cluster)).toEqual([]);
  });

  it('of two nodes waits for approval also where that costs the quorum', async () => {
    const first = await cluster.awaitActive();
    await cluster.seal(first.name);
    const second = await cluster.awaitActive();
    await cluster.seal(second.name);
    const asking = await app.nudge();
    expect(asking).toMatchObject({ status: 'open', needs: { kind: 'approval' } });
    expect(app.sent).toEqual([]);
    await approve(asking?.id);
    expect((await app.nudge())?.ended?.summary).toMatch(/^3 of 3 nodes serving/);
  });

  it('is told apart from a restart within 300 ms by start times: only the node that restarted is unsealed', async () => {
    const active = await cluster.awaitActive();
    const [restarted = ''] = await cluster.standbys();
    await cluster.seal(active.name);
    await cluster.awaitActive();
    await restart(cluster, restarted);
    const asking = await app.nudge();
    expect(asking).toMatchObject({ status: 'open', needs: { kind: 'approval' } });
    expect(await sealed(cluster)).toEqual([active.name]);
    expect(app.sharesSentTo(active.name)).toBe(0);
    await approve(asking?.id);
    expect((await app.nudge())?.ended?.outcome).toBe('recovered');
  });

  it('is not permitted by what watch remembers, however it is forged', async () => {
    const active = await cluster.awaitActive();
    await cluster.seal(active.name);
    const longAgo = Date.now() - 86_400_000;
    const forged: NodeFacts = {
      state: 'active',
      since: longAgo,
      start: longAgo,
      unsealedStart: longAgo,
      restarts: [Date.now()],
    };
    app.facts = { nodes: Object.fromEntries(names().map((name) => [name, forged])) };
    expect(await app.nudge()).toMatchObject({ status: 'open', needs: { kind: 'approval' } });
    expect(app.sent).toEqual([]);
  });

  it('stops a restart from being unsealed where watch has seen that very process unsealed', async () => {
    const [node = ''] = await cluster.standbys();
    await restart(cluster, node);
    const start = Date.now();
    app.facts = { nodes: { [node]: { state: 'active', since: start, unsealedStart: start } } };
    expect(await app.nudge()).toMatchObject({ status: 'open', needs: { kind: 'approval' } });
    expect(app.sent).toEqual([]);
  });

  it('is one word, a hold another: under it nothing is sent to a restarted node, and after it the node is unsealed', async () => {
    const [node = ''] = await cluster.standbys();
    const until = Date.now() + 3_600_000;
    await setHold(app.process(), 'payments', ada, { until, reason: 'maintenance' });
    await restart(cluster, node);
    expect(await app.nudge()).toBeUndefined();
    expect(app.sent).toEqual([]);
    await endHold(app.process(), 'payments', ada);
    expect((await app.nudge())?.ended?.outcome).toBe('recovered');
  });
});
