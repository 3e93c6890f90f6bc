/** A rotation whose cluster left fleet.yaml: no turn, a word each minute, and a person who ends it. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Fleet } from '../../../shared/fleet/fleet.ts';
import type { Person } from '../../../shared/people/person.ts';
import type { Rotation } from '../../../shared/rotation/rotation.ts';
import type { RotateDeps } from '../../../shared/work/rotate/deps.ts';
import { forgetRotation } from '../../../shared/work/rotate/forget-rotation.ts';
import {
  confirmRotation,
  rollBackRotation,
  runRotation,
} from '../../../shared/work/rotate/respond-rotation.ts';
import { nudgeOpenRotations } from '../../../shared/work/rotate/rotations-due.ts';
import { World } from './world/world.ts';

const bob: Person = { id: 'tenant/bob', name: 'Bob', roles: ['Sealwatch.Approve'] };
const key = 'hvs.CAESIJ0123456789abcdefghijklmnop';
const minute = 60_000;
const why = (words: string): string => expect.stringContaining(words) as string;
const refusal = (code: string, words: string) => ({ ok: false, code, message: why(words) });

let world: World;
let deps: RotateDeps;
let fleet: Fleet;
beforeEach(() => {
  world = new World();
  fleet = world.fleet;
  deps = { ...world.deps(), loadFleet: async () => ({ fleet, problems: [] }) };
});

function row(): Rotation {
  const { rotation } = world;
  if (!rotation) throw new Error('no rotation');
  return rotation;
}
/** Delivered and read back; both nodes run since before. */
async function verified(): Promise<Rotation> {
  await runRotation(deps, 'payments', 'entra-secret', bob, 'it leaked');
  await world.pass(3 * minute);
  expect(row()).toMatchObject({ stage: 'verified', status: 'open' });
  return row();
}
const leaves = () => void (fleet = { ...world.fleet, clusters: [] });
async function change(over: Partial<Rotation>): Promise<void> {
  const stored = await world.state.rotations.read('payments', row().id);
  if (!stored) throw new Error('no rotation');
  await world.state.rotations.save({ ...stored, value: { ...stored.value, ...over } });
}
const slots = () => world.sinks.map((sink) => [...sink.slots]);
const forgotten = () => world.state.audited.filter(({ what }) => what === 'forgotten');

it('confirm and roll back are refused once its cluster left: no turn would come to do it', async () => {
  const { id } = await verified();
  leaves();
  const left = refusal('conflict', 'fleet.yaml does not have payments any more');
  expect(await rollBackRotation(deps, id, bob, 'it leaked')).toEqual(left);
  expect(await confirmRotation(deps, id, bob, 'they restarted')).toEqual(left);
  expect(row()).toMatchObject({ direction: 'forward' });
  expect(row().confirmed).toBeUndefined();
});

describe('each minute', () => {
  it('a rotation whose cluster left gets a word in the log, and no nudge', async () => {
    const { id } = await verified();
    await world.clock.advance(20 * minute);
    leaves();
    world.state.nudged.splice(0);
    await nudgeOpenRotations(deps);
    expect(world.state.nudged).toEqual([]);
    expect(world.logged.at(-1)).toContain('rotation-left-open');
    expect(world.logged.at(-1)).toContain(id);
  });

  it('one whose cluster is there gets its turn, and no such word', async () => {
    await verified();
    await world.clock.advance(20 * minute);
    world.state.nudged.splice(0);
    await nudgeOpenRotations(deps);
    expect(world.state.nudged).toEqual([{ queue: 'turns', cluster: 'payments', delayMs: 0 }]);
    expect(world.logged.join()).not.toContain('rotation-left-open');
  });

  it('where none is open not even fleet.yaml is read', async () => {
    deps.loadFleet = () => Promise.reject(new Error('not asked'));
    await nudgeOpenRotations(deps);
    expect(world.state.nudged).toEqual([]);
  });
});

