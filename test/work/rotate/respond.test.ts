/** People's words of rotations: each is on record before it counts, none overrules what is seen, none gets in beside a turn. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Person } from '../../../shared/people/person.ts';
import type { Rotation } from '../../../shared/rotation/rotation.ts';
import type { RotateDeps } from '../../../shared/work/rotate/deps.ts';
import {
  confirmRotation,
  rollBackRotation,
  runRotation,
} from '../../../shared/work/rotate/respond-rotation.ts';
import { showRotation } from '../../../shared/work/rotate/show-rotations.ts';
import { World } from './world/world.ts';

const [ada, bob] = ['Ada', 'Bob'].map(
  (name): Person => ({
    id: `tenant/${name.toLowerCase()}`,
    name,
    roles: ['Sealwatch.Operate', 'Sealwatch.Approve'],
  }),
) as [Person, Person];
const key = 'hvs.CAESIJ0123456789abcdefghijklmnop';
const minute = 60_000;
const why = (words: string): string => expect.stringContaining(words) as string;
const refusal = (code: string, words: string) => ({ ok: false, code, message: why(words) });

let world: World;
let deps: RotateDeps;
beforeEach(() => {
  world = new World();
  deps = world.deps();
});

const run = (reason = 'it leaked', kind: 'entra-secret' | 'transit-token' = 'entra-secret') =>
  runRotation(deps, 'payments', kind, ada, reason);
function row(): Rotation {
  const { rotation } = world;
  if (!rotation) throw new Error('no rotation');
  return rotation;
}
/** Delivered and read back; both nodes run since before. */
async function verified(): Promise<Rotation> {
  await run();
  await world.pass(3 * minute);
  expect(row()).toMatchObject({ stage: 'verified', status: 'open' });
  return row();
}
async function change(over: Partial<Rotation>): Promise<void> {
  const stored = await world.state.rotations.read('payments', row().id);
  if (!stored) throw new Error('no rotation');
  await world.state.rotations.save({ ...stored, value: { ...stored.value, ...over } });
}
const said = (what: string) => world.state.audited.filter((entry) => entry.what === what);
const hide = (...indexes: number[]) => {
  for (const index of indexes) Object.assign(world.nodes[index] ?? {}, { seen: false });
};

describe('run', () => {
  it('begins one that is not due, in the name of who asked, and answers where its first turn got', async () => {
    const answer = await run('  it leaked ');
    expect(answer).toMatchObject({
      ok: true,
      value: { kind: 'entra-secret', byName: 'Ada', reason: 'it leaked', status: 'open', fresh: 'ref-2' },
    });
    expect(said('requested')).toMatchObject([{ who: ada.id, name: 'Ada', why: 'it leaked' }]);
  });

  it('is refused while one of the same credential is open, which it names', async () => {
    await run();
    expect(await run('again')).toEqual(refusal('busy', `rotation ${row().id} of it is open`));
    expect(world.provider.made).toHaveLength(2);
  });

  it.each<[string, () => Promise<unknown>, string, string]>([
    [
      'a cluster that there is not',
      () => runRotation(deps, 'nobody', 'entra-secret', ada, 'r'),
      'not-found',
      'fleet.yaml has no cluster "nobody"',
    ],
    [
      'a kind that fleet.yaml does not ask for',
      () => run('r', 'transit-token'),
      'invalid',
      'it asks for: entra-secret',
    ],
    ['no reason', () => run(' '), 'invalid', 'say why'],
    ['a key in its reason', () => run(`the new one is ${key}`), 'invalid', 'looks like a key or token'],
  ])('is refused for %s, and nothing is kept', async (_what, ask, code, words) => {
    const answer = await ask();
    expect(answer).toEqual(refusal(code, words));
    expect(JSON.stringify(answer)).not.toContain('hvs.');
    expect([world.state.audited, world.rotation, world.provider.made.length]).toEqual([[], undefined, 1]);
  });

  it('says what is in the way', async () => {
    world.hold = true;
    expect(await run()).toEqual(refusal('busy', 'the end of a hold on payments (maintenance)'));
    expect(world.rotation).toBeUndefined();
  });

  it('lets nobody wait for a turn that takes long: what was made is put away, and the next one goes on', async () => {
    const quick = deps;
    const rotation: RotateDeps['rotation'] = async (...of) => {
      const access = await quick.rotation(...of);
      if (!access.ok) return access;
      const { kind } = access;
      const create: typeof kind.create = async (id) => {
        await world.clock.advance(41_000);
        return kind.create(id);
      };
      return { ...access, kind: { ...kind, create } };
    };
    deps = { ...quick, rotation };
    expect(await run()).toMatchObject({
      ok: true,
      value: { stage: 'created', fresh: 'ref-2', waiting: { what: 'its next turn' } },
    });
    expect(row().lease).toBeUndefined();
    expect(world.state.nudged).toContainEqual({ queue: 'turns', cluster: 'payments', delayMs: 0 });
  });
});

