/** What goes wrong with a seal's token while its rotation is due or under way, on real servers. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { tokenAt } from './rotate-login.ts';
import { isMade, type RotatedPair, startRotatedPair } from './rotated-pair.ts';

let pair: RotatedPair;
afterEach(() => pair.onRow(undefined));

describe("the seal's token", () => {
  beforeAll(async () => {
    pair = await startRotatedPair();
  });
  afterAll(() => pair?.close());

  it('has an explicit maximum TTL: it is replaced before its end, and a restart after its end unseals', async () => {
    const dying = await tokenAt(pair.root, {
      policies: ['seal-payments'],
      period: '24h',
      explicit_max_ttl: '20s',
    });
    pair.give(dying);
    await pair.restart();
    const due = await pair.turn();
    expect(due).toMatchObject({ by: 'app:rotate', repairs: false, stage: 'verified' });
    expect(due.reason).toMatch(/explicit maximum TTL/);
    expect(await pair.accessorOf(dying)).toBe(due.old?.ref);
    expect((await pair.restartUntilEnded()).ended).toMatchObject({ outcome: 'retired' });
    await expect.poll(() => pair.accessorOf(dying), { timeout: 30_000, interval: 500 }).toBeUndefined();
    await pair.restart();
  });

  it('was revoked behind our back: the node exits, the rotation mends that during the incident, and it starts', async () => {
    await pair.root.write('POST', 'auth/token/revoke', { token: pair.held() });
    await pair.payments.kill('payments-1');
    expect(await pair.payments.tryStart('payments-1')).toMatchObject({ up: false, exitCode: 1 });
    const mending = await pair.turn();
    expect(mending).toMatchObject({ by: 'app:rotate', repairs: true, stage: 'verified' });
    expect(mending.reason).toMatch(/does not know the seal's token any more/);
    await pair.restart();
    const ended = await pair.restartUntilEnded();
    expect(ended.ended).toMatchObject({
      outcome: 'retired',
      summary: expect.stringContaining('there was none before it that worked') as string,
    });
    expect(await pair.accessorOf(pair.held())).toBe(ended.fresh?.ref);
  });

  it('of a rotation is revoked before any node has it: nothing is delivered, and the next one is', async () => {
    const before = pair.held();
    let revoked: string | undefined;
    pair.once(isMade, async () => {
      revoked = pair.newest().fresh?.ref;
      await pair.root.write('POST', 'auth/token/revoke-accessor', { accessor: revoked });
    });
    const asked = await pair.ask('transit-token');
    expect(asked).toMatchObject({ stage: 'created', failing: { what: 'try', code: 'dead' } });
    expect(pair.held()).toBe(before);
    await pair.restart();
    pair.goAhead(21 * 60_000);
    const again = await pair.turn();
    expect(again).toMatchObject({ id: asked.id, stage: 'verified' });
    expect(again.fresh?.ref).not.toBe(revoked);
    expect((await pair.restartUntilEnded()).ended).toMatchObject({ outcome: 'retired' });
  });

  it('of a rotation is revoked after its delivery: nodes get back the one that works', async () => {
    const before = pair.held();
    const asked = await pair.ask('transit-token');
    expect(pair.held()).not.toBe(before);
    await pair.root.write('POST', 'auth/token/revoke-accessor', { accessor: asked.fresh?.ref });
    const back = await pair.turn();
    expect(back).toMatchObject({ id: asked.id, direction: 'back' });
    expect(pair.held()).toBe(before);
    await pair.restart();
    pair.goAhead(6 * 60_000);
    expect((await pair.restartUntilEnded()).ended).toMatchObject({ outcome: 'rolled-back' });
  });
});
