/** How a generation comes into use, stays fit for it, and follows what fleet.yaml says. */
import { describe, expect, it } from 'vitest';
import { type Generation, generationBlobName } from '../../../shared/escrow/generation.ts';
import { generationBytes } from '../../../shared/escrow/write.ts';
import { acceptGeneration } from '../../../shared/work/recover/accept.ts';
import { requestRecovery } from '../../../shared/work/recover/request.ts';
import { keepEscrow } from '../../../shared/work/recover/upkeep.ts';
import { errorOf } from '../../escrow/build.ts';
import { Stopper } from '../../fakes/state/stopping.ts';
import { approveRecovery } from './approving.ts';
import { ada, alan, grace, RecoveryUnderTest } from './recovery-under-test.ts';
import { sealedShares } from './sealed-shares.ts';

const nameOf = (generation: number, revision = 1) =>
  generationBlobName({ cluster: 'payments', generation, revision });

const newest = async (world: RecoveryUnderTest) => (await world.state.generations.newest('payments'))?.value;

/** A change of trust (rule 2): more is done without people than before. */
const loosened = (yaml: string) =>
  yaml.replace('    recovery:', '    unknownSealCause: automatic\n    recovery:');

/** A blob that a person's own login created, as the import does. */
async function created(world: RecoveryUnderTest, change: (generation: Generation) => void = () => undefined) {
  const binding = await world.process().binding(world.cluster);
  if (!binding.ok) throw new Error(binding.problem);
  const { custodians, clock, holdings, simulation } = world;
  const generation = await sealedShares(
    { cluster: 'payments', generation: 1, threshold: 3, trust: binding.binding },
    simulation.keys.shares,
    holdings,
    { custodians, clock, createdBy: ada.id },
  );
  change(generation);
  world.state.blobs.set(nameOf(1), generationBytes(generation));
}

const acceptFirst = (world: RecoveryUnderTest) =>
  acceptGeneration(world.process(), 'payments', ada, { generation: 1, revision: 1 });

describe('an import', () => {
  it('is taken into use once every envelope opened, with who did it on record', async () => {
    const world = new RecoveryUnderTest();
    await created(world);
    expect(await acceptFirst(world)).toMatchObject({ ok: true, value: { warnings: [] } });
    expect(await newest(world)).toMatchObject({ generation: 1, revision: 1, acceptedBy: ada.id });
    const [asked, ...opened] = world.state.audited.slice(0, -1);
    const accepted = world.state.audited.at(-1);
    expect(asked).toMatchObject({ what: 'requested', who: ada.id });
    expect(accepted).toMatchObject({ what: 'generation-accepted', who: ada.id });
    expect(opened.map(({ what, who }) => `${what} by ${who}`)).toEqual(
      Array(6).fill(`key-opened by ${ada.id}`),
    );
    expect([...world.custodians.values()].map(({ unwraps }) => unwraps)).toEqual([2, 2, 2]);
  });

  it.each<[string, RegExp, (generation: Generation, world: RecoveryUnderTest) => void]>([
    ['of another trust', /trust differs/, (_one, world) => (world.yaml = loosened(world.yaml))],
    ['of another cluster', /another cluster/, (one) => (one.cluster = 'orders')],
    ['under another number', /another cluster, generation/, (one) => (one.generation = 3)],
    [
      'with one envelope that does not open',
      /share 5 .*was changed/,
      (one) => {
        const fifth = one.envelopes.find(({ index }) => index === 5);
        if (fifth) fifth.tag = Buffer.alloc(16, 1).toString('base64');
      },
    ],
    [
      'while a custodian is denied',
      /it is denied/,
      (_one, world) => {
        const b = world.custodians.get('b');
        if (b) b.failing = () => errorOf('denied');
      },
    ],
  ])('%s is refused, and nothing is in use', async (_what, why, change) => {
    const world = new RecoveryUnderTest();
    await created(world, (generation) => change(generation, world));
    const said = await acceptFirst(world);
    expect(said).toMatchObject({ ok: false, code: 'conflict', message: expect.stringMatching(why) });
    expect(await newest(world)).toBeUndefined();
    expect(world.state.audited.filter(({ what }) => what === 'generation-accepted')).toEqual([]);
    expect(world.state.audited[0]).toMatchObject({ what: 'requested', who: ada.id });
  });

  it('of an older generation, or the same one, or a later revision, is refused', async () => {
    const world = new RecoveryUnderTest();
    await world.escrow();
    await world.escrow();
    for (const [generation, revision] of [
      [1, 1],
      [2, 1],
      [2, 2],
      [3, 2],
    ] as const) {
      world.state.blobs.set(nameOf(generation, revision), world.state.blobs.get(nameOf(1)) ?? Buffer.of());
      const said = await acceptGeneration(world.process(), 'payments', ada, { generation, revision });
      expect(said).toMatchObject({ ok: false, code: 'conflict' });
    }
    expect(await newest(world)).toMatchObject({ generation: 2, revision: 1 });
  });

  it('without a blob, or for an unknown cluster, is refused', async () => {
    const world = new RecoveryUnderTest();
    expect(await acceptFirst(world)).toMatchObject({ ok: false, message: expect.stringMatching(/no blob/) });
    const wanted = { generation: 1, revision: 1 };
    expect(await acceptGeneration(world.process(), 'nobody', ada, wanted)).toMatchObject({
      code: 'not-found',
    });
  });
});

