/** The key of a transit seal: what the contract of kinds does not say. On a real Vault: test/live/rotation/transit-kinds.test.ts. */
import { expect, it } from 'vitest';
import { systemClock } from '../../../shared/compose/clock.ts';
import { type TransitKeyPorts, transitKey } from '../../../shared/rotation/kinds/transit-key.ts';
import { must } from '../../contract/rotation-kind.ts';
import { providerForEach } from './provider-rig.ts';

const rig = providerForEach();

const kindWith = (over: Partial<TransitKeyPorts> = {}) => transitKey({ ...rig.world.ports, ...over });
const matching = (pattern: RegExp) => expect.stringMatching(pattern) as string;

it('has its versions looked at, oldest first, with when each was made', async () => {
  rig.world.fake.versions = Array.from({ length: 11 }, (_, at) => 1_790_000_000 + at);
  rig.world.fake.minimum = 9;
  expect(must(await kindWith().look(undefined))).toEqual({
    current: { state: 'works', ref: '11', madeAt: 1_790_000_010_000, renewable: false },
    ours: [],
    foreign: [],
    minimum: 9,
    versions: ['9', '10', '11'].map((version) => ({
      version,
      madeAt: (1_790_000_000 + Number(version) - 1) * 1000,
      enabled: true,
    })),
  });
});

it('that is gone is dead', async () => {
  rig.world.fake.keyGone = true;
  expect(must(await kindWith().look(undefined)).current).toEqual({
    state: 'dead',
    why: 'root has no transit key payments (404)',
  });
});

it('is not rotated where the answer might not come in time', async () => {
  const elapsed = () => rig.world.asked().flat().length * 75_000;
  const clock = { ...systemClock, elapsed };
  expect(await kindWith({ clock }).create('payments.one')).toMatchObject({ code: 'unreachable' });
  expect(await kindWith({ clock }).raiseMinimum?.(1)).toMatchObject({ ok: true });
  rig.world.fake.versions.push(1_790_000_001);
  expect(await kindWith({ clock }).raiseMinimum?.(2)).toMatchObject({ code: 'unreachable' });
  expect([rig.world.fake.versions.length, rig.world.fake.minimum]).toEqual([2, 1]);
});

it('is rotated once, though the answer was lost: the new version is adopted', async () => {
  rig.world.nodes[0]?.way.loseNextAnswer(/\/rotate$/);
  expect(await kindWith().create('payments.one')).toMatchObject({ ok: false, code: 'unreachable' });
  expect(rig.world.asked()[1]).toEqual([]);
  expect(must(await kindWith().orphans('payments.one', { at: 0, before: '1' }))).toEqual({
    state: 'adopt',
    fresh: { ref: '2', madeAt: rig.world.fake.now * 1000 },
  });
  expect(must(await kindWith().orphans('payments.one', { at: 0, before: '2' }))).toEqual({
    state: 'known',
    end: [],
  });
});

it('of whose newest version nothing was noted is not adopted', async () => {
  expect(must(await kindWith().orphans('payments.one', { at: 0 }))).toEqual({ state: 'known', end: [] });
});

it('that a node still encrypts with the old version of does not work yet', async () => {
  const { fresh } = must(await kindWith().create('payments.one'));
  rig.world.fake.encryptsWith = 1;
  expect(await kindWith().exercise(fresh, undefined)).toMatchObject({
    code: 'not-yet',
    detail: matching(/version 1/),
  });
  rig.world.fake.encryptsWith = undefined;
  expect(await kindWith().exercise(fresh, undefined)).toMatchObject({ ok: true });
  must(await kindWith().create('payments.two'));
  expect(await kindWith().exercise(fresh, undefined)).toMatchObject({ ok: true });
});

it('is not exercised without the token of the seal', async () => {
  const sealToken: TransitKeyPorts['sealToken'] = async () => ({
    ok: false,
    why: 'SEALWATCH_SECRET_SEAL is not set',
  });
  expect(await kindWith({ sealToken }).exercise({ ref: '1' }, undefined)).toMatchObject({
    code: 'not-configured',
    detail: matching(/SEALWATCH_SECRET_SEAL is not set/),
  });
});

it('has its minimum raised once, never lowered, and never past its newest version', async () => {
  must(await kindWith().create('payments.one'));
  must(await kindWith().create('payments.two'));
  expect(await kindWith().raiseMinimum?.(2)).toMatchObject({ ok: true });
  expect(await kindWith().raiseMinimum?.(2)).toMatchObject({ ok: true });
  expect(await kindWith().raiseMinimum?.(1)).toMatchObject({ ok: true });
  expect(await kindWith().raiseMinimum?.(4)).toMatchObject({
    code: 'wrong',
    detail: matching(/no version 4/),
  });
  expect(rig.world.fake.minimum).toBe(2);
  const asked = rig.world.asked().flat();
  expect(asked.filter((path) => path.endsWith('/config'))).toHaveLength(1);
});

it.each([
  ['keys/payments/rotate', 'rotate', () => kindWith().create('payments.one')],
  ['keys/payments/config', 'config', () => kindWith().raiseMinimum?.(2)],
])('names the line of policy that %s lacks', async (path, _what, act) => {
  rig.world.fake.versions.push(1_790_000_001);
  rig.world.fake.deny.add(`transit/${path}`);
  expect(await act()).toMatchObject({
    code: 'denied',
    detail: expect.stringContaining(`path "transit/${path}" { capabilities = ["update"] }`) as string,
  });
});
