import { describe, expect, it } from 'vitest';
import type { Custodian } from '../../../shared/escrow/custodian.ts';
import type { RecoverDeps } from '../../../shared/work/recover/deps.ts';
import { runPass } from '../../../shared/work/recover/pass.ts';
import { rejectRecovery } from '../../../shared/work/recover/respond.ts';
import { grace, RecoveryUnderTest } from './recovery-under-test.ts';

async function restarted(): Promise<RecoveryUnderTest> {
  const world = await new RecoveryUnderTest().ready();
  await world.restart();
  return world;
}

/** A process whose custodians take their time: `meanwhile` happens while the first key is unwrapped. */
function slow(world: RecoveryUnderTest, meanwhile: () => Promise<unknown>): RecoverDeps {
  let happened: Promise<unknown> | undefined;
  const around = (custodian: Custodian): Custodian => ({
    name: custodian.name,
    wrap: custodian.wrap.bind(custodian),
    facts: custodian.facts.bind(custodian),
    unwrap: async (wrapped, signal) => {
      happened ??= meanwhile();
      await happened;
      return custodian.unwrap(wrapped, signal);
    },
  });
  const custodians = [...world.custodians].map(([name, one]) => [name, around(one)] as const);
  return world.process({ custodians: async () => new Map(custodians) });
}

const owners = ({ sent }: RecoveryUnderTest) => [...new Set(sent.map(({ owner }) => owner))];

describe('two instances of the app', () => {
  it('follow the same nudge, and one acts', async () => {
    const world = await restarted();
    await Promise.all([1, 2, 3].map(() => runPass(world.process(), 'payments')));
    await world.settle();
    expect(world.sealed()).toEqual([]);
    expect(owners(world)).toHaveLength(1);
    expect(world.sent).toHaveLength(9);
    expect(world.recoveries()).toHaveLength(1);
    expect(world.rules.broken).toEqual([]);
  });

  it('follow late and duplicate nudges of a recovery that ended, and nothing comes of it', async () => {
    const world = await restarted();
    await world.nudge();
    const { length } = world.sent;
    for (let late = 0; late < 4; late += 1) await world.nudge();
    await Promise.all([1, 2].map(() => runPass(world.process(), 'payments')));
    expect(world.sent).toHaveLength(length);
    expect(world.recoveries()).toHaveLength(1);
  });

  it('leave a row alone whose lease lives', async () => {
    const world = await restarted();
    const first = slow(world, () => runPass(world.process(), 'payments'));
    await runPass(first, 'payments');
    await world.settle();
    expect(owners(world)).toEqual([first.owner]);
    expect(world.sealed()).toEqual([]);
  });
});

describe('a pass that opens shares for too long', () => {
  it('sends nothing once its lease ran out and another one took over', async () => {
    const world = await restarted();
    const second = world.process();
    const first = slow(world, async () => {
      world.clock.time += 61_000;
      await runPass(second, 'payments');
    });
    await runPass(first, 'payments');
    expect(owners(world)).toEqual([second.owner]);
    expect(world.sealed()).toEqual([]);
    expect(world.rules.broken).toEqual([]);
    expect(world.recoveries()).toMatchObject([{ ended: { outcome: 'recovered' } }]);
  });

  it('sends nothing once a person rejected the recovery', async () => {
    const world = await restarted();
    const first = slow(world, async () => {
      const [open] = world.recoveries();
      expect(await rejectRecovery(world.process(), open?.id ?? '', grace, 'no')).toMatchObject({ ok: true });
    });
    await runPass(first, 'payments');
    expect(world.sent).toEqual([]);
    expect(world.recoveries()).toMatchObject([{ ended: { outcome: 'rejected' } }]);
  });

  it('sends nothing once a hold was set, and says so', async () => {
    const world = await restarted();
    const until = world.clock.now() + 3_600_000;
    const first = slow(world, async () =>
      world.standingHolds.push({ cluster: 'payments', by: 'Ada', reason: 'maintenance', until }),
    );
    await runPass(first, 'payments');
    await world.settle();
    expect(world.sent).toEqual([]);
    expect(world.recoveries()[0]?.ended).toMatchObject({ outcome: 'refused' });
    expect(world.recoveries()[0]?.ended?.summary).toContain('maintenance');
  });
});
