/** Approvals of a rotation's steps: whose counts, for what, and for how long; and what people are shown. */
import { describe, expect, it } from 'vitest';
import type { Person } from '../../../shared/people/person.ts';
import { approveRotation, runRotation } from '../../../shared/work/rotate/respond-rotation.ts';
import { showRotation, showRotations } from '../../../shared/work/rotate/show-rotations.ts';
import { KeyWorld } from './key-world.ts';
import { World } from './world/world.ts';

const [ada, bob, carol] = ['Ada', 'Bob', 'Carol'].map(
  (name): Person => ({
    id: `tenant/${name.toLowerCase()}`,
    name,
    roles: ['Sealwatch.Operate', 'Sealwatch.Approve'],
  }),
) as [Person, Person, Person];
const minute = 60_000;
const why = (words: string): string => expect.stringContaining(words) as string;
const refusal = (code: string, words: string) => ({ ok: false, code, message: why(words) });

/** A secret, delivered to every sink. */
async function delivered(): Promise<World> {
  const world = new World();
  await runRotation(world.deps(), 'payments', 'entra-secret', ada, 'it leaked');
  await world.pass(3 * minute);
  return world;
}

describe('approve', () => {
  let keys: KeyWorld;
  const hash = async () => {
    const shown = await showRotation(keys.deps, keys.rotation.id);
    return (shown.ok && shown.value.needs?.hash) || '';
  };
  const approve = async (person: Person, shown?: string) =>
    approveRotation(keys.deps, keys.rotation.id, person, shown ?? (await hash()));
  async function needing(approvals: 1 | 2 = 2): Promise<void> {
    keys = new KeyWorld(approvals);
    const begun = await runRotation(keys.deps, 'payments', 'transit-key', ada, 'it is old');
    expect(begun).toMatchObject({ ok: true, value: { stage: 'verified', needs: { missing: approvals } } });
  }

  it('by two others than who asked lets the active node step down, once', async () => {
    await needing();
    expect(await approve(ada)).toEqual(refusal('forbidden', 'whoever asked for it does not count'));
    expect(await approve(bob)).toMatchObject({ ok: true });
    expect(await approve(bob)).toMatchObject({ ok: true });
    await keys.turn();
    expect([keys.steppedDown, keys.rotation.needs?.missing]).toEqual([[], 1]);
    expect(await approve(carol)).toMatchObject({ ok: true });
    const { audited, nudged } = keys.state;
    expect(audited.filter(({ what }) => what === 'approved').map(({ who }) => who)).toEqual([
      bob.id,
      bob.id,
      carol.id,
    ]);
    expect(nudged.at(-1)).toEqual({ queue: 'turns', cluster: 'payments', delayMs: 0 });
    await keys.turn();
    expect(keys.steppedDown).toEqual(['payments']);
    await keys.clock.advance(2 * minute);
    await keys.turn();
    expect(keys.steppedDown).toEqual(['payments']);
  });

  it('by one is enough where fleet.yaml says so, and that may be who asked', async () => {
    await needing(1);
    expect(await approve(ada)).toMatchObject({ ok: true });
    await keys.turn();
    expect(keys.steppedDown).toEqual(['payments']);
  });

  it('of what was not shown is refused, and counts for nothing', async () => {
    await needing();
    for (const other of ['', 'e'.repeat(64)])
      expect(await approve(bob, other)).toEqual(refusal('conflict', 'look again, and approve that'));
    expect(keys.state.audited.filter(({ what }) => what === 'approved')).toEqual([]);
    expect(await keys.state.rotations.approvals('payments', keys.rotation.id)).toEqual([]);
  });

  it('of what changed since it was shown is refused', async () => {
    await needing();
    const shown = await hash();
    const stored = await keys.state.rotations.read('payments', keys.rotation.id);
    const { needs } = keys.rotation;
    if (!stored || !needs) throw new Error('it needs nothing');
    const binding = { ...needs.binding, fleetEntry: 'f'.repeat(64) };
    await keys.state.rotations.save({ ...stored, value: { ...stored.value, needs: { ...needs, binding } } });
    expect(await approve(bob, shown)).toEqual(refusal('conflict', 'look again, and approve that'));
  });

  it('needs as many as the step does, whatever the rotating cluster asks for', async () => {
    await needing(1);
    const stored = await keys.state.rotations.read('payments', keys.rotation.id);
    const { needs } = keys.rotation;
    if (!stored || !needs) throw new Error('it needs nothing');
    expect(needs.needed).toBe(1);
    // Another cluster that it touches asks for two.
    await keys.state.rotations.save({
      ...stored,
      value: { ...stored.value, needs: { ...needs, needed: 2 } },
    });
    expect(await approve(ada)).toEqual(refusal('forbidden', 'whoever asked for it does not count'));
    expect(await approve(bob)).toMatchObject({ ok: true });
  });

  it('ends after an hour', async () => {
    await needing();
    await approve(bob);
    await keys.clock.advance(60 * minute);
    await approve(carol);
    await keys.turn();
    expect(keys.steppedDown).toEqual([]);
  });

  it('is refused where nothing is needed', async () => {
    const world = await delivered();
    const deps = world.deps();
    expect(await approveRotation(deps, world.rotation?.id ?? '', bob, 'e'.repeat(64))).toEqual(
      refusal('conflict', "needs nobody's approval now"),
    );
    expect(await approveRotation(deps, 'payments.nobody', bob, 'e'.repeat(64))).toEqual(
      refusal('not-found', 'there is no rotation'),
    );
  });
});

describe('what is shown', () => {
  it('names no secret, and says what each sink holds and what it waits for', async () => {
    const world = await delivered();
    const shown = await showRotations(world.deps());
    expect(shown).toMatchObject({
      ok: true,
      value: {
        unreadable: [],
        rotations: [
          {
            id: world.rotation?.id,
            sinks: [
              { name: 'first', holds: 'the new one', where: 'first/live' },
              { name: 'second', holds: 'the new one' },
            ],
            waiting: { what: why('a restart of payments/payments-0, payments/payments-1'), overdue: false },
          },
        ],
      },
    });
    for (const { value } of world.provider.made) expect(JSON.stringify(shown)).not.toContain(value);
    expect(JSON.stringify(shown)).not.toContain(world.rotation?.fresh?.fingerprint);
  });

  it('tells of rows that cannot be read', async () => {
    const world = new World();
    world.state.damage({ partitionKey: 'payments', rowKey: 'r-payments.first' }, 'not JSON', 'rotations');
    const shown = await showRotations(world.deps(), 'payments');
    expect(shown).toMatchObject({ value: { rotations: [], unreadable: [why('not JSON')] } });
  });
});