describe('confirm', () => {
  it.each([[[]], [[0]], [[1]]])(
    'is refused while a node is seen to run since before, whoever else is unseen (%j)',
    async (unseen) => {
      const { id } = await verified();
      hide(...unseen);
      const nudged = world.state.nudged.length;
      const older = [0, 1].filter((index) => !unseen.includes(index as never));
      expect(await confirmRotation(deps, id, bob, 'I restarted them')).toEqual(
        refusal(
          'conflict',
          `${older.map((index) => `payments/payments-${index}`).join(', ')} is seen to run`,
        ),
      );
      expect([row().confirmed, said('confirmed'), world.state.nudged.length]).toEqual([
        undefined,
        [],
        nudged,
      ]);
    },
  );

  it('counts for nodes that are not seen: on record, nudged, and the old one ends after the grace time', async () => {
    const { id } = await verified();
    hide(0, 1);
    for (const index of [0, 1]) world.restart(index);
    expect(await confirmRotation(deps, id, bob, ' both, just now ')).toMatchObject({
      ok: true,
      value: { id },
    });
    expect(row().confirmed).toMatchObject({
      by: bob.id,
      byName: 'Bob',
      why: 'both, just now',
      direction: 'forward',
    });
    expect(said('confirmed')).toMatchObject([{ who: bob.id, rotation: id, why: 'both, just now' }]);
    expect(world.state.nudged.at(-1)).toEqual({ queue: 'turns', cluster: 'payments', delayMs: 0 });
    await world.pass(2 * 60 * minute, 10 * minute);
    expect(row().ended?.outcome).toBe('retired');
    expect(world.broken).toEqual([]);
  });

  it('is not given ahead: before every sink has the new one there is nothing to confirm', async () => {
    world.provider.faults.propagation = 3;
    await run();
    hide(0, 1);
    expect(row().stage).toBe('created');
    expect(await confirmRotation(deps, row().id, bob, 'they will')).toEqual(
      refusal(
        'conflict',
        'is not yet where every node can use it: it waits for the new one to begin to work',
      ),
    );
  });

  it('of the way forward counts for nothing on the way back', async () => {
    const { id } = await verified();
    hide(0, 1);
    for (const index of [0, 1]) world.restart(index);
    await confirmRotation(deps, id, bob, 'both');
    expect(await rollBackRotation(deps, id, ada, 'one does not start')).toMatchObject({ ok: true });
    expect(row()).toMatchObject({ direction: 'back' });
    expect(row().confirmed).toBeUndefined();
    await world.pass(5 * minute);
    expect(row()).toMatchObject({ status: 'open', restoredAt: expect.any(Number) as number });
    expect(world.provider.made[1]?.alive).toBe(true);
    for (const index of [0, 1]) world.restart(index);
    expect(await confirmRotation(deps, id, bob, 'both again')).toMatchObject({ ok: true });
    await world.pass(2 * 60 * minute, 10 * minute);
    expect(row().ended?.outcome).toBe('rolled-back');
    expect(world.broken).toEqual([]);
  });

  it('given before the old one is back in every sink counts for no node', async () => {
    const { id } = await verified();
    hide(0, 1);
    await rollBackRotation(deps, id, ada, 'one does not start');
    await confirmRotation(deps, id, bob, 'both');
    await world.pass(3 * 60 * minute, 10 * minute);
    expect(row()).toMatchObject({ status: 'open', waiting: { what: why("a person's word that") } });
    expect(world.sinks.map(({ slots }) => slots.get('live'))).toEqual(
      world.sinks.map(() => world.provider.made[0]?.value),
    );
    expect(world.provider.made[1]?.alive).toBe(true);
  });
});

