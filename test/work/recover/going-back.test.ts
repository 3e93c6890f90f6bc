/** An import over a proven generation does not lose it. */
import { randomBytes } from 'node:crypto';
import { beforeEach, expect, it } from 'vitest';
import { generationBlobName } from '../../../shared/escrow/generation.ts';
import { generationBytes } from '../../../shared/escrow/write.ts';
import { acceptGeneration, goBack } from '../../../shared/work/recover/accept.ts';
import { keepEscrow } from '../../../shared/work/recover/upkeep.ts';
import { ada, grace, RecoveryUnderTest } from './recovery-under-test.ts';
import { sealedShares } from './sealed-shares.ts';

let world: RecoveryUnderTest;
beforeEach(async () => {
  world = await new RecoveryUnderTest().ready();
});

const newest = async () => (await world.state.generations.newest('payments'))?.value;
const back = (generation = 1) => goBack(world.process(), 'payments', grace, { generation, revision: 1 });

async function proven() {
  await world.restart();
  await world.nudge();
  expect((await newest())?.provenAt).toBeDefined();
}

/** Shares of the right form that are not the cluster's. */
async function garbage() {
  world.wrongShares = true;
  const shares = world.simulation.keys.shares.map((share) =>
    Buffer.concat([randomBytes(32), Buffer.from(share, 'base64').subarray(32)]).toString('base64'),
  );
  await world.escrow(world.process(), shares);
}

it('an approver goes back to the proven one once the next turned out bad, and it unseals again', async () => {
  await proven();
  const before = await newest();
  await garbage();
  await world.restart();
  await world.nudge();
  expect(await newest()).toMatchObject({ generation: 2, bad: {}, previous: { generation: 1, revision: 1 } });
  expect(world.sealed()).not.toEqual([]);
  const first = { generation: 1, revision: 1 };
  expect((await acceptGeneration(world.process(), 'payments', grace, first)).ok).toBe(false);
  expect(await back()).toMatchObject({ ok: true });
  const row = await newest();
  expect(row).toMatchObject({ generation: 1, revision: 1, digest: before?.digest, acceptedBy: grace.id });
  expect(row?.provenAt).toBe(before?.provenAt);
  expect(row).not.toHaveProperty('bad');
  expect(world.state.audited.findLast(({ what }) => what === 'generation-accepted')?.why).toContain(
    'back from generation 2.1',
  );
  await world.timePasses();
  expect(world.sealed()).toEqual([]);
});

it('is remembered through rewraps and further imports that prove nothing', async () => {
  await proven();
  await world.escrow();
  for (const custodian of world.custodians.values()) custodian.version = 2;
  await keepEscrow(world.process());
  expect(await newest()).toMatchObject({ generation: 2, revision: 2, previous: { generation: 1 } });
  await world.escrow();
  expect(await newest()).toMatchObject({ generation: 3, previous: { generation: 1, revision: 1 } });
});

it('nobody goes back from a proven generation, to one that was never proven, or to another blob', async () => {
  await world.escrow();
  expect(await newest()).not.toHaveProperty('previous');
  expect((await back()).ok).toBe(false);
  await proven();
  await world.escrow();
  const stored = await world.state.generations.newest('payments');
  expect(stored?.value.previous).toMatchObject({ generation: 2 });
  const second = { generation: 2, revision: 1 };
  const name = generationBlobName({ cluster: 'payments', ...second });
  const bytes = world.state.blobs.get(name) ?? Buffer.of();
  world.state.blobs.set(name, Buffer.concat([bytes, Buffer.from(' ')]));
  expect(await back(2)).toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('is not the one that was accepted') as string,
  });
  world.state.blobs.set(name, bytes);
  await proven();
  expect(await newest()).toMatchObject({ generation: 3 });
  expect(await back(2)).toMatchObject({ message: expect.stringContaining('and to no other') as string });
});

it.each([
  [1001, true],
  [1002, false],
  [1_000_000, false],
])('an import may be number %i after 1: %s', async (generation, taken) => {
  const binding = await world.process().binding(world.cluster);
  if (!binding.ok) throw new Error(binding.problem);
  const { custodians, clock, holdings, simulation } = world;
  const sealed = await sealedShares(
    { cluster: 'payments', generation, threshold: 3, trust: binding.binding },
    simulation.keys.shares,
    holdings,
    { custodians, clock, createdBy: ada.id },
  );
  world.state.blobs.set(generationBlobName(sealed), generationBytes(sealed));
  const said = await acceptGeneration(world.process(), 'payments', ada, { generation, revision: 1 });
  expect(said.ok).toBe(taken);
});
