/** From an uninitialised cluster to a healthy one, by shares. */
import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { errors, json, type Story } from './operator.ts';
import { shapeOf } from './shape.ts';
import * as shapes from './vault-shapes.ts';

export function comingUp(story: Story): void {
  it('is uninitialised at first', async () => {
    const health = await story.operator.get(story.first, 'sys/health');
    expect(health.status).toBe(501);
    expect(shapeOf(health.body)).toEqual(shapes.healthSealed);
    expect(health.body).toMatchObject({ initialized: false, sealed: true, standby: true });
    const seal = await story.operator.get(story.first, 'sys/seal-status');
    expect(shapeOf(seal.body)).toEqual(shapes.sealStatusSealed);
    expect(seal.body).toMatchObject({ type: 'shamir', initialized: false, t: 0, n: 0, progress: 0 });
    expect(await story.operator.get(story.first, 'sys/leader')).toMatchObject({
      status: 503,
      body: { errors: ['Vault is sealed'] },
    });
    expect((await story.operator.get(story.first, 'sys/storage/raft/autopilot/state')).status).toBe(503);
    const early = await story.operator.unseal(story.first, randomBytes(33).toString('hex'));
    expect([early.status, errors(early)]).toEqual([400, 'Vault is not initialized']);
    expect(await story.operator.processStart(story.first)).toBeGreaterThan(1_700_000_000);
  });

  it('is sealed after init, while the others wait to join', async () => {
    const init = await story.cluster.request(story.first, 'POST', 'sys/init', {
      secret_shares: 5,
      secret_threshold: 3,
    });
    expect(init.status).toBe(200);
    expect(shapeOf(init.body)).toEqual({ keys: ['string'], keys_base64: ['string'], root_token: 'string' });
    story.shares = json(init).keys as string[];
    story.root = String(json(init).root_token);
    expect(story.shares).toHaveLength(5);
    const health = await story.operator.get(story.first, 'sys/health');
    expect(health.status).toBe(503);
    expect(shapeOf(health.body)).toEqual(shapes.healthSealed);
    expect(await story.operator.status(story.second)).toBe(501);
    const again = await story.cluster.request(story.first, 'POST', 'sys/init', {
      secret_shares: 5,
      secret_threshold: 3,
    });
    expect([again.status, errors(again)]).toEqual([400, 'Vault is already initialized']);
  });

  it('counts shares under one nonce, a duplicate once, and forgets them on reset', async () => {
    const one = await story.operator.unseal(story.first, story.shares[0] ?? '');
    expect(shapeOf(one.body)).toEqual(shapes.sealStatusSealed);
    expect(one.body).toMatchObject({ sealed: true, t: 3, n: 5, progress: 1 });
    const { nonce } = json(one);
    expect(nonce).toMatch(/^[0-9a-f]{8}-/);
    expect((await story.operator.unseal(story.first, story.shares[0] ?? '')).body).toMatchObject({
      progress: 1,
      nonce,
    });
    const base64 = Buffer.from(story.shares[1] ?? '', 'hex').toString('base64');
    expect((await story.operator.unseal(story.first, base64)).body).toMatchObject({ progress: 2, nonce });
    expect((await story.operator.get(story.first, 'sys/seal-status')).body).toMatchObject({
      progress: 2,
      nonce,
    });
    const reset = await story.cluster.request(story.first, 'POST', 'sys/unseal', { reset: true });
    expect(reset.body).toMatchObject({ sealed: true, progress: 0, nonce: '' });
    const anew = await story.operator.unseal(story.first, story.shares[0] ?? '');
    expect(json(anew).nonce).not.toBe(nonce);
    await story.cluster.request(story.first, 'POST', 'sys/unseal', { reset: true });
  });

  it.each([
    [{ key: 'zz!' }, 400, "'key' must be a valid hex or base64 string"],
    [{ key: 'aabb' }, 400, 'invalid key: key is shorter than minimum 16 bytes'],
    [{ key: '00'.repeat(60) }, 400, 'invalid key: key is longer than maximum 33 bytes'],
    [{}, 400, "'key' must be specified in request body as JSON, or 'reset' set to true"],
    [{ key: '00'.repeat(33), migrate: true }, 500, "can't perform a seal migration, no migration seal found"],
  ])('refuses %j and keeps its progress', async (body, refused, text) => {
    const reply = await story.cluster.request(story.first, 'POST', 'sys/unseal', body);
    expect([reply.status, errors(reply)]).toEqual([refused, text]);
    expect((await story.operator.get(story.first, 'sys/seal-status')).body).toMatchObject({ progress: 0 });
  });

  it('accepts a wrong share, and fails with the last one of the set', async () => {
    await story.operator.unseal(story.first, story.shares[0] ?? '');
    // A story.third share with one bit changed.
    const right = Buffer.from(story.shares[2] ?? '', 'hex');
    const wrong = Buffer.concat([Buffer.from([(right[0] ?? 0) ^ 1]), right.subarray(1)]).toString('hex');
    expect((await story.operator.unseal(story.first, wrong)).body).toMatchObject({ progress: 2 });
    const last = await story.operator.unseal(story.first, story.shares[1] ?? '');
    expect(last.status).toBe(400);
    expect(errors(last)).toContain('message authentication failed');
    expect((await story.operator.get(story.first, 'sys/seal-status')).body).toMatchObject({
      progress: 0,
      nonce: '',
    });

    const combined = 'invalid key: failed to compute combined key: ';
    for (const [spoilt, text] of [
      [right.subarray(1).toString('hex'), 'all parts must be the same length'],
      // Another share with the number of the story.first.
      [`${wrong.slice(0, 64)}${story.shares[0]?.slice(64)}`, 'duplicate part detected'],
    ] as const) {
      await story.operator.unseal(story.first, story.shares[0] ?? '');
      await story.operator.unseal(story.first, story.shares[1] ?? '');
      const reply = await story.operator.unseal(story.first, spoilt);
      expect([reply.status, errors(reply)]).toEqual([400, combined + text]);
    }
  });

  it('unseals on a threshold of shares, a standby first, then active', async () => {
    for (const share of story.shares.slice(0, 2)) await story.operator.unseal(story.first, share);
    const last = await story.operator.unseal(story.first, story.shares[2] ?? '');
    expect(shapeOf(last.body)).toEqual(shapes.sealStatusUnsealed);
    expect(last.body).toMatchObject({ sealed: false, progress: 0, nonce: '' });
    await story.operator.awaitStatus(story.first, 200);
    const health = await story.operator.get(story.first, 'sys/health');
    expect(shapeOf(health.body)).toEqual(shapes.healthUnsealed);
    expect(health.body).toMatchObject({ standby: false, replication_dr_mode: 'disabled' });
    const leader = await story.operator.get(story.first, 'sys/leader');
    expect(shapeOf(leader.body)).toEqual(shapes.leader);
    expect(leader.body).toMatchObject({
      is_self: true,
      leader_address: story.operator.addressOf(story.first),
    });
    expect((await story.operator.unseal(story.first, story.shares[0] ?? '')).body).toMatchObject({
      sealed: false,
    });
    const reset = await story.cluster.request(story.first, 'POST', 'sys/unseal', { reset: true });
    expect([reset.status, errors(reset)]).toEqual([400, 'vault is unsealed']);
  });

  it('lets a joiner unseal by itself a moment after its last share', async () => {
    await story.cluster.until(`${story.second} has been taken in`, 60, async () => {
      return json(await story.operator.get(story.second, 'sys/seal-status')).initialized === true;
    });
    expect((await story.operator.get(story.second, 'sys/seal-status')).body).toMatchObject({
      sealed: true,
      t: 3,
      n: 5,
    });
    expect(await story.operator.status(story.second)).toBe(503);
    await story.operator.unseal(story.second, story.shares[0] ?? '');
    await story.operator.unseal(story.second, story.shares[1] ?? '');
    const last = await story.operator.unseal(story.second, story.shares[2] ?? '');
    expect(last.status).toBe(200);
    expect(last.body).toMatchObject({ sealed: true, progress: 0, nonce: '' });
    await story.operator.awaitStatus(story.second, 429);
    await story.cluster.until(`${story.third} has been taken in`, 60, async () => {
      return json(await story.operator.get(story.third, 'sys/seal-status')).initialized === true;
    });
    await story.operator.unsealWhole(story.third, story.shares);
  });

  it('shows a healthy cluster once every node votes', async () => {
    await story.cluster.until('three voters and heartbeats', 90, async () => {
      const state = await story.operator.autopilot(story.first, story.root);
      const heartbeat = json(await story.operator.get(story.second, 'sys/health')).ha_connection_healthy;
      return state.healthy && state.voters.length === 3 && heartbeat === true;
    });
    expect((await story.operator.autopilot(story.first, story.root)).failure_tolerance).toBe(1);
    const standby = await story.operator.get(story.second, 'sys/health');
    expect(standby.status).toBe(429);
    expect(shapeOf(standby.body)).toEqual(shapes.healthStandby);
    expect((await story.operator.get(story.second, 'sys/health?standbyok=true')).status).toBe(200);
    const leader = await story.operator.get(story.second, 'sys/leader');
    expect(shapeOf(leader.body)).toEqual(shapes.leader);
    expect(leader.body).toMatchObject({
      is_self: false,
      leader_address: story.operator.addressOf(story.first),
    });
    const backend = await story.operator.get(story.second, 'sys/seal-backend-status');
    expect(shapeOf(backend.body)).toEqual(shapes.sealBackend);
  });

  it('answers raft state from any node, with a token only', async () => {
    const paths = [
      ['sys/storage/raft/autopilot/state', shapes.autopilotState],
      ['sys/storage/raft/autopilot/configuration', shapes.autopilotConfiguration],
      ['sys/storage/raft/configuration', shapes.raftConfiguration],
      ['sys/ha-status', shapes.haStatus],
    ] as const;
    for (const [path, shape] of paths) {
      for (const node of [story.first, story.second]) {
        const reply = await story.operator.get(node, path, story.root);
        expect(reply.status, path).toBe(200);
        expect(shapeOf(reply.body, ['servers']), path).toEqual(shape);
      }
      const without = await story.operator.get(story.first, path);
      expect([without.status, errors(without)]).toEqual([403, 'permission denied']);
      const wrong = await story.operator.get(story.second, path, 'hvs.wrong');
      expect(wrong.status).toBe(403);
      expect(errors(wrong)).toContain('invalid token');
    }
    expect((await story.operator.get(story.first, 'nonsense/x', story.root)).status).toBe(404);
  });
}
