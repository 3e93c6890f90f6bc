import { describe, expect, it } from 'vitest';
import { RecoveryUnderTest } from './recovery-under-test.ts';

const reset = ['foreignProgress: {after: 2m, then: reset}'];

async function restarted(recovery: string[] = [], nodes: string[] = []): Promise<RecoveryUnderTest> {
  const world = await new RecoveryUnderTest({ recovery }).ready();
  await world.restart(...nodes);
  return world;
}

/** A stranger's share at one of our requests to one node. */
async function disturbed(
  n: number,
  when: 'before' | 'after',
  { recovery = [], nodes = [] }: { recovery?: string[]; nodes?: string[] } = {},
) {
  const world = await restarted(recovery, nodes);
  let requests = 0;
  world.onUnseal = (node, now) => {
    if (node !== 'payments-2' || now !== when) return;
    requests += 1;
    if (requests === n) world.stranger(node);
  };
  await world.nudge();
  return world;
}

const points = [1, 2, 3].flatMap((n) => (['before', 'after'] as const).map((when) => [when, n] as const));

describe('a stranger who sends a random share', () => {
  it.each(points)('%s our share %i is noticed; nothing is marked, and the others serve', async (when, n) => {
    const world = await disturbed(n, when);
    const afterAll = n === 3 && when === 'after';
    // The first answer that is not ours alone is the last one that we ask for.
    const mostSent = when === 'before' ? n : Math.min(n + 1, n === 2 ? 2 : 3);
    const owner = world.sent[0]?.owner;
    expect(world.sent.filter((one) => one.node === 'payments-2' && one.owner === owner)).toHaveLength(
      mostSent,
    );
    const [recovery] = world.recoveries();
    expect(recovery?.troubles.map(({ code, where }) => [code, where])).toEqual(
      afterAll ? [] : [['unseal-interference', 'payments-2']],
    );
    expect(world.sealed()).not.toContain('payments-1');
    expect(world.sealed()).not.toContain('payments-3');
    expect((await world.state.generations.newest('payments'))?.value.bad).toBeUndefined();
    expect(world.rules.broken).toEqual([]);
  });

  it.each(points)('%s our share %i does not keep the node sealed where policy resets it', async (when, n) => {
    const world = await disturbed(n, when, { recovery: reset });
    expect(world.sealed()).toEqual([]);
    expect(world.recoveries()).toMatchObject([{ ended: { outcome: 'recovered' } }]);
    expect(world.rules.broken).toEqual([]);
  });

  it.each(points)(
    '%s our share %i marks nothing, also where no other node proves the set',
    async (when, n) => {
      const world = await disturbed(n, when, { nodes: ['payments-2'] });
      expect((await world.state.generations.newest('payments'))?.value.bad).toBeUndefined();
      expect(world.rules.broken).toEqual([]);
    },
  );

  it('with each of our sets is given up on after three of them', async () => {
    const world = await restarted(reset);
    world.onUnseal = (node, when) => {
      if (node === 'payments-2' && when === 'before') world.stranger(node);
    };
    await world.nudge();
    const [recovery] = world.recoveries();
    expect(recovery?.ended?.summary).toMatch(/payments-2 is sealed after 3 sets of shares/);
    // Nodes that were unsealed since are forgotten.
    expect(recovery?.sets).toEqual({ 'payments-2': 3 });
    expect(world.rules.broken).toEqual([]);
  });
});

describe("somebody else's unfinished set", () => {
  it('is left alone and then reported', async () => {
    const world = await restarted();
    world.stranger('payments-2');
    const startedAt = world.clock.now();
    await world.nudge();
    expect(world.sealed()).toEqual(['payments-2']);
    expect(world.sent.filter(({ node }) => node === 'payments-2')).toEqual([]);
    expect(world.simulation.state.nodes[1]?.unsealing?.parts).toHaveLength(1);
    const [recovery] = world.recoveries();
    expect(recovery?.ended).toMatchObject({ outcome: 'refused' });
    expect(recovery?.ended?.summary).toMatch(/payments-2 holds 1 of 3 shares.*-reset/s);
    expect((recovery?.ended?.at ?? 0) - startedAt).toBeGreaterThanOrEqual(120_000);
  });

  it('is left alone and then reset, where the policy says so', async () => {
    const world = await restarted(reset);
    world.stranger('payments-2');
    await world.nudge();
    expect(world.sealed()).toEqual([]);
    const [first] = world.sent.filter(({ node }) => node === 'payments-2');
    expect(first).toMatchObject({ body: '{"reset":true}' });
  });

  it('that gets its last share meanwhile is no trouble', async () => {
    const world = await restarted();
    const [one, two, three] = world.simulation.keys.shares;
    const send = (key: string | undefined) =>
      world.simulation.request('payments-2', { method: 'POST', path: 'sys/unseal', body: { key } });
    send(one);
    send(two);
    world.onUnseal = (node, when) => {
      if (node === 'payments-3' && when === 'after') send(three);
    };
    await world.nudge();
    expect(world.sealed()).toEqual([]);
    expect(world.sent.filter(({ node }) => node === 'payments-2')).toEqual([]);
    expect(world.recoveries()).toMatchObject([{ troubles: [], ended: { outcome: 'recovered' } }]);
  });
});