/** fleet.yaml loosened, and somebody asks to go by it. */
async function rebinding(recovery: string[] = []) {
  const world = await new RecoveryUnderTest({ recovery }).ready();
  await world.restart();
  await world.nudge();
  expect((await newest(world))?.provenAt).toBeDefined();
  world.yaml = loosened(world.yaml);
  const asked = await requestRecovery(world.process(), 'payments', {
    kind: 'rebind',
    way: 'manual',
    by: ada.id,
    byName: ada.name,
    reason: 'no metrics here',
    dryRun: false,
    lost: [],
  });
  await world.settle();
  return { world, id: asked.ok ? asked.value.id : '' };
}

describe('a change of trust', () => {
  it('refuses recovery until an approved rebind, and says which field', async () => {
    const { world, id } = await rebinding();
    const open = world.recoveries().find((one) => one.id === id);
    expect(open?.needs?.binding?.steps).toEqual(['rebind']);
    expect(open?.needs?.why).toMatch(/unknownSealCause/);
    expect(await newest(world)).toMatchObject({ revision: 1 });
    await approveRecovery(world.process(), id, grace);
    await world.settle();
    const row = await newest(world);
    expect(row).toMatchObject({ generation: 1, revision: 2, acceptedBy: ada.id });
    expect(row?.provenAt).toBeDefined();
    expect(world.recoveries().find((one) => one.id === id)?.ended?.outcome).toBe('recovered');
    expect([...world.state.blobs.keys()].filter((name) => name.startsWith('payments/'))).toEqual([
      nameOf(1, 1),
      nameOf(1, 2),
    ]);
    await world.restart();
    await world.nudge();
    expect(world.sealed()).toEqual([]);
  });

  it('is not bound by an approval to unseal', async () => {
    const { world, id } = await rebinding();
    const binding = world.recoveries().find((one) => one.id === id)?.needs?.binding;
    if (!binding) throw new Error('it asks for nothing');
    const at = world.clock.now();
    const steps = ['await-joiner', 'await-leader', 'unseal-node', 'verify'] as const;
    const about = { by: grace.id, name: grace.name, at, expiresAt: at + 60_000 };
    await world.state.approvals.save({ ...about, binding: { ...binding, steps: [...steps] } });
    await world.nudge();
    expect(await newest(world)).toMatchObject({ revision: 1 });
  });

  it('to fewer approvals takes as many as before', async () => {
    const { world, id } = await rebinding(['approvals: 2']);
    world.yaml = world.yaml.replace('approvals: 2', 'approvals: 1');
    await world.nudge();
    await approveRecovery(world.process(), id, ada);
    await world.settle();
    await approveRecovery(world.process(), id, grace);
    await world.settle();
    expect(await newest(world)).toMatchObject({ revision: 1 });
    await approveRecovery(world.process(), id, alan);
    await world.settle();
    expect(await newest(world)).toMatchObject({ revision: 2 });
  });

  it('ends with one revision in use that opens, wherever the app is killed', async () => {
    const run = async (stopper: Stopper) => {
      const { world, id } = await rebinding();
      await approveRecovery(world.process(), id, grace);
      await world.settleUntilKilled(stopper);
      await world.timePasses();
      expect(world.recoveries().every(({ status }) => status === 'ended')).toBe(true);
      expect((await newest(world))?.revision).toBeGreaterThanOrEqual(2);
      expect(world.rules.broken).toEqual([]);
      await world.restart();
      await world.nudge();
      expect(world.sealed()).toEqual([]);
    };
    const whole = new Stopper();
    await run(whole);
    expect(whole.effects.length).toBeGreaterThan(5);
    for (let n = 1; n <= whole.effects.length; n += 1) {
      await run(new Stopper(n, 'before'));
      await run(new Stopper(n, 'after'));
    }
  });
});

