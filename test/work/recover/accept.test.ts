import { beforeEach, expect, it } from 'vitest';
import { readGeneration } from '../../../shared/escrow/read.ts';
import { generationBytes } from '../../../shared/escrow/write.ts';
import { acceptGeneration } from '../../../shared/work/recover/accept.ts';
import { errorOf } from '../../escrow/build.ts';
import { ada, RecoveryUnderTest } from './recovery-under-test.ts';

let world: RecoveryUnderTest;
beforeEach(async () => {
  world = new RecoveryUnderTest({ policy: 'manual' });
  await world.escrow();
});

const accept = (generation: number, revision = 1) =>
  acceptGeneration(world.process(), 'payments', ada, { generation, revision });
const inUse = async () => (await world.state.generations.newest('payments'))?.value.generation;

it('takes any generation after the one in use: the number of a failed import stays its own', async () => {
  await world.state.escrow.create('payments/0002.0001.json', Buffer.from('left behind'));
  const third = 'payments/0003.0001.json';
  expect(await accept(3)).toMatchObject({ ok: false, message: `there is no blob ${third}` });
  // Sealed as generation 1, and no other: a copy under another name is not it.
  const first = world.state.blobs.get('payments/0001.0001.json') ?? Buffer.alloc(0);
  await world.state.escrow.create(third, first);
  expect(await accept(3)).toMatchObject({ ok: false });
  const read = readGeneration(first);
  if (!read.ok) throw new Error(read.problem);
  await world.state.escrow.create(
    'payments/0004.0001.json',
    generationBytes({ ...read.generation, generation: 4 }),
  );
  expect(await accept(4)).toMatchObject({ ok: false, code: 'conflict' });
  expect(await inUse()).toBe(1);
});

it.each([
  [1, 1],
  [1, 2],
  [2, 2],
])('refuses generation %i, revision %i beside one that is in use', async (generation, revision) => {
  expect(await accept(generation, revision)).toMatchObject({
    ok: false,
    code: 'conflict',
    message: expect.stringContaining('is revision 1 of a generation after 1') as string,
  });
});

it('takes no generation of which an envelope does not open, whatever the reason is called', async () => {
  const world = new RecoveryUnderTest({ policy: 'manual' });
  const [custodian] = world.custodians.values();
  if (custodian) custodian.failing = (call) => (call === 'unwrap' ? errorOf('key-expired') : undefined);
  await expect(world.escrow()).rejects.toThrow('it is key-expired');
  expect(await world.state.generations.newest('payments')).toBeUndefined();
});
