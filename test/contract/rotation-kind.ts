/**
 * What every kind of credential does (shared/rotation/rotation.ts, `Kind`). A world gives the kind under test and what only
 * the server knows. To run it for a kind:
 *
 *     rotationKindContract('entra-secret', async () => ({ kind, live, … }));   // once for each test: begin with a clean world
 *
 * - the world's clock may stand still; `pass` lets the time pass that propagation takes;
 * - `sees` false: a world in which what was made cannot be listed (`orphans` may then say `unseen`);
 * - `fault` holds for every request of the kind until it is called again: the kind's own time limit must be short in tests;
 * - `expects`: the codes that each fault may be told with. A fault that is left out is not tried;
 * - a kind without `end` (keys) leaves `foreign` out; its `live` are its versions.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Credential, Did, Kind, Look, Made, RotationFailure } from '../../shared/rotation/rotation.ts';
import { leaks } from '../fakes/hostile/disguises.ts';
import { beforeOf, type Fault, type KindUnderTest, must } from './rotation-kind-under-test.ts';

export { beforeOf, type Fault, type KindUnderTest, must };

const failures: RotationFailure[] = [
  'denied',
  'dead',
  'not-yet',
  'throttled',
  'unreachable',
  'sealed',
  'outside-limits',
  'not-configured',
  'wrong',
  'odd',
];

/** Tries of an exercise while it says `not-yet`. */
const tries = 5;