describe('to forget one', () => {
  it('ends its row as failed, names what may live, frees its locks, and touches nothing else', async () => {
    const { id } = await verified();
    leaves();
    const held = slots();
    expect([row().waiting, world.state.locks()]).not.toEqual([undefined, {}]);
    expect(await forgetRotation(deps, id, bob, ' the cluster is gone ')).toMatchObject({
      ok: true,
      value: { id, status: 'ended' },
    });
    expect(row().ended).toMatchObject({
      outcome: 'failed',
      summary: 'forgotten by Bob, at stage verified: the cluster is gone',
      left: [
        why('Both may live, the new one (ref-2) and the one before (ref-1)'),
        why('restarted'),
        why('next'),
      ],
    });
    expect([row().waiting, row().failing]).toEqual([undefined, undefined]);
    expect(world.provider.made.map(({ alive }) => alive)).toEqual([true, true]);
    expect(slots()).toEqual(held);
    expect(await deps.state.rotations.allActive()).toEqual({ rows: [], unreadable: [] });
    expect(world.state.locks()).toEqual({});
  });

  it('is allowed where fleet.yaml means another credential by now: no turn touches this one any more', async () => {
    const { id } = await verified();
    const [before] = fleet.clusters;
    if (before?.seal.type !== 'azurekeyvault') throw new Error('it has a secret');
    expect(await forgetRotation(deps, id, bob, 'another one')).toMatchObject({ ok: false, code: 'conflict' });
    const seal = { ...before.seal, clientId: '44444444-4444-4444-4444-444444444444' };
    fleet = { ...world.fleet, clusters: [{ ...before, seal }] };
    world.fleet = fleet;
    const writes = slots();
    await world.pass(20 * minute);
    expect(row().waiting?.what).toContain('fleet.yaml names another credential');
    expect(await forgetRotation(deps, id, bob, 'another one')).toMatchObject({ ok: true });
    expect([row().status, slots()]).toEqual(['ended', writes]);
  });

  it('is on record with who and why before it counts', async () => {
    const { id } = await verified();
    leaves();
    deps.state = {
      ...world.state,
      rotations: { ...world.state.rotations, end: () => Promise.reject(new Error('storage is away')) },
    };
    await expect(forgetRotation(deps, id, bob, 'gone')).rejects.toThrow('storage is away');
    expect(forgotten()).toMatchObject([
      { who: bob.id, name: 'Bob', rotation: id, why: 'gone', facts: { fresh: 'ref-2', old: 'ref-1' } },
    ]);
    expect(row().status).toBe('open');
  });

  it('lets the next rotation of the credential begin once the cluster is back', async () => {
    const { id } = await verified();
    leaves();
    await forgetRotation(deps, id, bob, 'gone');
    fleet = world.fleet;
    expect(await runRotation(deps, 'payments', 'entra-secret', bob, 'it is back')).toMatchObject({
      ok: true,
    });
    expect(row().id).not.toBe(id);
    for (const index of [0, 1]) world.restart(index);
    await world.heal();
    expect(row().ended?.outcome).toBe('retired');
  });

  it('is refused while fleet.yaml has its cluster', async () => {
    const { id } = await verified();
    expect(await forgetRotation(deps, id, bob, 'r')).toEqual(refusal('conflict', 'fleet.yaml has payments'));
    expect([row().status, forgotten()]).toEqual(['open', []]);
  });

  it('is refused while a turn works on it, that saw the fleet before', async () => {
    const { id } = await verified();
    leaves();
    await change({ lease: { owner: 'a-turn', until: world.clock.now() + minute } });
    expect(await forgetRotation(deps, id, bob, 'r')).toEqual(refusal('busy', 'try again in a minute'));
    await world.clock.advance(minute);
    expect(await forgetRotation(deps, id, bob, 'r')).toMatchObject({ ok: true });
  });

  it('is judged anew where somebody was quicker', async () => {
    const { id } = await verified();
    leaves();
    const { rotations } = world.state;
    const end: typeof rotations.end = async (stored) => {
      deps.state = world.state;
      await change({ triedAt: 1 });
      fleet = world.fleet;
      return rotations.end(stored);
    };
    deps.state = { ...world.state, rotations: { ...rotations, end } };
    expect(await forgetRotation(deps, id, bob, 'r')).toEqual(refusal('conflict', 'fleet.yaml has payments'));
    expect(row().status).toBe('open');
  });

  it('is refused twice', async () => {
    const { id } = await verified();
    leaves();
    await forgetRotation(deps, id, bob, 'r');
    expect(await forgetRotation(deps, id, bob, 'r')).toEqual(
      refusal('conflict', `${id} has ended: forgotten by`),
    );
    expect(forgotten()).toHaveLength(1);
  });

  it.each([
    ['no reason', ' ', 'say why'],
    ['a key in its reason', `it is ${key}`, 'looks like a key or token'],
  ])('is refused with %s, and nothing is kept', async (_what, reason, words) => {
    const { id } = await verified();
    leaves();
    const answer = await forgetRotation(deps, id, bob, reason);
    expect(answer).toEqual(refusal('invalid', words));
    expect(JSON.stringify([answer, world.state.audited, world.logged])).not.toContain(key);
    expect(row().status).toBe('open');
  });

  it.each(['payments.nobody', 'nobody', '', '../payments', 'payments.a/b'])(
    'is refused for %j, which is no rotation',
    async (id) => {
      leaves();
      expect(await forgetRotation(deps, id, bob, 'r')).toEqual(refusal('not-found', 'there is no rotation'));
    },
  );
});
