/** A finding that comes and goes with every sweep must not be two messages a minute. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../../shared/alert/alert.ts';
import type { Decided } from '../../../shared/alert/decide.ts';
import { certificate, node, sealed } from '../build.ts';
import { changesOf, type Seen, sweeps } from '../sweeps.ts';

const present: Seen = { present: [sealed('vault-1')] };
const unjudged: Seen = { unjudged: [{ code: 'node-sealed', subject: node('vault-1') }] };
const gone: Seen = { watched: () => false };
const key = 'node-sealed node:vault-1';
const note = 'flapping: came and went 3 times in 15 min; it stays open until it is absent for 5 min';

/** Comes and goes three times, one look each 30 s; the next look is at 180. */
function cameAndWent() {
  const run = sweeps();
  for (let seconds = 0; seconds < 180; seconds += 60) {
    run.at(seconds, present);
    run.at(seconds + 30);
  }
  return run;
}

describe('a finding that came and went three times in 15 minutes', () => {
  it('is told once more with that, then neither as gone nor as new', () => {
    const run = cameAndWent();
    const { message } = run.at(180, present);
    expect(changesOf(message)).toEqual([`fired ${key}`]);
    expect(message?.changes[0]?.note).toBe(note);
    for (let seconds = 210; seconds < 3600; seconds += 60) {
      expect(run.at(seconds)).toMatchObject({ transitions: [] });
      expect(run.at(seconds + 30, present)).not.toHaveProperty('message');
    }
    expect(run.alerts()).toMatchObject([{ key, status: 'firing', told: true }]);
  });

  it('ends when it was absent for 5 minutes on end, and not before', () => {
    const run = cameAndWent();
    run.at(180, present);
    run.at(210);
    run.at(480, present);
    run.at(500);
    expect(run.at(799)).toMatchObject({ transitions: [] });
    expect(changesOf(run.at(800).message)).toEqual([`resolved ${key}`]);
    expect(run.alerts()).toEqual([]);
  });

  it('is not counted as absent while it cannot be judged', () => {
    const run = cameAndWent();
    run.at(180, present);
    run.at(210);
    run.at(300, unjudged);
    expect(run.at(520).message).toBeUndefined();
    expect(run.at(819).message).toBeUndefined();
    expect(changesOf(run.at(820).message)).toEqual([`resolved ${key}`]);
  });

  it('writes nothing while it stays away and nothing changes', () => {
    const run = cameAndWent();
    run.at(180, present);
    const before = run.at(210).alerts;
    expect(run.at(240)).toEqual({ alerts: before, transitions: [] });
  });

  it('ends at once when nobody watches its subject any more', () => {
    const run = cameAndWent();
    run.at(180, present);
    expect(run.at(210, gone).message?.changes).toMatchObject([
      { change: 'resolved', note: 'no longer watched' },
    ]);
    expect([...run.alerts(), ...run.rests()]).toEqual([]);
  });

  it('waits as long as any other before it is told, where its severity waits', () => {
    const run = sweeps();
    const certified: Seen = { present: [certificate('vault-1')] };
    for (const seconds of [0, 100, 200]) {
      run.at(seconds, certified);
      run.at(seconds + 60, certified);
      run.at(seconds + 61);
    }
    run.at(300, certified);
    run.at(310);
    run.at(340, certified);
    expect(run.at(365, certified).message).toBeUndefined();
    expect(run.at(400, certified).message?.changes).toMatchObject([{ change: 'fired', note }]);
  });

  it('is not held open by a clock that was a day ahead', () => {
    const run = cameAndWent();
    run.at(180, present);
    run.at(86_400);
    run.at(210);
    expect(changesOf(run.at(510).message)).toEqual([`resolved ${key}`]);
  });

  it('is reminded of as coming and going', () => {
    const run = cameAndWent();
    run.at(180, present);
    run.at(3770);
    expect(run.at(3781).message?.changes).toMatchObject([
      { change: 'reminder', note: 'cannot be judged now: it comes and goes; absent since 03:16 UTC' },
    ]);
  });
});

describe('a finding that came and went', () => {
  it('twice, or three times in more than 15 minutes, is told each time', () => {
    const run = sweeps();
    const told: string[] = [];
    for (const seconds of [0, 450, 900, 1350, 1800]) {
      told.push(...changesOf(run.at(seconds, present).message), ...changesOf(run.at(seconds + 30).message));
    }
    expect(told).toEqual(Array.from({ length: 5 }, () => [`fired ${key}`, `resolved ${key}`]).flat());
  });

  it('by a clock that was a day ahead is forgotten at once', () => {
    const run = sweeps();
    run.at(86_400, present);
    run.at(86_430);
    run.at(0);
    expect(run.rests()).toEqual([]);
  });

  it('is forgotten 15 minutes later without a message', () => {
    const run = sweeps();
    run.at(0, present);
    run.at(30);
    expect(run.rests()).toHaveLength(1);
    expect(run.at(929)).toEqual({ alerts: run.rests(), transitions: [] });
    expect(run.at(930)).toEqual({ alerts: [], transitions: [] });
  });
});

describe('whatever comes and goes', () => {
  const looks = fc.array(fc.constantFrom<Seen>(present, {}, {}, unjudged), { minLength: 30, maxLength: 80 });

  /** The timeline at one look each 30 s, then 20 minutes of absence. */
  function whatever(check: (steps: Decided[]) => void): void {
    fc.assert(
      fc.property(looks, (timeline) => {
        const run = sweeps();
        check(
          [...timeline, ...Array.from({ length: 40 }, (): Seen => ({}))].map((seen, at) =>
            run.at(at * 30, seen),
          ),
        );
      }),
      { numRuns: 300 },
    );
  }
  const told = (steps: Decided[]) => steps.flatMap(({ message }) => (message ? [message] : []));
  const kindOf = (message: Message) => message.changes[0]?.change;

  it('is told and ended in turns, and is over in the end with nothing left', () => {
    whatever((steps) => {
      const turns = told(steps).map(kindOf);
      for (const [index, change] of turns.entries())
        expect(change).toBe(index % 2 === 0 ? 'fired' : 'resolved');
      expect(turns.length % 2).toBe(0);
      expect(steps.at(-1)?.alerts.filter(({ told: open }) => open)).toEqual([]);
    });
  });

  it('is new at most six times in 15 minutes', () => {
    whatever((steps) => {
      const fired = told(steps).filter((message) => kindOf(message) === 'fired');
      for (const { at } of fired) {
        const near = fired.filter((other) => other.at >= at && other.at < at + 15 * 60_000);
        expect(near.length).toBeLessThanOrEqual(6);
      }
    });
  });
});
