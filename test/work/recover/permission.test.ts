/** What permits a share to be sent, and what does not (rules 6 and 7). */
import { describe, expect, it } from 'vitest';
import type { Approval } from '../../../shared/people/person.ts';
import type { NodeFacts } from '../../../shared/probe/head-facts.ts';
import { runPass } from '../../../shared/work/recover/pass.ts';
import { rejectRecovery, setHold } from '../../../shared/work/recover/respond.ts';
import { approveRecovery } from './approving.ts';
import { ada, alan, grace, RecoveryUnderTest } from './recovery-under-test.ts';

const minute = 60_000;

/** One node sealed on purpose, and the recovery that asks about it. */
async function asking(recovery: string[] = []) {
  const world = await new RecoveryUnderTest({ recovery }).ready();
  world.sealOnPurpose('payments-2');
  await world.nudge();
  const open = () => {
    const found = world.recoveries().find(({ status }) => status === 'open');
    if (!found) throw new Error('no recovery is open');
    return found;
  };
  return { world, open };
}

async function stillAsks({ world, open }: Awaited<ReturnType<typeof asking>>): Promise<void> {
  await world.nudge();
  expect(world.sent).toEqual([]);
  expect(open().needs).toMatchObject({ kind: 'approval' });
}

describe('an approval', () => {
  it('counts for 60 minutes and not one more', async () => {
    const { world, open } = await asking(['approvals: 2']);
    await approveRecovery(world.process(), open().id, grace);
    await world.settle();
    world.clock.time += 60 * minute;
    await approveRecovery(world.process(), open().id, alan);
    await world.settle();
    expect(world.sent).toEqual([]);
    await approveRecovery(world.process(), open().id, grace);
    await world.settle();
    expect(world.sealed()).toEqual([]);
  });

  it.each<[string, (approval: Approval) => Approval]>([
    ['another step kind', (one) => ({ ...one, binding: { ...one.binding, steps: ['verify'] } })],
    [
      'another entry of fleet.yaml',
      (one) => ({ ...one, binding: { ...one.binding, fleetEntry: '0'.repeat(64) } }),
    ],
    [
      'another generation',
      (one) => ({ ...one, binding: { ...one.binding, generation: { generation: 2, revision: 1 } } }),
    ],
    [
      'another revision',
      (one) => ({ ...one, binding: { ...one.binding, generation: { generation: 1, revision: 2 } } }),
    ],
    ['another cluster', (one) => ({ ...one, binding: { ...one.binding, cluster: 'orders' } })],
    [
      'a row that says it lasts for ever',
      (one) => ({ ...one, at: one.at - 61 * minute, expiresAt: one.at * 2 }),
    ],
  ])('for %s counts for nothing', async (_what, drifted) => {
    const asked = await asking();
    const { world, open } = asked;
    const binding = open().needs?.binding;
    if (!binding) throw new Error('it asks for nothing');
    const at = world.clock.now();
    const right: Approval = { binding, by: grace.id, name: grace.name, at, expiresAt: at + minute };
    await world.state.approvals.save(drifted(right));
    await stillAsks(asked);
    await world.state.approvals.save(right);
    await world.nudge();
    expect(world.sealed()).toEqual([]);
  });

  it('is for fleet.yaml as it was: a change since asks anew', async () => {
    const asked = await asking(['approvals: 2']);
    const { world, open } = asked;
    await approveRecovery(world.process(), open().id, grace);
    world.yaml = world.yaml.replace('approvals: 2', 'approvals: 2\n      attempts: 7');
    expect(await approveRecovery(world.process(), open().id, alan)).toMatchObject({ code: 'conflict' });
    await stillAsks(asked);
    await approveRecovery(world.process(), open().id, alan);
    await stillAsks(asked);
  });

  it('is for the generation as it was: an import since asks anew', async () => {
    const asked = await asking(['approvals: 2']);
    const { world, open } = asked;
    await approveRecovery(world.process(), open().id, grace);
    await world.escrow();
    await approveRecovery(world.process(), open().id, alan);
    await stillAsks(asked);
    expect(open().needs?.binding?.generation).toEqual({ generation: 2, revision: 1 });
  });

  it('of a person who approves twice is one', async () => {
    const asked = await asking(['approvals: 2']);
    const { world, open } = asked;
    await approveRecovery(world.process(), open().id, grace);
    await world.clock.sleep(minute);
    await approveRecovery(world.process(), open().id, grace);
    await stillAsks(asked);
  });
});