export function rotationKindContract(name: string, start: () => Promise<KindUnderTest>): void {
  describe(`the kind ${name}`, () => {
    let world: KindUnderTest;
    let kind: Kind;
    beforeEach(async () => {
      world = await start();
      kind = world.kind;
    });
    afterEach(() => world.close());

    const sealValue = () => (world.sealValue === undefined ? undefined : Buffer.from(world.sealValue));
    const look = async (): Promise<Look> => must(await kind.look(sealValue()));
    const creating = async () => ({ at: world.now(), ...beforeOf(await look()) });

    async function make(id: string): Promise<{ made: Made; value: string | undefined }> {
      const made = must(await kind.create(id));
      return { made, value: made.value && must(await made.value()).toString() };
    }

    async function exercise(fresh: Credential, value: string | undefined): Promise<Did<void>> {
      for (let tried = 1; ; tried += 1) {
        const given = value === undefined ? sealValue() : Buffer.from(value);
        const did = await kind.exercise(fresh, given);
        if (did.ok || did.code !== 'not-yet' || tried === tries) return did;
        await world.pass?.();
      }
    }

    it('sees that the credential of the seal works, and nothing of ours', async () => {
      expect(await look()).toMatchObject({ current: { state: 'works' }, ours: [] });
    });

    it('makes exactly one, which works, names what it made, and shows nothing of its value', async () => {
      const before = await world.live();
      const { made, value } = await make('payments.one');
      const after = await world.live();
      expect(after).toHaveLength(before.length + 1);
      expect(after).toContain(made.fresh.ref);
      expect(before).not.toContain(made.fresh.ref);
      expect(await exercise(made.fresh, value)).toEqual({ ok: true, value: undefined });
      expect(leaks([made, await look()], [...world.secrets(), ...(value ? [value] : [])])).toEqual([]);
    });

    it('makes another one each time, of which both work', async () => {
      const one = await make('payments.one');
      const two = await make('payments.two');
      expect(one.made.fresh.ref).not.toBe(two.made.fresh.ref);
      expect(await exercise(two.made.fresh, two.value)).toMatchObject({ ok: true });
      if (kind.end) expect(await exercise(one.made.fresh, one.value)).toMatchObject({ ok: true });
    });

    it('the credential of the seal goes on working beside what was made', async () => {
      await make('payments.one');
      expect((await look()).current).toMatchObject({ state: 'works' });
    });

    it.each([
      ['whose answer was lost', true],
      ['whose turn died before it took the value', false],
    ])('what is left of a creation %s is found, ended or gone on with', async (_what, lost) => {
      const noted = await creating();
      const before = await world.live();
      if (lost) {
        world.loseNextAnswer();
        const did = await kind.create('payments.one');
        expect(did).toMatchObject({ ok: false, code: expect.toBeOneOf(['unreachable', 'odd']) as string });
      } else {
        must(await kind.create('payments.one'));
      }
      expect(await world.live()).toHaveLength(before.length + 1);
      const left = must(await kind.orphans('payments.one', noted));
      if (left.state === 'unseen') {
        expect(world.sees).toBe(false);
        expect(left.until).toBeGreaterThan(world.now());
        expect(left.why).not.toBe('');
        return;
      }
      if (left.state === 'adopt') {
        expect(await world.live()).toContain(left.fresh.ref);
        expect(await exercise(left.fresh, undefined)).toMatchObject({ ok: true });
        return;
      }
      expect(left.end).toHaveLength(1);
      for (const ref of left.end) must(await endOf(kind)(ref));
      expect((await world.live()).toSorted()).toEqual(before.toSorted());
      expect(await kind.orphans('payments.one', noted)).toEqual({
        ok: true,
        value: { state: 'known', end: [] },
      });
    });

    it('a new one whose value cannot be taken is on record before, and its ref ends it', async () => {
      if (!(await ends())) return;
      const before = await world.live();
      const made = must(await kind.create('payments.one'));
      expect(await world.live()).toContain(made.fresh.ref);
      world.fault('unreachable');
      // A kind whose server tells the value with the creation has it already.
      const taken = await made.value?.();
      world.fault(undefined);
      if (taken && !taken.ok) {
        expect(taken.code).toBe('unreachable');
        expect(await world.live()).toContain(made.fresh.ref);
      }
      expect(await endOf(kind)(made.fresh.ref)).toEqual({ ok: true, value: undefined });
      expect((await world.live()).toSorted()).toEqual(before.toSorted());
    });

    it('what nobody renewed yet was not used; nothing is known of one that is gone', async () => {
      const { lastUsed } = kind;
      if (!lastUsed || !(await ends())) return;
      const { made, value } = await make('payments.one');
      expect(await lastUsed(made.fresh.ref)).toEqual({ ok: true, value: undefined });
      must(
        (await kind.renew?.(Buffer.from(value ?? ''))) ?? { ok: false, code: 'odd', detail: 'no renewal' },
      );
      expect(must(await lastUsed(made.fresh.ref))).toBeGreaterThan(0);
      must(await endOf(kind)(made.fresh.ref));
      expect(await lastUsed(made.fresh.ref)).toEqual({ ok: true, value: undefined });
    });

    it('nothing is left of a creation that never reached the server', async () => {
      const noted = await creating();
      const left = must(await kind.orphans('payments.one', noted));
      if (world.sees) expect(left).toEqual({ state: 'known', end: [] });
      else expect(left.state).toBe('unseen');
    });

    it('every live one that a rotation made is left of it, also one that was handed over', async () => {
      if (!(await ends())) return;
      const { made } = await make('payments.one');
      const left = must(await kind.orphans('payments.one', await creating()));
      if (left.state === 'unseen') expect(world.sees).toBe(false);
      else expect(left).toEqual({ state: 'known', end: [made.fresh.ref] });
    });

    it('what another rotation made is not left of this one', async () => {
      if (!(await ends())) return;
      await make('payments.other');
      const left = must(await kind.orphans('payments.one', await creating()));
      if (left.state !== 'unseen') expect(left).toEqual({ state: 'known', end: [] });
    });

    it('ends one of ours, again and again, and no other', async () => {
      if (!(await ends())) return;
      const strange = await world.foreign?.();
      const [one, two] = [await make('payments.one'), await make('payments.two')];
      const before = await world.live();
      for (let times = 0; times < 3; times += 1) {
        expect(await endOf(kind)(one.made.fresh.ref)).toEqual({ ok: true, value: undefined });
        const rest = before.filter((ref) => ref !== one.made.fresh.ref);
        expect((await world.live()).toSorted()).toEqual(rest.toSorted());
      }
      if (strange !== undefined) expect(await world.live()).toContain(strange);
      expect(await exercise(two.made.fresh, two.value)).toMatchObject({ ok: true });
      expect((await look()).current).toMatchObject({ state: 'works' });
      await world.pass?.();
      const dead = await kind.exercise(one.made.fresh, Buffer.from(one.value ?? ''));
      expect(dead).toMatchObject({
        ok: false,
        code: expect.toBeOneOf(['dead', 'denied', 'not-yet']) as string,
      });
    });

    it('does not end what no rotation made', async () => {
      const strange = await world.foreign?.();
      if (strange === undefined) {
        expect(await ends()).toBe(false);
        return;
      }
      expect(await endOf(kind)(strange)).toMatchObject({ ok: false, code: 'wrong' });
      expect(await world.live()).toContain(strange);
    });

    it.each<Fault>(['unreachable', 'hang', 'throttled', 'denied', 'echo'])(
      'while its server is %s, everything ends with a closed code, tells no secret and changes nothing',
      async (fault) => {
        const codes = world.expects[fault];
        if (!codes) return;
        const { made, value } = await make('payments.one');
        const waiting = must(await kind.create('payments.two'));
        const noted = await creating();
        const before = await world.live();
        const known = [...world.secrets(), ...(value ? [value] : [])];
        world.fault(fault);
        const told = {
          look: await kind.look(sealValue()),
          create: await kind.create('payments.three'),
          orphans: await kind.orphans('payments.two', noted),
          exercise: await kind.exercise(made.fresh, value === undefined ? sealValue() : Buffer.from(value)),
          ...(kind.end && { end: await kind.end(made.fresh.ref) }),
          ...(kind.lastUsed && { lastUsed: await kind.lastUsed(made.fresh.ref) }),
        };
        const taken = await waiting.value?.();
        world.fault(undefined);
        expect(leaks(told, known)).toEqual([]);
        expect((await world.live()).toSorted()).toEqual(before.toSorted());
        if (told.look.ok) {
          // Who only did not answer has not called the credential dead.
          const states = fault === 'denied' ? ['dead', 'unknown'] : ['unknown'];
          expect(states).toContain(told.look.value.current.state);
        } else expect(codes).toContain(told.look.code);
        if (told.orphans.ok) expect(told.orphans.value.state).toBe('unseen');
        else expect(codes).toContain(told.orphans.code);
        for (const did of [told.create, told.exercise, told.end, told.lastUsed]) {
          if (!did) continue;
          expect(did).toMatchObject({ ok: false, code: expect.toBeOneOf(codes) as string });
          if (!did.ok) expect(did.detail).not.toBe('');
        }
        if (fault === 'denied')
          expect(told.create).toMatchObject({ detail: expect.stringMatching(world.missingRight) });
        if (taken && !taken.ok) {
          expect(failures).toContain(taken.code);
          expect(leaks(taken, known)).toEqual([]);
        }
        // It was the server's trouble, and passes with it.
        expect((await look()).current).toMatchObject({ state: 'works' });
        expect(await exercise(made.fresh, value)).toMatchObject({ ok: true });
      },
    );

    it('an exercise with what is no credential fails with a closed code, and does not repeat it', async () => {
      const { made } = await make('payments.one');
      if (!made.value) return;
      for (const odd of ['nobody-made-this-one', 'two words', 'line\n', '', 'tökén'].map((text) =>
        Buffer.from(text),
      )) {
        const did = await kind.exercise(made.fresh, odd);
        expect(did.ok ? undefined : failures).toContain(did.ok ? '' : did.code);
        if (odd.length > 4) expect(leaks(did, [odd.toString()])).toEqual([]);
        expect((await kind.look(odd)).ok).toBeTypeOf('boolean');
      }
    });

    /** Keys have no end: their old versions stay (rule 11). */
    async function ends(): Promise<boolean> {
      if (!kind.end) expect(must(await kind.create('payments.any')).value).toBeUndefined();
      return kind.end !== undefined;
    }
  });
}

function endOf(kind: Kind): (ref: string) => Promise<Did<void>> {
  return async (ref) => {
    if (!kind.end) throw new Error('this kind ends nothing');
    return kind.end(ref);
  };
}
