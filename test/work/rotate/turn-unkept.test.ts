/** What cannot be kept, taken or renewed: it must not go on unseen, nor stand in the way of what helps. */
import { describe, expect, it } from 'vitest';
import type { Did, Kind, Made } from '../../../shared/rotation/rotation.ts';
import { callMs, timedAccess } from '../../../shared/work/rotate/turn/timed.ts';
import { month, World } from './world/world.ts';

const minute = 60_000;
const day = 24 * 60 * minute;

/** The provider answers otherwise from now on. */
function otherwise(world: World, over: (kind: Kind) => Partial<Kind>): void {
  const before = world.provider.kind.bind(world.provider);
  world.provider.kind = () => {
    const kind = before();
    return { ...kind, ...over(kind) };
  };
}

const denied = { ok: false, code: 'denied', detail: 'rotate may not do that' } as const;

const isZeroed = (buffer: Buffer) => buffer.every((byte) => byte === 0);

function secret(taken: Buffer[]): NonNullable<Made['value']> {
  return async () => {
    const value = Buffer.from('a secret');
    taken.push(value);
    return { ok: true, value };
  };
}

describe('a new one', () => {
  it('is not made where the slot that is to keep it cannot be written, though there is no old one', async () => {
    const world = new World();
    await world.clock.advance(day);
    const [first] = world.sinks;
    if (!first) throw new Error('there are two sinks');
    world.provider.revoke('ref-1');
    first.write = async () => denied;
    await world.pass(day, 10 * minute);
    expect(world.provider.made).toHaveLength(1);
    expect(world.rotation).toMatchObject({ failing: { what: 'create', code: 'denied' } });
    expect(world.rotation?.old).toBeUndefined();
  });

  it('whose value cannot be taken is counted, and told the whole time', async () => {
    const world = new World();
    await world.clock.advance(91 * day);
    otherwise(world, (kind) => ({
      create: async (id) => {
        const made = await kind.create(id);
        return made.ok ? { ok: true, value: { ...made.value, value: async () => denied } } : made;
      },
    }));
    await world.turn();
    for (let tries = 0; tries < 20 && world.rotation?.discards === undefined; tries += 1)
      await world.pass(10_000, 10_000);
    expect(world.rotation).toMatchObject({
      discards: 1,
      failing: { code: 'denied', message: denied.detail },
    });
    expect(world.rotation?.failing?.times).toBe(3);
    expect(world.broken).toEqual([]);
  });

  it('that another turn is to end is taken and zeroed', async () => {
    const world = new World();
    await world.clock.advance(91 * day);
    const taken: Buffer[] = [];
    otherwise(world, (kind) => ({
      create: async (id) => {
        const made = await kind.create(id);
        if (!made.ok) return made;
        world.state.rotations.save = async () => ({ saved: false });
        return { ok: true, value: { ...made.value, value: secret(taken) } };
      },
    }));
    await world.turn();
    expect(taken.map(isZeroed)).toEqual([true]);
  });

  it('that comes later than it is waited for is taken and zeroed', async () => {
    const world = new World();
    const taken: Buffer[] = [];
    let answer: (made: Did<Made>) => void = () => undefined;
    const create = () =>
      new Promise<Did<Made>>((resolve) => {
        answer = resolve;
      });
    const { kind } = timedAccess(world.clock, {
      ok: true,
      kind: { ...world.provider.kind(), create },
      sinks: [],
      value: async () => denied,
      close: async () => undefined,
    });
    const made = kind.create('payments.one');
    await world.clock.advance(callMs);
    expect(await made).toMatchObject({ ok: false, code: 'unreachable' });
    answer({ ok: true, value: { fresh: { ref: 'ref-2' }, value: secret(taken) } });
    await world.clock.advance(1);
    expect(taken.map(isZeroed)).toEqual([true]);
  });
});

describe('a sink', () => {
  it('that was away over two repairs may still hold what died before the first', async () => {
    const world = new World('people');
    await world.clock.advance(day);
    const [, second] = world.sinks;
    if (!second) throw new Error('there are two sinks');
    world.provider.revoke('ref-1');
    second.away = true;
    await world.turn();
    await world.pass(5 * minute);
    world.provider.revoke('ref-2');
    await world.pass(30 * minute);
    second.away = false;
    await world.pass(3 * 60 * minute, 10 * minute);
    const held = world.provider.byValue(second.slots.get('live'));
    expect([held?.ref === 'ref-1', held?.alive]).toEqual([false, true]);
  });
});

describe('a renewal that is refused', () => {
  it('is no reason to let the token die: a new one is made before its end', async () => {
    const world = new World('ours', undefined, month);
    await world.clock.advance(day);
    world.provider.faults.unrenewed = true;
    for (const node of world.nodes) node.uses = undefined;
    await world.pass(25 * day, 60 * minute);
    expect(world.provider.made.length).toBeGreaterThan(1);
    expect(world.rotation?.failing).toBeUndefined();
    expect(world.provider.byValue(world.sinks[0]?.slots.get('live'))?.alive).toBe(true);
  });

  it('is asked for once an hour while a rotation is open', async () => {
    const world = new World('ours', undefined, month);
    await world.clock.advance(day);
    await world.run();
    await world.pass(3 * minute);
    expect(world.rotation?.stage).toBe('verified');
    otherwise(world, () => ({ renew: async () => denied }));
    for (const node of world.nodes) node.uses = undefined;
    await world.clock.advance(16 * day);
    const records = () => world.state.audited.filter(({ what }) => what === 'renewed').length;
    const before = records();
    await world.pass(150 * minute, minute);
    expect(records() - before).toBe(3);
  });
});
