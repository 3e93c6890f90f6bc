/** When automation stays quiet: after a person's no, about what it told of, and what an ended recovery never learnt. */
import { describe, expect, it } from 'vitest';
import { nudgeOverdue } from '../../../shared/work/recover/overdue.ts';
import { runPass } from '../../../shared/work/recover/pass.ts';
import { requestRecovery } from '../../../shared/work/recover/request.ts';
import { rejectRecovery } from '../../../shared/work/recover/respond.ts';
import { Stopper } from '../../fakes/state/stopping.ts';
import { approveRecovery } from './approving.ts';
import { ada, grace, RecoveryUnderTest } from './recovery-under-test.ts';

const minute = 60_000;
const day = 24 * 60 * minute;

const asked = (over: { kind?: 'unseal' | 'rebind' } = {}) => ({
  kind: 'unseal' as const,
  way: 'manual' as const,
  by: ada.id,
  byName: ada.name,
  reason: 'patched at night',
  dryRun: false,
  lost: [],
  ...over,
});

/** The sweep's nudge and the timer's, each minute. */
async function minutesPass(world: RecoveryUnderTest, minutes: number): Promise<void> {
  for (let n = 0; n < minutes; n += 1) {
    await world.state.nudges.send('steps', 'payments', 0);
    await nudgeOverdue(world.process());
    await world.settle({ most: 300 });
    await world.clock.sleep(minute);
  }
}

describe("a person's no to a recovery that began by itself", () => {
  it('stands for an hour, whatever restarts meanwhile', async () => {
    const world = await new RecoveryUnderTest().ready();
    for (const node of world.names) world.simulation.apply({ kind: 'kill', node });
    await world.clock.sleep(5_000);
    world.simulation.apply({ kind: 'start', node: 'payments-1' });
    await world.clock.sleep(1_000);
    await runPass(world.process(), 'payments');
    const sent = world.sent.length;
    const [first] = world.recoveries();
    expect(await rejectRecovery(world.process(), first?.id ?? '', grace, 'we investigate')).toMatchObject({
      ok: true,
    });
    world.simulation.apply({ kind: 'start', node: 'payments-2' });
    world.simulation.apply({ kind: 'start', node: 'payments-3' });
    await minutesPass(world, 59);
    expect(world.sent).toHaveLength(sent);
    expect(world.recoveries()).toHaveLength(1);
    await minutesPass(world, 3);
    expect(world.recoveries()).toHaveLength(2);
  });

  it('is counted from when it was said', async () => {
    const world = await new RecoveryUnderTest().ready();
    world.sealOnPurpose('payments-2');
    await world.nudge();
    await world.clock.sleep(61 * minute);
    const [first] = world.recoveries();
    await rejectRecovery(world.process(), first?.id ?? '', grace, 'sealed on purpose');
    await minutesPass(world, 50);
    expect(world.recoveries()).toHaveLength(1);
  });

  it('binds no person', async () => {
    const world = await new RecoveryUnderTest().ready();
    world.sealOnPurpose('payments-2');
    await world.nudge();
    await rejectRecovery(world.process(), world.recoveries()[0]?.id ?? '', grace, 'not yet');
    const opened = await requestRecovery(world.process(), 'payments', asked());
    await world.settle();
    await approveRecovery(world.process(), opened.ok ? opened.value.id : '', grace);
    await world.settle();
    expect(world.sealed()).toEqual([]);
  });
});

describe('a situation that automation cannot help', () => {
  it.each<[string, (world: RecoveryUnderTest) => Promise<void>]>([
    [
      "somebody else's unfinished set",
      async (world) => {
        await world.restart('payments-2');
        world.stranger('payments-2');
      },
    ],
    [
      'nodes that are gone',
      async (world) => {
        for (const node of ['payments-2', 'payments-3']) world.simulation.apply({ kind: 'kill', node });
      },
    ],
  ])('%s: is told once an hour at most', async (_what, begin) => {
    const world = await new RecoveryUnderTest().ready();
    await begin(world);
    const begun = world.clock.now();
    await minutesPass(world, 180);
    const hours = (world.clock.now() - begun) / (60 * minute);
    const recoveries = world.recoveries();
    expect(recoveries.length).toBeGreaterThan(1);
    expect(recoveries.length).toBeLessThanOrEqual(Math.ceil(hours));
    for (const { ended } of recoveries.slice(0, -1)) expect(ended?.outcome).toBe('refused');
  });

  it('and that changes is helped as soon as it can be', async () => {
    const world = await new RecoveryUnderTest().ready();
    for (const node of ['payments-2', 'payments-3']) world.simulation.apply({ kind: 'kill', node });
    await minutesPass(world, 20);
    expect(world.recoveries()).toMatchObject([{ ended: { outcome: 'refused' } }]);
    for (const node of ['payments-2', 'payments-3']) world.simulation.apply({ kind: 'start', node });
    await minutesPass(world, 2);
    expect(world.sealed()).toEqual([]);
  });

  it('is tried a few times an hour at most, however it changes', async () => {
    const world = await new RecoveryUnderTest({ recovery: ['attempts: 20', 'nodeUnseals: 50'] }).ready();
    const begun = world.clock.now();
    for (let n = 0; n < 10; n += 1) {
      const nodes = [['payments-2'], ['payments-3'], ['payments-2', 'payments-3']][n % 3] ?? [];
      await world.restart('payments-2', 'payments-3');
      for (const node of nodes) world.stranger(node);
      await minutesPass(world, 3);
    }
    expect(world.clock.now() - begun).toBeLessThan(60 * minute);
    const vain = world.recoveries().filter(({ ended }) => ended?.outcome === 'refused');
    expect(vain).toHaveLength(4);
    expect(world.logged.some((line) => line.includes('automation-quiet'))).toBe(true);
  });
});