describe('what watch remembers', () => {
  const restarted: NodeFacts = {
    state: 'sealed',
    since: 0,
    start: 9_000_000_000_000,
    unsealedStart: 1,
    restarts: [1, 2, 3],
  };

  it('permits nothing: rows that speak of restarts do not unseal what was sealed on purpose', async () => {
    const asked = await asking();
    const { world } = asked;
    world.facts = { nodes: Object.fromEntries(world.names.map((name) => [name, restarted])) };
    await stillAsks(asked);
    world.facts = { nodes: {} };
    await stillAsks(asked);
  });

  const connection = { id: 7, openedAt: 0 };
  it.each<[string, (start: number) => Partial<NodeFacts>]>([
    ['same start time', (start) => ({ unsealedStart: start })],
    ['same start time', (start) => ({ unsealedStart: start + 2_000 })],
    ['same connection', () => ({ unsealedConnection: connection })],
  ])('may stop: a restart that it disproves (%s) needs approval', async (proof, facts) => {
    const world = await new RecoveryUnderTest().ready();
    await world.restart('payments-2');
    const start = world.simulation.state.nodes[1]?.startedAt ?? 0;
    world.facts = { nodes: { 'payments-2': { state: 'sealed', since: 0, ...facts(start) } } };
    await world.nudge();
    expect(world.sent).toEqual([]);
    expect(world.recoveries()).toMatchObject([
      {
        status: 'open',
        needs: { why: expect.stringContaining(`same process unsealed (${proof})`) as string },
      },
    ]);
  });

  it.each<[string, NodeFacts]>([
    ['another start time', { state: 'sealed', since: 0, unsealedStart: 1 }],
    // It has not looked since: the connection is of the process before.
    [
      'a connection to a node that it last saw unsealed',
      { state: 'standby', since: 0, unsealedConnection: connection },
    ],
  ])('does not stop what it does not disprove: %s', async (_what, facts) => {
    const world = await new RecoveryUnderTest().ready();
    await world.restart('payments-2');
    world.facts = { nodes: { 'payments-2': facts } };
    await world.nudge();
    expect(world.sealed()).toEqual([]);
  });

  it('that cannot be read stops automation, and not what people approved', async () => {
    const world = await new RecoveryUnderTest().ready();
    await world.restart('payments-2');
    const facts = () => Promise.reject(new Error('no such table'));
    await runPass(world.process({ facts }), 'payments');
    expect(world.sent).toEqual([]);
    const [recovery] = world.recoveries();
    await approveRecovery(world.process({ facts }), recovery?.id ?? '', grace);
    await runPass(world.process({ facts }), 'payments');
    expect(world.sealed()).toEqual([]);
  });
});

describe('a node that we unsealed', () => {
  it('and that is sealed on purpose right away needs approval, also in the next recovery', async () => {
    const world = await new RecoveryUnderTest().ready();
    await world.restart('payments-2');
    world.onUnseal = (node, when) => {
      if (when !== 'after' || world.sealed().includes(node)) return;
      world.sealOnPurpose(node);
      const until = world.clock.now() + 60 * minute;
      world.standingHolds.push({ cluster: 'payments', by: ada.name, reason: 'stop', until });
    };
    await world.nudge();
    expect(world.recoveries()).toMatchObject([{ ended: { outcome: 'refused' } }]);
    const { length } = world.sent;
    world.standingHolds.length = 0;
    await world.nudge();
    expect(world.sent).toHaveLength(length);
    expect(world.recoveries().at(-1)?.needs).toMatchObject({ kind: 'approval' });
  });
});

describe('without readable start times', () => {
  it('a sealed node needs approval', async () => {
    const world = await new RecoveryUnderTest({ telemetry: false }).ready();
    await world.restart();
    await world.nudge();
    expect(world.sent).toEqual([]);
    expect(world.recoveries()[0]?.needs?.why).toMatch(/its start time cannot be read/);
  });

  it('a sealed node is unsealed where the cluster says so', async () => {
    const world = await new RecoveryUnderTest({
      telemetry: false,
      yaml: ['unknownSealCause: automatic'],
    }).ready();
    await world.restart();
    await world.nudge();
    expect(world.sealed()).toEqual([]);
  });
});

describe('a hold', () => {
  it('that is set in the middle of a recovery stops automation at its next set', async () => {
    const world = await new RecoveryUnderTest().ready();
    await world.restart();
    let set = false;
    world.onUnseal = (node, when) => {
      if (node !== 'payments-2' || when !== 'before' || set) return;
      set = true;
      world.stranger('payments-2', true);
      world.stranger('payments-2');
      world.standingHolds.push({
        cluster: 'payments',
        by: ada.name,
        reason: 'stop',
        until: world.clock.now() + 3_600_000,
      });
    };
    await world.nudge();
    expect(world.sealed()).toEqual(['payments-2']);
    expect(world.recoveries()[0]?.ended).toMatchObject({ outcome: 'refused' });
    expect(world.sent.filter(({ node }) => node === 'payments-2')).toHaveLength(1);
  });

  it.each([
    ['in the past', -1],
    ['now', 0],
    ['in more than 7 days', 7 * 24 * 60 * minute + 1],
    ['at no time', Number.NaN],
  ])('until %s is refused, and none stands', async (_when, ms) => {
    const world = await new RecoveryUnderTest().ready();
    const until = world.clock.now() + ms;
    expect(await setHold(world.process(), 'payments', ada, { until, reason: 'x' })).toMatchObject({
      code: 'invalid',
    });
    expect(world.standingHolds).toEqual([]);
    expect(world.state.audited.filter(({ what }) => what === 'hold-set')).toEqual([]);
  });
});

describe('a rejection', () => {
  it('stands: the same nudges do not ask the same again within the hour', async () => {
    const { world, open } = await asking();
    await rejectRecovery(world.process(), open().id, grace, 'maintenance');
    for (let minutes = 0; minutes < 5; minutes += 1) {
      await world.clock.sleep(minute);
      await world.nudge();
    }
    expect(world.recoveries()).toHaveLength(1);
    expect(world.sent).toEqual([]);
  });
});
