/** A rebind changes where shares go: nobody does that alone, and not after somebody said no. */
import { expect, it } from 'vitest';
import { bindingHash } from '../../../shared/people/approvals.ts';
import type { Person } from '../../../shared/people/person.ts';
import { requestRecovery } from '../../../shared/work/recover/request.ts';
import { rejectRecovery } from '../../../shared/work/recover/respond.ts';
import { showRecovery } from '../../../shared/work/recover/show.ts';
import { approveRecovery } from './approving.ts';
import { alan, grace, RecoveryUnderTest } from './recovery-under-test.ts';

/** With both roles. */
const ada: Person = {
  id: 'tid/ada',
  name: 'Ada Lovelace',
  roles: ['Sealwatch.Operate', 'Sealwatch.Approve'],
};

async function asking(approvals: 1 | 2): Promise<{ world: RecoveryUnderTest; id: string }> {
  const world = await new RecoveryUnderTest({
    policy: 'manual',
    recovery: [`approvals: ${approvals}`],
  }).ready();
  world.yaml = world.yaml.replace('    recovery:', '    unknownSealCause: automatic\n    recovery:');
  return { world, id: await asksFor(world) };
}

async function asksFor(world: RecoveryUnderTest): Promise<string> {
  const asked = await requestRecovery(world.process(), 'payments', {
    kind: 'rebind',
    way: 'manual',
    by: ada.id,
    byName: ada.name,
    reason: 'metrics are off',
    dryRun: false,
    lost: [],
  });
  if (!asked.ok) throw new Error(asked.message);
  await world.settle();
  return asked.value.id;
}

const inUse = async ({ state }: RecoveryUnderTest) =>
  (await state.generations.newest('payments'))?.value.revision;
const shown = async (world: RecoveryUnderTest, id: string) => {
  const found = await showRecovery(world.process(), id);
  if (!found.ok) throw new Error(found.message);
  return found.value;
};

it.each([
  [1, 'by somebody else (whoever asked does not count): shares would go by'],
  [2, 'by two others (whoever asked does not count): shares would go by'],
] as const)('who asked for it does not approve it where %i must, and is told so', async (approvals, why) => {
  const { world, id } = await asking(approvals);
  expect((await shown(world, id)).needs?.why).toContain(why);
  expect(await approveRecovery(world.process(), id, ada)).toMatchObject({
    code: 'forbidden',
    message: 'a rebind changes where shares go: somebody else must approve it than who asked for it',
  });
  expect(await world.state.approvals.of('payments', id)).toEqual([]);
  expect(world.state.audited.filter(({ what }) => what === 'approved')).toEqual([]);
});

it('an approval of who asked for it counts for nothing, however it got into the table', async () => {
  const { world, id } = await asking(1);
  const { needs } = await shown(world, id);
  if (!needs) throw new Error('it needs nothing');
  const at = world.clock.now();
  const forged = { binding: needs.binding, by: ada.id, name: 'Another', at, expiresAt: at + 60_000 };
  await world.state.approvals.save(forged);
  await world.state.nudges.send('steps', 'payments', 0);
  await world.settle();
  expect(await inUse(world)).toBe(1);
  expect((await shown(world, id)).needs).toMatchObject({ approvals: { needed: 1, missing: 1 } });
  expect(bindingHash(needs.binding)).toBe(needs.hash);
  await approveRecovery(world.process(), id, grace);
  await world.settle();
  expect(await inUse(world)).toBe(2);
});

it('where two must approve, the first leaves one more to wait for', async () => {
  const { world, id } = await asking(2);
  await approveRecovery(world.process(), id, grace);
  await world.settle();
  expect((await shown(world, id)).needs).toMatchObject({
    why: expect.stringMatching(/^by one more person \(whoever asked/) as string,
    approvals: { needed: 2, missing: 1 },
  });
  await approveRecovery(world.process(), id, alan);
  await world.settle();
  expect(await inUse(world)).toBe(2);
});

it('a no while the shares are sealed anew leaves nothing in use, and no blob', async () => {
  const { world, id } = await asking(1);
  const [custodian] = world.custodians.values();
  if (!custodian) throw new Error('no custodian');
  const wrap = custodian.wrap.bind(custodian);
  custodian.wrap = async (key) => {
    await rejectRecovery(world.process(), id, alan, 'not this way');
    return wrap(key);
  };
  await approveRecovery(world.process(), id, grace);
  await world.settle();
  expect(await shown(world, id)).toMatchObject({ status: 'ended', ended: { outcome: 'rejected' } });
  expect([...world.state.blobs.keys()]).toEqual(['payments/0001.0001.json']);
  expect(await inUse(world)).toBe(1);
});

it.each([
  ['another key', 'key: "VAULT/keys/of-somebody"', 'the key VAULT/keys/of-somebody'],
  ['a passphrase', 'passphrase: "env:SECRET_OWN"', 'a passphrase'],
])(
  'shows whoever approves that fleet.yaml names %s for a custodian: it could open shares from then on',
  async (_, entry, after) => {
    const world = await new RecoveryUnderTest({ policy: 'manual' }).ready();
    const [own = ''] = [...world.yaml.matchAll(/\{key: "([^"]+)\/keys\/escrow"/g)].map(([, vault]) => vault);
    world.yaml = world.yaml
      .replace('    recovery:', '    unknownSealCause: automatic\n    recovery:')
      .replace(`key: "${own}/keys/escrow"`, entry.replace('VAULT', own));
    const id = await asksFor(world);
    expect((await shown(world, id)).needs?.why).toContain(
      `its shares would be wrapped with ${after.replace('VAULT', own)}, not the key ${own}/keys/escrow`,
    );
  },
);
