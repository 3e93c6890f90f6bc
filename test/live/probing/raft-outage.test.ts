/** Rows of VAULT-FACTS "What failures look like from outside" on three nodes whose metrics are readable. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../servers/until.ts';
import { entryOf, loginOf, startHealthyCluster, type WatchedCluster } from './watched-cluster.ts';
import { startWatching, type Watching } from './watching.ts';

describe('a raft cluster of three with readable start times', () => {
  let cluster: WatchedCluster;
  let watching: Watching;
  let login: Record<string, unknown>;

  beforeAll(async () => {
    cluster = await startHealthyCluster({ telemetry: true });
    watching = await startWatching({});
    login = await loginOf(cluster, watching);
    watching.rewrite({ payments: entryOf(cluster, { login }) });
  });
  afterAll(async () => {
    await watching?.close();
    await cluster?.close();
  });

  beforeEach(async () => {
    await cluster.whole();
    await watching.settles([]);
    watching.news();
  });

  const health = async (node: string) => (await cluster.request(node, 'GET', 'sys/health')).status;
  it('healthy: nothing is found and nothing told', async () => {
    expect(await watching.look()).toEqual([]);
    const observed = await watching.observed();
    expect(observed.raft).toMatchObject({
      read: true,
      autopilot: { ok: true, body: { failure_tolerance: 1 } },
    });
    expect(watching.news()).toEqual([]);
  });

  it('a node restarts within 0.3 s: never seen gone, but seen sealed, and the new start time proves why', async () => {
    const [node = ''] = await cluster.standbys();
    await cluster.kill(node);
    await cluster.start(node);

    expect(await watching.look()).toEqual([
      `node-sealed ${node} critical`,
      'raft-tolerance-lost warning under node-sealed',
    ]);
    expect(watching.finding('node-sealed', node).evidence[0]).toMatch(/^The process restarted \(started /);
    expect(watching.restarts()).toContain(`node-restarting ${node} info under node-sealed`);
    expect(watching.news()).toMatchObject([{ headline: `payments: node sealed: ${node}` }]);

    // A share is given: an unseal is in progress. A wrong one among them ends it where it began.
    const unseal = (key: string | undefined) => cluster.request(node, 'POST', 'sys/unseal', { key });
    const [first = '', second] = cluster.keys?.shares ?? [];
    await unseal(first);
    const sealed = [`node-sealed ${node} critical`, 'raft-tolerance-lost warning under node-sealed'];
    expect(await watching.look()).toEqual([...sealed, `unseal-in-progress ${node} info`]);
    expect(watching.finding('unseal-in-progress', node).summary).toBe(`${node} has 1 of 3 shares`);
    expect(watching.finding('node-sealed', node).summary).toBe(`${node} is sealed (1 of 3 shares)`);

    // A well-formed wrong share is taken; the failure comes with the last one.
    const wrong = Buffer.from(first, 'base64').map((byte, index) => (index === 0 ? byte ^ 1 : byte));
    expect(await unseal(Buffer.from(wrong).toString('base64'))).toMatchObject({ status: 200 });
    await watching.look();
    expect(watching.finding('unseal-in-progress', node).summary).toBe(`${node} has 2 of 3 shares`);
    expect(await unseal(second)).toMatchObject({ status: 400 });
    expect(await watching.look()).toEqual(sealed);
    expect(watching.finding('node-sealed', node).summary).toBe(`${node} is sealed (0 of 3 shares)`);
  });

  it('a follower is killed: our probe finds it while autopilot is still blind; autopilot follows', async () => {
    const [follower = '', other = ''] = await cluster.standbys();
    const id = cluster.nodes.find(({ name }) => name === follower)?.nodeId;
    await cluster.kill(follower);

    expect(await watching.look()).toEqual([
      `node-unreachable ${follower} warning`,
      'raft-tolerance-lost warning under node-unreachable',
    ]);
    const { raft } = await watching.observed();
    expect(raft).toMatchObject({ autopilot: { body: { healthy: true, failure_tolerance: 1 } } });
    expect(await health(other)).toBe(429);
    expect(watching.finding('node-unreachable', follower).summary).toContain('connection refused');
    expect(watching.news()).toMatchObject([
      { kind: 'alert', headline: expect.stringContaining(`node does not answer: ${follower}`) },
    ]);

    await watching.settles([
      `node-unreachable ${follower} warning`,
      `raft-peer-dead ${id} warning under node-unreachable`,
      'raft-tolerance-lost warning under node-unreachable',
      'raft-unhealthy warning under node-unreachable',
    ]);
    const later = await watching.observed();
    expect(later.raft).toMatchObject({ autopilot: { body: { healthy: false, failure_tolerance: 0 } } });
    // One cause, one message: what autopilot adds later goes under it.
    expect(watching.news()).toEqual([]);

    await cluster.start(follower);
    await watching.until('sealed', (lines) =>
      lines.some((line) => line.startsWith(`node-sealed ${follower} critical`)),
    );
    expect(watching.finding('node-sealed', follower).evidence[0]).toMatch(
      /^The process restarted \(started /,
    );
    await cluster.unseal(follower);
    await watching.settles([]);
    const changes = watching.news().flatMap((message) => message.changes);
    expect(changes).toEqual(
      expect.arrayContaining([`resolved node-unreachable ${follower}`, `resolved node-sealed ${follower}`]),
    );
    // For a moment autopilot still tells of the time when the node was gone: that is no news.
    expect(changes.filter((change) => change.includes('raft-'))).toEqual([]);
  });

  it('the quorum is lost: no active node, whatever address the survivor still names', async () => {
    const leader = (await cluster.awaitActive()).name;
    const [follower = '', survivor = ''] = await cluster.standbys();
    const leaderAddress = cluster.nodes.find(({ name }) => name === leader)?.address;
    await Promise.all([cluster.kill(follower), cluster.kill(leader)]);

    const outage = [
      'no-leader critical',
      `node-unreachable ${follower} warning under no-leader`,
      `node-unreachable ${leader} warning under no-leader`,
      'raft-tolerance-lost warning under no-leader',
    ].sort();
    // 429 for about five seconds, then 474.
    expect(await watching.look()).toEqual(expect.arrayContaining(outage));
    const { summary, evidence } = watching.finding('no-leader');
    expect(summary).toContain('1 of 3 nodes up, 2 needed');
    expect(evidence.join('\n')).toContain(`${survivor} still names ${leaderAddress} as leader`);
    expect(watching.news()).toMatchObject([
      { kind: 'alert', headline: expect.stringMatching(/no active node/), changes: ['fired no-leader'] },
    ]);
    // Raft state cannot be asked of a survivor: it points to the dead leader.
    const reply = await cluster.request(
      survivor,
      'GET',
      'sys/storage/raft/autopilot/state',
      undefined,
      cluster.keys?.rootToken,
    );
    expect(reply).toMatchObject({ status: 307, location: expect.stringContaining(`${leaderAddress}/`) });

    // 474 is a symptom of the missing active node, and goes under it.
    await watching.settles([...outage, `node-ha-unhealthy ${survivor} warning under no-leader`]);
    expect(watching.news()).toEqual([]);

    // One of the dead comes back: until the election nobody leads, and nothing is called over.
    await cluster.start(follower);
    await watching.until('sealed', (lines) =>
      lines.includes(`node-sealed ${follower} critical under no-leader`),
    );
    await cluster.unseal(follower);
    let seen = await watching.look();
    while (seen.includes('no-leader critical')) {
      const { nodes } = await watching.observed();
      expect(nodes.some((node) => node.health.ok && node.health.status === 200)).toBe(false);
      seen = await watching.look();
    }
    expect(seen).toContain(`node-unreachable ${leader} warning`);
    expect(watching.news().flatMap(({ changes }) => changes)).toEqual(
      expect.arrayContaining(['resolved no-leader', `uncovered node-unreachable ${leader}`]),
    );
  });

  it('operator seal: only the active node seals, in process, and another is active before anybody is told of none', async () => {
    const sealed = (await cluster.awaitActive()).name;
    await cluster.seal(sealed);

    expect(await watching.look()).toEqual([
      `node-sealed ${sealed} critical`,
      'raft-tolerance-lost warning under node-sealed',
    ]);
    const { evidence, summary } = watching.finding('node-sealed', sealed);
    expect(evidence[0]).toMatch(
      /^The process did not restart since it was last seen unsealed \(same start time/,
    );
    expect(summary).toBe(`${sealed} is sealed (0 of 3 shares)`);
    expect((await cluster.awaitActive()).name).not.toBe(sealed);
    expect(watching.news()).toMatchObject([{ changes: [`fired node-sealed ${sealed}`] }]);

    // Operators seal as far as it goes: the last node cannot be sealed, and has no leader.
    const second = (await cluster.awaitActive()).name;
    await cluster.seal(second);
    const last = cluster.nodes.find(({ name }) => name !== sealed && name !== second)?.name ?? '';
    await watching.until('no leader', (lines) => lines.includes('no-leader critical'));
    expect(watching.finding('no-leader').summary).toContain('1 of 3 nodes up, 2 needed');
    const refused = await cluster.request(last, 'POST', 'sys/seal', undefined, cluster.keys?.rootToken);
    expect(refused).toMatchObject({ status: 500 });
  });

  it('the active node steps down: another one leads, which has not heard of its peers yet, and nothing is found', async () => {
    const former = (await cluster.awaitActive()).name;
    await cluster.write('POST', 'sys/step-down');
    await cluster.awaitState(former, [429]);
    // Half a second, but for up to 10 s a node that lost the lead a moment ago does not take it again: nobody leads then.
    await cluster.awaitActive(30);
    for (let sweeps = 0; sweeps < 5; sweeps += 1) expect(await watching.look()).toEqual([]);
    expect(watching.news()).toEqual([]);
  });

  it('a peer is removed: 530 is no seal, and the missing member goes under it', async () => {
    const [removed = ''] = await cluster.standbys();
    const { nodeId, name } = cluster.nodes.find((node) => node.name === removed) ?? { nodeId: '', name: '' };
    await cluster.removePeer(name);
    await cluster.awaitState(name, [530]);

    await watching.settles([
      `node-removed ${name} warning`,
      `raft-peer-missing ${nodeId} warning under node-removed`,
      'raft-tolerance-lost warning under node-removed',
    ]);
    // Two voters are healthy to autopilot: only what fleet.yaml expects tells that a failure costs everything.
    // Autopilot judges anew every few seconds: just after the removal it may still count the third.
    const settled = await until('autopilot to be content', 30, async () => {
      const state = await cluster.autopilot();
      return state.healthy ? state : undefined;
    });
    expect(settled).toMatchObject({ healthy: true, failure_tolerance: 0 });
    expect(watching.news().flatMap(({ changes }) => changes)).not.toContain(`fired node-sealed ${name}`);

    // If the cluster is meant to be that small, two voters are all right.
    const members = cluster.nodes.filter((node) => node.name !== name);
    watching.rewrite({ payments: entryOf(cluster, { login }, members) });
    await watching.settles([]);
  });
});