describe('the daily upkeep', () => {
  it('moves shares to the newest key version, and says which old one is not needed any more', async () => {
    const world = await new RecoveryUnderTest().ready();
    await world.restart();
    await world.nudge();
    const a = world.custodians.get('a');
    if (!a) throw new Error('no custodian');
    const old = a.keyId;
    a.version = 2;
    await keepEscrow(world.process());
    const row = await newest(world);
    expect(row).toMatchObject({ generation: 1, revision: 2, upkeep: { problems: [] } });
    expect(row?.provenAt).toBeDefined();
    const told = world.logged.find((line) => line.includes('escrow-key-version-not-needed'));
    expect(JSON.parse(told ?? '{}')).toMatchObject({ cluster: 'payments', custodian: 'a', version: old });
    await world.restart();
    a.failing = (_call, keyId) => (keyId === old ? errorOf('key-disabled') : undefined);
    await world.nudge();
    expect(world.sealed()).toEqual([]);
    expect(world.recoveries().at(-1)?.troubles).toEqual([]);
  });

  it.each([
    ['denied', 'denied'],
    ['unavailable', 'custodian-away'],
    ['key-disabled', 'key-disabled'],
    ['key-deleted', 'key-deleted'],
    ['refused', 'tampered'],
  ] as const)('writes that a custodian is %s, and rewraps nothing meanwhile', async (code, problem) => {
    const world = await new RecoveryUnderTest().ready();
    const [a, b] = [world.custodians.get('a'), world.custodians.get('b')];
    if (!a || !b) throw new Error('no custodian');
    a.version = 2;
    b.failing = () => errorOf(code);
    await keepEscrow(world.process());
    const row = await newest(world);
    expect(row).toMatchObject({ revision: 1 });
    expect(row?.upkeep?.problems).toContainEqual(expect.objectContaining({ code: problem, custodian: 'b' }));
    b.failing = () => undefined;
    await keepEscrow(world.process());
    expect(await newest(world)).toMatchObject({ revision: 2, upkeep: { problems: [] } });
  });

  it('writes that fleet.yaml differs from the trust, and binds nothing by itself', async () => {
    const world = await new RecoveryUnderTest().ready();
    for (const custodian of world.custodians.values()) custodian.version = 2;
    world.yaml = loosened(world.yaml);
    await keepEscrow(world.process());
    const row = await newest(world);
    expect(row?.revision).toBe(1);
    expect(row?.upkeep?.problems.map(({ code }) => code)).toContain('trust-changed');
  });

  it('writes that the blob is not the one that was accepted', async () => {
    const world = await new RecoveryUnderTest().ready();
    world.state.blobs.set(nameOf(1), Buffer.from('{}'));
    await keepEscrow(world.process());
    expect((await newest(world))?.upkeep?.problems).toMatchObject([{ code: 'tampered' }]);
  });

  it('keeps what is known of the shares: bad ones stay bad in a new revision', async () => {
    const world = await new RecoveryUnderTest().ready();
    const stored = await world.state.generations.newest('payments');
    if (!stored) throw new Error('no generation');
    const bad = { at: world.clock.now(), node: 'payments-1', recovery: 'payments.r1' };
    await world.state.generations.save({ ...stored.value, bad }, stored.etag);
    for (const custodian of world.custodians.values()) custodian.version = 2;
    await keepEscrow(world.process());
    expect(await newest(world)).toMatchObject({ revision: 2, bad });
    await world.restart();
    await world.nudge();
    expect(world.sent).toEqual([]);
  });

  it('of one cluster that fails does not keep another from its own', async () => {
    const world = await new RecoveryUnderTest({ neighbour: true }).ready();
    for (const custodian of world.custodians.values()) custodian.version = 2;
    const deps = world.process();
    const { escrow } = deps.state;
    const read: typeof escrow.read = async (name) => {
      if (name.startsWith('payments/')) throw new Error('storage is away');
      return escrow.read(name);
    };
    await keepEscrow({ ...deps, state: { ...deps.state, escrow: { ...escrow, read } } });
    expect((await world.state.generations.newest('orders'))?.value.revision).toBe(2);
    expect(world.logged.some((line) => line.includes('escrow-upkeep-failed'))).toBe(true);
  });
});
