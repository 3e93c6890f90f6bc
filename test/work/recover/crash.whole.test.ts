import { describe, expect, it, vi } from 'vitest';
import { Share } from '../../../shared/escrow/share.ts';
import { Stopper } from '../../fakes/state/stopping.ts';
import { RecoveryUnderTest } from './recovery-under-test.ts';

type Prepare = () => Promise<RecoveryUnderTest>;

const variants: Record<string, Prepare> = {
  'three nodes sealed, beside a second cluster': async () => {
    const world = await new RecoveryUnderTest({ neighbour: true }).ready();
    await world.restart();
    const { neighbour } = world;
    for (const { name } of neighbour?.state.nodes ?? []) neighbour?.apply({ kind: 'seal', node: name });
    return world;
  },
  'one node sealed': async () => {
    const world = await new RecoveryUnderTest().ready();
    await world.restart('payments-2');
    return world;
  },
  'one node away': async () => {
    const world = await new RecoveryUnderTest().ready();
    await world.restart();
    world.simulation.apply({ kind: 'kill', node: 'payments-3' });
    return world;
  },
  'quorum lost, with one survivor': async () => {
    const world = await new RecoveryUnderTest().ready();
    await world.restart('payments-2', 'payments-3');
    await world.clock.sleep(15_000);
    return world;
  },
  'a node that lost its data and joins': async () => {
    const world = await new RecoveryUnderTest().ready();
    for (const node of world.names) world.simulation.apply({ kind: 'kill', node });
    world.simulation.apply({ kind: 'wipe', node: 'payments-3' });
    await world.clock.sleep(5_000);
    for (const node of world.names) world.simulation.apply({ kind: 'start', node });
    return world;
  },
  'a single node': async () => {
    const world = await new RecoveryUnderTest({ nodes: 1 }).ready();
    await world.restart();
    return world;
  },
};

async function killed(prepare: Prepare, stopper: Stopper): Promise<RecoveryUnderTest> {
  const world = await prepare();
  await world.state.nudges.send('steps', 'payments', 0);
  await world.settleUntilKilled(stopper);
  return world;
}

/** Whatever happened: what must be true at the end. */
function expectServing(world: RecoveryUnderTest): void {
  expect(world.rules.broken).toEqual([]);
  expect(world.sealedAndUp()).toEqual([]);
  expect(world.simulation.state.active).toBeDefined();
  for (const recovery of world.recoveries()) expect(recovery.status).toBe('ended');
  const keys = [...world.custodians.values()].flatMap(({ given }) => given);
  expect(keys.length).toBeGreaterThan(0);
  for (const buffer of [...keys, ...world.bodies]) expect(buffer.every((byte) => byte === 0)).toBe(true);
  expect(world.sent.filter(({ cluster }) => cluster !== 'payments')).toEqual([]);
  for (const { sealed, unsealing } of world.neighbour?.state.nodes ?? []) {
    expect({ sealed, unsealing }).toEqual({ sealed: true, unsealing: undefined });
  }
}

describe.each(Object.entries(variants))('%s', (_name, prepare) => {
  it('serves again, also when the app is killed before or after any of its effects', async () => {
    const whole = new Stopper();
    const undisturbed = await killed(prepare, whole);
    expectServing(undisturbed);
    expect(undisturbed.recoveries()).toMatchObject([{ ended: { outcome: 'recovered' } }]);
    expect(whole.effects.length).toBeGreaterThan(15);
    for (const when of ['before', 'after'] as const) {
      for (let n = 1; n <= whole.effects.length; n += 1) {
        const stopper = new Stopper(n, when);
        const world = await killed(prepare, stopper);
        expect(stopper.stopped, `${when} ${n}`).toBe(true);
        await world.timePasses();
        expectServing(world);
        expect(world.recoveries().map(({ way }) => way)).not.toContain('manual');
      }
    }
  });
});

describe('a node that was sealed on purpose while the app was dead', () => {
  it('gets no share before somebody approves, whenever the app died', async () => {
    const whole = new Stopper();
    await killed(variants['three nodes sealed, beside a second cluster'] as Prepare, whole);
    for (let n = 1; n <= whole.effects.length; n += 1) {
      const stopper = new Stopper(n, 'after');
      const world = await killed(variants['three nodes sealed, beside a second cluster'] as Prepare, stopper);
      const unsealed = world.names.filter((node) => !world.sealed().includes(node));
      for (const node of unsealed) world.sealOnPurpose(node);
      await world.timePasses({ untilAsked: true });
      expect(world.rules.broken, `after ${n}, ${whole.effects[n - 1]}`).toEqual([]);
    }
  });
});

describe('a node that restarts after our last share, while the app is dead', () => {
  it('is unsealed again without asking anybody', async () => {
    const prepare = variants['one node sealed'] as Prepare;
    const whole = new Stopper();
    await killed(prepare, whole);
    const last = whole.effects.lastIndexOf('unseal payments-2') + 1;
    const world = await killed(prepare, new Stopper(last, 'after'));
    expect(world.sealed()).toEqual([]);
    await world.restart('payments-2');
    await world.timePasses();
    expectServing(world);
  });
});

describe('the shares of a pass', () => {
  it('are zeroed when it ends, however it ends', async () => {
    // It only looks: the shares do what they always do.
    const use = vi.spyOn(Share.prototype, 'use');
    for (let n = 18; n <= 32; n += 1) {
      await killed(variants['one node away'] as Prepare, new Stopper(n, 'after'));
    }
    const shares = use.mock.contexts as Share[];
    use.mockRestore();
    expect(shares.length).toBeGreaterThan(30);
    for (const share of shares) expect(share.length).toBe(0);
  });
});
