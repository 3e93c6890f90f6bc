/** What a rotation of a seal's token waits for, on real servers: every node, its copy, or a person's word (rule 9). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { confirmRotation } from '../../../shared/work/rotate/respond-rotation.ts';
import { ada, type RotatedPair, startRotatedPair } from './rotated-pair.ts';

const hour = 3_600_000;

describe('a consumer of three nodes', () => {
  let pair: RotatedPair;
  beforeAll(async () => {
    pair = await startRotatedPair({ consumer: { nodes: 3 } });
  });
  afterAll(() => pair?.close());

  it('is waited for until every node restarted; one that is down is not taken for one that did', async () => {
    await pair.payments.kill('payments-3');
    const asked = await pair.ask('transit-token');
    expect(asked.waiting?.what).toBe(
      "a restart of payments/payments-1, payments/payments-2, to use the new one; and a person's word that payments/payments-3 restarted (their start times are not seen)",
    );
    await pair.restart('payments-3');
    // Right after its start the delivery and the start cannot be told apart: the next start can.
    const waits = async (node: string) => {
      await pair.restart(node);
      return (await pair.turn()).waiting?.what;
    };
    await expect
      .poll(() => waits('payments-3'), { timeout: 30_000 })
      .toBe('a restart of payments/payments-1, payments/payments-2, to use the new one');
    expect(await waits('payments-2')).toBe('a restart of payments/payments-1, to use the new one');
    expect(await confirmRotation(pair.deps, asked.id, ada, 'all of them restarted')).toMatchObject({
      ok: false,
      message: expect.stringContaining('payments/payments-1 is seen to run since before') as string,
    });
    await waits('payments-1');
    expect(pair.newest().ended).toMatchObject({ outcome: 'retired' });
    await pair.payments.awaitActive();
  });
});

describe('a consumer without metrics', () => {
  let pair: RotatedPair;
  beforeAll(async () => {
    pair = await startRotatedPair({ consumer: { telemetry: false } });
  });
  afterAll(() => pair?.close());

  it("waits for a person's word, which counts only once every node can have what it needs", async () => {
    await pair.ask('transit-token');
    await pair.restart();
    const one = await pair.turn();
    expect(one.waiting?.what).toBe(
      "a person's word that payments/payments-1 restarted (their start times are not seen)",
    );
    // A provider tells whole seconds: a word right after the old one's last use would not count.
    const since = Date.now();
    await expect.poll(() => Date.now() - since, { timeout: 10_000 }).toBeGreaterThan(4_000);
    expect(await confirmRotation(pair.deps, one.id, ada, 'I restarted it')).toMatchObject({ ok: true });
    const after = await pair.turn();
    expect([after.waiting?.what, after.ended?.outcome]).toEqual([undefined, 'retired']);
  });

  it('is not taken at its word before the delivery, and the old token lives until then', async () => {
    const before = pair.held();
    pair.once(
      ({ stage }) => stage === 'created',
      () => pair.root.seal('root-1'),
    );
    const two = await pair.ask('transit-token');
    expect(two).toMatchObject({ stage: 'created', failing: { code: 'sealed' } });
    expect(await confirmRotation(pair.deps, two.id, ada, 'I restarted it')).toMatchObject({
      ok: false,
      message: expect.stringContaining('is not yet where every node can use it') as string,
    });
    await pair.root.whole();
    expect(await pair.turn()).toMatchObject({ stage: 'verified', status: 'open' });
    expect(await pair.accessorOf(before)).toBe(two.old?.ref);
    await pair.restart();
    await confirmRotation(pair.deps, two.id, ada, 'I restarted it');
    expect((await pair.turn()).ended).toMatchObject({ outcome: 'retired' });
    expect(await pair.accessorOf(before)).toBeUndefined();
    await pair.restart();
  });
});

describe('a consumer that reads a copy of what is delivered', () => {
  let pair: RotatedPair;
  beforeAll(async () => {
    pair = await startRotatedPair({ copied: true });
    await pair.ask('transit-token');
    pair.copy();
    pair.goAhead(2 * hour);
    await pair.restartUntilEnded();
  });
  afterAll(() => pair?.close());

  it('may start with the old one until its copy has come: that start is not counted, and the old one lives', async () => {
    const before = pair.held();
    const asked = await pair.ask('transit-token');
    expect(asked.stage).toBe('verified');
    pair.goAhead(hour / 2);
    await pair.restart();
    expect((await pair.turn()).waiting?.what).toMatch(
      /^a restart of payments\/payments-1 after .*, when its copy has come, to use the new one$/,
    );
    pair.goAhead(hour);
    expect((await pair.turn()).status).toBe('open');
    expect(await pair.accessorOf(before)).toBe(asked.old?.ref);

    pair.copy();
    expect((await pair.restartUntilEnded()).ended).toMatchObject({ outcome: 'retired' });
    expect(await pair.accessorOf(before)).toBeUndefined();
    await pair.restart();
  });
});
