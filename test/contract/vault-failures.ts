/** What each failure of a healthy cluster looks like from outside, and how it comes back. */
import { expect, it } from 'vitest';
import { errors, type Story } from './operator.ts';
import { shapeOf } from './shape.ts';
import * as shapes from './vault-shapes.ts';

export function failures(story: Story): void {
  it('cannot be sealed on a standby', async () => {
    const reply = await story.cluster.request(story.second, 'POST', 'sys/seal', {}, story.root);
    expect(reply.status).toBe(500);
    expect(errors(reply)).toContain('vault cannot seal when in standby mode');
    expect((await story.cluster.request(story.first, 'POST', 'sys/seal', {})).status).toBe(403);
    expect(await story.operator.status(story.first)).toBe(200);
  });

  it('notices a dead follower only when its contact is ten seconds old', async () => {
    const victim = story.cluster.nodes[2];
    await story.cluster.kill(story.third);
    expect(await story.operator.status(story.third)).toBe(0);
    expect([await story.operator.status(story.first), await story.operator.status(story.second)]).toEqual([
      200, 429,
    ]);
    expect(await story.operator.autopilot(story.first, story.root)).toMatchObject({
      healthy: true,
      failure_tolerance: 1,
    });
    await story.cluster.until(
      'autopilot notices',
      20,
      async () => !(await story.operator.autopilot(story.first, story.root)).healthy,
    );
    const state = await story.operator.autopilot(story.first, story.root);
    expect(state.failure_tolerance).toBe(0);
    expect(state.voters).toHaveLength(3);
    expect(state.servers[victim?.nodeId ?? '']).toMatchObject({
      healthy: false,
      node_status: 'alive',
      status: 'voter',
    });
    expect([await story.operator.status(story.first), await story.operator.status(story.second)]).toEqual([
      200, 429,
    ]);
  });

  it('leaves a survivor that names the dead leader when the quorum is lost', async () => {
    await story.cluster.kill(story.first);
    expect(await story.operator.status(story.second)).toBe(429);
    await story.operator.awaitStatus(story.second, 474, 15);
    const health = await story.operator.get(story.second, 'sys/health');
    expect(shapeOf(health.body)).toEqual(shapes.healthStandby);
    expect(health.body).toMatchObject({ standby: true, ha_connection_healthy: false });
    expect((await story.operator.get(story.second, 'sys/leader')).body).toMatchObject({
      is_self: false,
      leader_address: story.operator.addressOf(story.first),
    });
    const path = 'sys/storage/raft/autopilot/state';
    expect(await story.operator.get(story.second, path, story.root)).toMatchObject({
      status: 307,
      location: `${story.operator.addressOf(story.first)}/v1/${path}`,
    });
  });

  it('elects a leader when a second node is back and unsealed', async () => {
    const before = await story.operator.processStart(story.second);
    await story.cluster.start(story.first);
    expect(await story.operator.status(story.first)).toBe(503);
    expect((await story.operator.get(story.first, 'sys/seal-status')).body).toMatchObject({
      initialized: true,
      t: 3,
      progress: 0,
    });
    expect(await story.operator.processStart(story.first)).toBeGreaterThan(before);
    await story.operator.unsealWhole(story.first, story.shares);
    const health = await story.operator.get(story.first, 'sys/health');
    expect(health.status).toBe(429);
    expect(shapeOf(health.body)).toEqual(shapes.healthUnsealed);
    expect((await story.operator.get(story.first, 'sys/leader')).body).toMatchObject({
      is_self: false,
      leader_address: '',
    });
    const elected = await story.operator.awaitActive();
    expect([story.first, story.second]).toContain(elected);
    await story.cluster.start(story.third);
    await story.operator.unsealWhole(story.third, story.shares);
    await story.operator.awaitStatus(story.third, 429);
  });

  it('seals the active node only, and another takes over', async () => {
    const sealed = await story.operator.awaitActive();
    const started = await story.operator.processStart(sealed);
    expect((await story.cluster.request(sealed, 'POST', 'sys/seal', {}, story.root)).status).toBe(204);
    expect(await story.operator.status(sealed)).toBe(503);
    const next = await story.operator.awaitActive();
    expect(next).not.toBe(sealed);
    expect(await story.operator.processStart(sealed)).toBe(started);
    await story.operator.unsealWhole(sealed, story.shares);
    await story.operator.awaitStatus(sealed, 429);
  });

  it('hands over on a step-down', async () => {
    const before = await story.operator.awaitActive();
    expect((await story.cluster.request(before, 'POST', 'sys/step-down', {}, story.root)).status).toBe(204);
    await story.cluster.until('another node is active', 60, async () => {
      const found = await story.operator.active();
      return found !== undefined && found !== before;
    });
  });

  it('turns an active node that lost its followers into a standby that never says 474', async () => {
    const alone = await story.operator.awaitActive();
    const others = story.cluster.nodes.map((node) => node.name).filter((name) => name !== alone);
    for (const other of others) await story.cluster.kill(other);
    await story.operator.awaitStatus(alone, 429, 30);
    expect((await story.operator.get(alone, 'sys/leader')).body).toMatchObject({
      is_self: false,
      leader_address: '',
    });
    expect((await story.operator.get(alone, 'sys/storage/raft/autopilot/state', story.root)).status).toBe(
      500,
    );
    await story.cluster.pass(12);
    const health = await story.operator.get(alone, 'sys/health');
    expect(health.status).toBe(429);
    expect(shapeOf(health.body)).toEqual(shapes.healthUnsealed);
    for (const other of others) {
      await story.cluster.start(other);
      await story.operator.unsealWhole(other, story.shares);
    }
    await story.operator.awaitActive();
  });

  it('cannot unseal a node that was removed from raft', async () => {
    const leader = await story.operator.awaitActive();
    const victim = story.cluster.nodes.find((node) => node.name !== leader);
    const name = victim?.name ?? '';
    await story.operator.awaitStatus(name, 429);
    const removed = await story.cluster.request(
      leader,
      'POST',
      'sys/storage/raft/remove-peer',
      { server_id: victim?.nodeId },
      story.root,
    );
    expect(removed.status).toBe(204);
    await story.operator.awaitStatus(name, 530);
    const health = await story.operator.get(name, 'sys/health');
    expect(shapeOf(health.body)).toEqual(shapes.healthSealed);
    expect(health.body).toMatchObject({ sealed: true, removed_from_cluster: true });
    const refused = await story.operator.unseal(name, story.shares[0] ?? '');
    expect([refused.status, errors(refused)]).toEqual([500, 'node was removed from a HA cluster']);
    await story.cluster.until('autopilot knows two servers', 30, async () => {
      return Object.keys((await story.operator.autopilot(leader, story.root)).servers).length === 2;
    });
    expect((await story.operator.autopilot(leader, story.root)).failure_tolerance).toBe(0);
  });
}
