/** What was true of a seal says nothing of the next one: proofs, approvals, sets and policies grow old. */
import { describe, expect, it } from 'vitest';
import { nudgeOverdue } from '../../../shared/work/recover/overdue.ts';
import { runPass } from '../../../shared/work/recover/pass.ts';
import { requestRecovery } from '../../../shared/work/recover/request.ts';
import { noteStarts } from '../../../shared/work/recover/starts.ts';
import { approveRecovery } from './approving.ts';
import { ada, grace, RecoveryUnderTest } from './recovery-under-test.ts';

const hour = 3_600_000;

/** Three nodes go down, and the first one is up again: more is to come in this recovery. */
async function oneIsUp(options: ConstructorParameters<typeof RecoveryUnderTest>[0]) {
  const world = await new RecoveryUnderTest(options).ready();
  for (const node of world.names) world.simulation.apply({ kind: 'kill', node });
  await world.clock.sleep(5000);
  world.simulation.apply({ kind: 'start', node: 'payments-1' });
  await world.clock.sleep(1000);
  return world;
}

/** Every start time that is read is later by so much: the clocks of the machines were set. */
function setClocks(world: RecoveryUnderTest, ms: number) {
  const { connect, ...deps } = world.process();
  return world.process({
    ...deps,
    connect: async (...args) => {
      const connected = await connect(...args);
      for (const { client } of connected.nodes) {
        if ('code' in client) continue;
        const read = client.processStart.bind(client);
        client.processStart = async (...calling) => {
          const answer = await read(...calling);
          return answer.ok ? { ...answer, body: answer.body + ms } : answer;
        };
      }
      return connected;
    },
  });
}

describe('a seal on purpose', () => {
  it('does not look like a restart where a clock was set since', async () => {
    const world = await new RecoveryUnderTest().ready();
    await world.clock.sleep(24 * hour);
    await noteStarts(world.process());
    world.sealOnPurpose('payments-2');
    await world.clock.sleep(hour);
    await world.state.nudges.send('steps', 'payments', 0);
    await world.settle({ process: () => setClocks(world, 2500) });
    expect(world.sent).toEqual([]);
    expect(world.recoveries()[0]?.needs).toMatchObject({ kind: 'approval' });
    expect(world.rules.broken).toEqual([]);
  });

  it('after the approval is not covered by it', async () => {
    const world = await oneIsUp({ policy: 'manual' });
    const asked = { kind: 'unseal', way: 'manual', by: ada.id, byName: ada.name, reason: 'patched' } as const;
    const requested = await requestRecovery(world.process(), 'payments', {
      ...asked,
      dryRun: false,
      lost: [],
    });
    if (!requested.ok) throw new Error(requested.message);
    await runPass(world.process(), 'payments');
    await approveRecovery(world.process(), requested.value.id, grace);
    await runPass(world.process(), 'payments');
    const before = world.sent.length;
    await world.clock.sleep(5 * 60_000);
    world.sealOnPurpose('payments-1');
    await runPass(world.process(), 'payments');
    expect(before).toBe(3);
    expect(world.sent).toHaveLength(before);
    await world.clock.sleep(1000);
    await approveRecovery(world.process(), requested.value.id, grace);
    await runPass(world.process(), 'payments');
    expect(world.sent).toHaveLength(before + 3);
  });
});

it('a recovery that began by itself asks people once fleet.yaml is set back to manual', async () => {
  const world = await oneIsUp({});
  await runPass(world.process(), 'payments');
  expect(world.sent).toHaveLength(3);
  world.yaml = world.yaml.replace('policy: automatic', 'policy: manual');
  await world.escrow();
  for (const node of ['payments-2', 'payments-3']) world.simulation.apply({ kind: 'start', node });
  await world.clock.sleep(10_000);
  await world.settle();
  expect(world.sent).toHaveLength(3);
  expect(world.recoveries()[0]?.needs?.why).toMatch(/policy in fleet.yaml is manual by now/);
});

it('a node that restarts now and then is brought back each time, however long a recovery stays open', async () => {
  const world = await new RecoveryUnderTest({ recovery: ['nodeUnseals: 50'] }).ready();
  world.sealOnPurpose('payments-2');
  await world.nudge();
  for (let time = 1; time <= 4; time += 1) {
    await world.clock.sleep(3 * hour);
    await noteStarts(world.process());
    await nudgeOverdue(world.process());
    await world.settle();
    await world.restart('payments-1');
    await world.nudge();
    expect([time, world.sealed()]).toEqual([time, ['payments-2']]);
  }
  expect(world.recoveries()).toHaveLength(1);
});

it.each([
  ['another threshold', { t: 5, n: 9 }],
  ['a seal provider', { recovery_seal: true }],
  ['a seal migration', { migration: true }],
])('a node that tells of %s does not keep the others sealed', async (_what, lie) => {
  const world = await new RecoveryUnderTest().ready();
  await world.restart();
  const { connect } = world.process();
  const process = () =>
    world.process({
      connect: async (...args) => {
        const connected = await connect(...args);
        const [client] = connected.nodes.flatMap((one) =>
          one.node === 'payments-3' && !('code' in one.client) ? [one.client] : [],
        );
        if (!client) throw new Error('payments-3 is not connected');
        const read = client.sealStatus.bind(client);
        client.sealStatus = async (...calling) => {
          const answer = await read(...calling);
          return answer.ok ? { ...answer, body: { ...answer.body, ...lie } } : answer;
        };
        return connected;
      },
    });
  await world.state.nudges.send('steps', 'payments', 0);
  await world.settle({ process });
  expect(world.sealed()).toEqual(['payments-3']);
  expect(world.sent.filter(({ node }) => node === 'payments-3')).toEqual([]);
  expect(world.recoveries()[0]?.ended?.summary).toMatch(/^2 of 3.*payments-3: |^payments-3: /);
});
