import { beforeEach, expect, it } from 'vitest';
import { Share } from '../../../shared/escrow/share.ts';
import type { ImportView } from '../../../shared/work/escrow/look.ts';
import { storeGeneration } from '../../../shared/work/escrow/store.ts';
import { ada, RecoveryUnderTest } from '../recover/recovery-under-test.ts';

let world: RecoveryUnderTest;
let view: ImportView;
beforeEach(async () => {
  world = new RecoveryUnderTest({ policy: 'manual' });
  const bound = await world.process().binding(world.cluster);
  if (!bound.ok) throw new Error(bound.problem);
  view = {
    cluster: world.cluster,
    binding: bound.binding,
    seal: { threshold: 3, count: 5, type: 'shamir', recoverySeal: false },
    nodes: [],
    plan: { singlePoints: [], reachAlone: [] },
    generation: 1,
  };
});

const shares = () =>
  world.simulation.keys.shares.map((share, at) => new Share(at + 1, Buffer.from(share, 'base64')));

/** As if these custodians of the cluster were passphrases. */
function withLocal(...names: string[]): ImportView {
  const custodians = view.cluster.escrow.custodians.map((entry) => ({
    ...entry,
    kind: names.includes(entry.name) ? ('local' as const) : entry.kind,
  }));
  return { ...view, cluster: { ...view.cluster, escrow: { custodians } } };
}

const unwraps = (name: string) => world.custodians.get(name)?.unwraps;

it("opens again what a passphrase wrapped, before the blob is written, and leaves others' to recover", async () => {
  const stored = await storeGeneration(world.process(), withLocal('b'), shares(), ada.id);
  expect(stored).toEqual({ ok: true, blob: 'payments/0001.0001.json', generation: 1, revision: 1 });
  expect([unwraps('a'), unwraps('b'), unwraps('c')]).toEqual([0, 2, 0]);
});

it('writes nothing when a passphrase does not open what it wrapped', async () => {
  const b = world.custodians.get('b');
  if (!b) throw new Error('no custodian b');
  b.failing = (call) =>
    call === 'unwrap'
      ? { ok: false, error: { code: 'refused', message: 'it is not its own', recoverable: false } }
      : undefined;
  const stored = await storeGeneration(world.process(), withLocal('b'), shares(), ada.id);
  expect(stored).toEqual({ ok: false, problems: ['it is not its own'] });
  expect(world.state.blobs.size).toBe(0);
});

it('overwrites nothing that somebody else imported meanwhile', async () => {
  await world.state.escrow.create('payments/0001.0001.json', Buffer.from('theirs'));
  const stored = await storeGeneration(world.process(), view, shares(), ada.id);
  expect(stored).toMatchObject({ ok: false, problems: [expect.stringContaining('somebody else') as string] });
  expect(world.state.blobs.get('payments/0001.0001.json')?.toString()).toBe('theirs');
});

it('leaves the shares to their giver, who destroys them', async () => {
  const given = shares();
  await storeGeneration(world.process(), view, given, ada.id);
  expect(given.map(({ length }) => length)).toEqual([33, 33, 33, 33, 33]);
});