describe('roll back', () => {
  it('puts the old one back, and ends the new one last', async () => {
    const { id } = await verified();
    const answer = await rollBackRotation(deps, id, ada, 'payments-0 does not start');
    expect(answer).toMatchObject({ ok: true, value: { direction: 'back' } });
    expect(said('rolled-back')).toMatchObject([{ who: ada.id, why: 'payments-0 does not start' }]);
    await world.pass(3 * 60 * minute, 10 * minute);
    const [old, fresh] = world.provider.made;
    expect(row().ended?.outcome).toBe('rolled-back');
    expect([old?.alive, fresh?.alive]).toEqual([true, false]);
    expect(world.broken).toEqual([]);
  });

  it('is refused once the old one has ended', async () => {
    const { id } = await verified();
    await change({ stage: 'retired' });
    expect(await rollBackRotation(deps, id, ada, 'r')).toEqual(
      refusal('conflict', 'cannot be rolled back any more: the old one has ended'),
    );
    expect([row().direction, said('rolled-back')]).toEqual(['forward', []]);
    expect(await showRotation(deps, id)).toMatchObject({
      value: { noWayBack: why('the old one has ended') },
    });
  });

  it('is refused where the one before did not work: there is nothing to go back to', async () => {
    world.provider.revoke('ref-1');
    const { id } = await verified();
    expect(await rollBackRotation(deps, id, ada, 'r')).toEqual(refusal('conflict', 'nothing to go back to'));
  });

  it('is refused twice, and of one that has ended', async () => {
    const { id } = await verified();
    await rollBackRotation(deps, id, ada, 'r');
    expect(await rollBackRotation(deps, id, ada, 'r')).toEqual(refusal('conflict', 'rolled back already'));
    await world.pass(3 * 60 * minute, 10 * minute);
    expect(await rollBackRotation(deps, id, ada, 'r')).toEqual(refusal('conflict', `${id} has ended`));
  });
});

describe('a word', () => {
  const words = { confirm: confirmRotation, 'roll back': rollBackRotation };
  const each = Object.entries(words);

  it.each(each)('to %s with a key in its reason is refused, and not kept', async (_what, say) => {
    const { id } = await verified();
    const answer = await say(deps, id, ada, `it is ${key}`);
    expect(answer).toEqual(refusal('invalid', 'looks like a key or token'));
    expect(JSON.stringify([answer, world.state.audited, world.logged])).not.toContain(key);
  });

  it.each(each)('to %s of a rotation that there is not is refused', async (_what, say) => {
    for (const id of ['payments.nobody', 'nobody', '', '../payments', 'payments.a/b', 'x'.repeat(500)])
      expect(await say(deps, id, ada, 'r')).toEqual(refusal('not-found', 'there is no rotation'));
  });

  it.each(each)('to %s never counts beside a turn that works: try again', async (_what, say) => {
    const { id } = await verified();
    hide(0, 1);
    await change({ lease: { owner: 'a-turn', until: world.clock.now() + 2 * minute } });
    const before = row();
    expect(await say(deps, id, ada, 'r')).toEqual(refusal('busy', 'try again in a minute'));
    expect(row()).toEqual(before);
    expect([said('confirmed'), said('rolled-back')]).toEqual([[], []]);
  });

  it.each(each)('to %s waits for the end of a turn that is about to end', async (_what, say) => {
    const { id } = await verified();
    hide(0, 1);
    await change({ lease: { owner: 'a-turn', until: world.clock.now() + 3_000 } });
    expect(await say(deps, id, ada, 'r')).toMatchObject({ ok: true });
  });

  it.each(each)('to %s is judged anew where a turn was quicker', async (_what, say) => {
    const { id } = await verified();
    hide(0, 1);
    const { rotations } = world.state;
    const save: typeof rotations.save = async (stored) => {
      deps.state = world.state;
      await change({ stage: 'retired' });
      return rotations.save(stored);
    };
    deps.state = { ...world.state, rotations: { ...rotations, save } };
    expect(await say(deps, id, ada, 'r')).toMatchObject({ ok: false, code: 'conflict' });
    expect(row()).toMatchObject({ stage: 'retired', direction: 'forward' });
    expect(row().confirmed).toBeUndefined();
  });
});