describe('a change of trust while nodes go down one after the other', () => {
  const began = async () => {
    const world = await new RecoveryUnderTest({ nodes: 5 }).ready();
    const right = world.yaml;
    world.yaml = right.replace('    recovery:', '    unknownSealCause: automatic\n    recovery:');
    return { world, right };
  };
  const changeAll = (world: RecoveryUnderTest, kind: 'kill' | 'start', nodes = world.names) => {
    for (const node of nodes) world.simulation.apply({ kind, node });
  };

  it('is told once an hour, with which nodes to start, and uses up no attempt', async () => {
    const { world, right } = await began();
    changeAll(world, 'kill', ['payments-3', 'payments-4', 'payments-5']);
    await minutesPass(world, 3);
    for (const node of ['payments-2', 'payments-1']) {
      changeAll(world, 'kill', [node]);
      await minutesPass(world, 3);
    }
    changeAll(world, 'start', ['payments-5']);
    await minutesPass(world, 3);
    expect(world.recoveries()).toMatchObject([{ ended: { outcome: 'refused' } }]);
    const { refusal } = world.recoveries()[0]?.ended ?? {};
    expect(refusal?.why).toMatch(
      /^0 of 5 nodes serving; payments-3 does not answer.*; fleet\.yaml differs from/,
    );
    expect(refusal?.remedy).toMatch(/put fleet\.yaml back\. .*Start payments-3, payments-4, payments-5\./);
    world.yaml = right;
    changeAll(world, 'start', ['payments-1', 'payments-2', 'payments-3', 'payments-4']);
    await minutesPass(world, 2);
    expect(world.sealed()).toEqual([]);
    expect(world.logged.filter((line) => line.includes('automation-quiet'))).toEqual([]);
  });

  it('is told anew once fleet.yaml differs in something else, and after an hour', async () => {
    const { world, right } = await began();
    changeAll(world, 'kill');
    await minutesPass(world, 3);
    world.yaml = right.replace('    escrow:', '    tls: {serverName: vault.example.com}\n    escrow:');
    await minutesPass(world, 3);
    const told = () => world.recoveries().map(({ ended }) => ended?.refusal?.why);
    expect(told()).toEqual([
      expect.stringMatching(/unknownSealCause was loosened/),
      expect.stringMatching(/serverName/i),
    ]);
    await minutesPass(world, 61);
    expect(told()).toHaveLength(3);
  });
});

describe('a recovery that nobody approves', () => {
  it.each(['unseal', 'rebind'] as const)('(%s) ends after a day, and automation goes on', async (kind) => {
    const world = await new RecoveryUnderTest().ready();
    if (kind === 'rebind') {
      world.yaml = world.yaml.replace('    recovery:', '    unknownSealCause: automatic\n    recovery:');
    }
    await world.restart('payments-2');
    await requestRecovery(world.process(), 'payments', asked({ kind }));
    await world.settle();
    await world.clock.sleep(day - minute);
    await nudgeOverdue(world.process());
    await world.settle();
    expect(world.recoveries()).toMatchObject([{ status: 'open' }]);
    await world.clock.sleep(minute);
    await nudgeOverdue(world.process());
    await world.settle();
    expect(world.recoveries()[0]?.ended).toMatchObject({
      outcome: 'expired',
      summary: expect.stringMatching(/^nobody approved it within 24 h: /),
    });
    await world.nudge();
    if (kind === 'unseal') expect(world.sealed()).toEqual([]);
    expect(world.rules.broken).toEqual([]);
  });

  it('goes on when the word comes in the last minute', async () => {
    const world = await new RecoveryUnderTest({ policy: 'manual' }).ready();
    await world.restart();
    const opened = await requestRecovery(world.process(), 'payments', asked());
    await world.settle();
    await world.clock.sleep(day - 1);
    await approveRecovery(world.process(), opened.ok ? opened.value.id : '', grace);
    await world.clock.sleep(minute);
    await world.settle();
    expect(world.sealed()).toEqual([]);
  });
});

describe('a node that took its last share from a process that was killed, and was sealed on purpose', () => {
  it.each(['rejected', 'taken over by a person, and that one rejected'])(
    'is not unsealed without a word after that recovery was %s',
    async (how) => {
      let tried = 0;
      for (let at = 1; at < 30; at += 1) {
        for (const when of ['before', 'after'] as const) {
          const world = await new RecoveryUnderTest().ready();
          await world.restart('payments-2');
          await world.state.nudges.send('steps', 'payments', 0);
          await world.settleUntilKilled(new Stopper(at, when));
          const [open] = world.recoveries();
          if (world.sealed().length > 0 || open?.status !== 'open') continue;
          tried += 1;
          await world.clock.sleep(5_000);
          world.sealOnPurpose('payments-2');
          let { id } = open;
          if (how !== 'rejected') {
            const mine = { ...asked(), takeOver: true, approver: true };
            const taken = await requestRecovery(world.process(), 'payments', mine);
            id = taken.ok ? taken.value.id : '';
          }
          const said = await rejectRecovery(world.process(), id, grace, 'on purpose');
          expect(said).toMatchObject({ ok: true });
          await world.settle();
          await world.clock.sleep(how === 'rejected' ? 61 * minute : 20_000);
          await world.nudge();
          expect(world.sealed()).toEqual(['payments-2']);
          expect(world.rules.broken).toEqual([]);
        }
      }
      expect(tried).toBeGreaterThan(0);
    },
  );
});
