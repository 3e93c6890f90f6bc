/** Each word of people, each key opening and each step is on record before it counts: who, when, why, of what. */
import { expect, it } from 'vitest';
import { composeRecoverDeps } from '../../../shared/compose/recover.ts';
import type { AuditEntry } from '../../../shared/people/person.ts';
import { open } from '../../../shared/work/recover/request.ts';
import { formsOf } from '../../escrow/build.ts';
import { memoryRecoverState } from '../../fakes/state/recover-memory.ts';
import type { Deed } from './deed.ts';
import { deeds } from './deeds.ts';
import { RecoveryUnderTest } from './recovery-under-test.ts';

async function worldOf({ policy = 'manual', before }: Deed): Promise<RecoveryUnderTest> {
  const world = await new RecoveryUnderTest({ policy }).ready();
  await before?.(world);
  return world;
}

/** All that a word of people, or a pass, can change. */
async function changed(world: RecoveryUnderTest) {
  const recoveries = world.recoveries();
  return {
    recoveries: recoveries.map(({ id, status, ended }) => [id, status, ended?.outcome]),
    approvals: await Promise.all(recoveries.map(({ id }) => world.state.approvals.of('payments', id))),
    holds: [...world.standingHolds],
    generation: (await world.state.generations.newest('payments'))?.value,
    sent: world.sent.length,
    unwraps: [...world.custodians.values()].map(({ unwraps }) => unwraps),
  };
}

it.each(deeds)('$title: who, when, why and of what', async (deed) => {
  const world = await worldOf(deed);
  const from = world.state.audited.length;
  const at = world.clock.now();
  await deed.happens(world);
  const entries = world.state.audited.slice(from);
  const expected = deed.leaves(world).map((entry) => ({ at, cluster: 'payments', ...entry }));
  expect(entries).toHaveLength(expected.length);
  expect(entries).toEqual(expect.arrayContaining(expected));
});

it.each(deeds)('$title: what cannot be recorded does not happen', async (deed) => {
  const world = await worldOf(deed);
  const before = await changed(world);
  world.state.audit.write = () => Promise.reject(new Error('storage is away'));
  await expect(deed.happens(world)).rejects.toThrow('storage is away');
  expect(await changed(world)).toEqual(before);
});

const kinds: AuditEntry['what'][] = [
  'requested',
  'approved',
  'rejected',
  'hold-set',
  'hold-ended',
  'generation-accepted',
  'key-opened',
  'step',
  'ended',
];

it.each(kinds)(
  '%s: a share or token that somebody typed reaches no blob of the composed app',
  async (what) => {
    const state = memoryRecoverState();
    const env = { SEALWATCH_STORAGE: 'UseDevelopmentStorage=true' };
    const { audit } = composeRecoverDeps(env, { state, write: () => undefined }).state;
    const share = Buffer.from(Array.from({ length: 33 }, (_, i) => (i * 37 + 11) % 256));
    const typed = [share.toString('base64'), share.toString('hex'), `hvs.${'CAESIJ0x'.repeat(4)}`].join(' ');
    const entry = {
      at: 0,
      who: 'tid/ada',
      name: `Ada ${typed}`,
      cluster: 'payments',
      why: `unseal with ${typed}`,
    };
    await audit.write({ ...entry, what, facts: { summary: `ended by ${typed}` } });
    expect(state.audited).toMatchObject([{ what, why: 'unseal with [removed] [removed] [removed]' }]);
    const kept = JSON.stringify(state.audited);
    for (const form of [...formsOf(share), ...typed.split(' ')]) expect(kept).not.toContain(form);
  },
);

it('what automation says of a node reaches a blob of the composed app without a share either', async () => {
  const world = await new RecoveryUnderTest({ policy: 'manual' }).ready();
  const env = { SEALWATCH_STORAGE: 'UseDevelopmentStorage=true' };
  const { state } = composeRecoverDeps(env, { state: world.state, write: () => undefined });
  const [share = ''] = world.simulation.keys.shares;
  const asked = { kind: 'unseal', way: 'automatic', by: 'app:recover', byName: 'Sealwatch' } as const;
  const from = world.state.audited.length;
  await open(world.process({ state }), world.cluster, {
    ...asked,
    reason: `it said ${share}`,
    dryRun: false,
    lost: [],
  });
  expect(world.state.audited.slice(from)).toMatchObject([{ what: 'requested', why: 'it said [removed]' }]);
});
