/** A SIMULATED provider of credentials: what lives, who made it, what works yet. It says of each end who asked for it. */
import { randomBytes } from 'node:crypto';
import type { Did, Kind, Look, Made } from '../../../../shared/rotation/rotation.ts';
import type { ManualClock } from '../../../fakes/clock.ts';

export interface Simulated {
  ref: string;
  value: string;
  /** Id of the rotation that made it; undefined: people did. */
  rotation: string | undefined;
  madeAt: number;
  endsAt: number;
  /** Exercises that still meet a replica that does not know it. */
  unknownFor: number;
  alive: boolean;
  /** Whether Sealwatch ended it. */
  endedByUs: boolean;
}

export interface Faults {
  /** Every call fails. */
  away: boolean;
  /** A creation goes through, and its answer is lost. */
  loseCreation: boolean;
  /** How long a new one takes, in exercises. */
  propagation: number;
  /** What a turn that died made cannot be seen. */
  blind: boolean;
}

const lifeMs = 180 * 24 * 3_600_000;
/** What cannot be seen is gone by then, ms. */
const unseenMs = 24 * 3_600_000;

export class SimulatedProvider {
  readonly made: Simulated[] = [];
  readonly faults: Faults = { away: false, loseCreation: false, propagation: 0, blind: false };
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  add(rotation: string | undefined, unknownFor = 0): Simulated {
    const now = this.#clock.now();
    const one: Simulated = {
      ref: `ref-${this.made.length + 1}`,
      value: `value-${randomBytes(16).toString('hex')}`,
      rotation,
      madeAt: now,
      endsAt: now + lifeMs,
      unknownFor,
      alive: true,
      endedByUs: false,
    };
    this.made.push(one);
    return one;
  }

  byValue(value: string | undefined): Simulated | undefined {
    return this.made.find((one) => one.value === value);
  }

  /** Behind our back. */
  revoke(ref: string): void {
    for (const one of this.made) if (one.ref === ref) one.alive = false;
  }

  /** A secret-bearing kind over it. */
  kind(): Kind {
    const { faults } = this;
    const away = (): Did<never> => ({
      ok: false,
      code: 'unreachable',
      detail: 'the simulated provider is away',
    });
    return {
      name: 'entra-secret',
      look: async (value): Promise<Did<Look>> =>
        faults.away ? away() : { ok: true, value: this.#look(value) },
      create: async (id): Promise<Did<Made>> => {
        if (faults.away) return away();
        const one = this.add(id, faults.propagation);
        if (faults.loseCreation) return away();
        const { ref, madeAt, endsAt } = one;
        return {
          ok: true,
          value: {
            fresh: { ref, madeAt, endsAt },
            value: async () => ({ ok: true, value: Buffer.from(one.value) }),
          },
        };
      },
      orphans: async (id, { at }) => {
        if (faults.away) return away();
        const left = this.made.filter((one) => one.alive && one.rotation === id);
        if (faults.blind && this.#clock.now() < at + unseenMs)
          return { ok: true, value: { state: 'unseen', until: at + unseenMs, why: 'nobody may list' } };
        // What nobody renewed is gone by itself then.
        if (faults.blind) for (const one of left) one.alive = false;
        return { ok: true, value: { state: 'known', end: faults.blind ? [] : left.map(({ ref }) => ref) } };
      },
      exercise: async (_fresh, value) => {
        if (faults.away) return away();
        const one = this.byValue(value?.toString());
        if (!one?.alive) return { ok: false, code: 'dead', detail: 'it is not known' };
        if (one.unknownFor === 0) return { ok: true, value: undefined };
        one.unknownFor -= 1;
        return { ok: false, code: 'not-yet', detail: 'a replica does not know it' };
      },
      end: async (ref) => {
        if (faults.away) return away();
        for (const one of this.made) {
          if (one.ref !== ref || !one.alive) continue;
          one.alive = false;
          one.endedByUs = true;
        }
        return { ok: true, value: undefined };
      },
    };
  }

  #look(value: Buffer | undefined): Look {
    const one = this.byValue(value?.toString());
    const ours = this.made.flatMap(({ alive, rotation, ref, madeAt, endsAt }) =>
      alive && rotation !== undefined ? [{ rotation, ref, madeAt, endsAt }] : [],
    );
    const foreign = this.made
      .filter(({ alive, rotation }) => alive && rotation === undefined)
      .map(({ ref }) => `${ref} is people's own`);
    if (!one?.alive) return { current: { state: 'dead', why: 'it is not known' }, ours, foreign };
    const { ref, madeAt, endsAt } = one;
    return { current: { state: 'works', ref, madeAt, endsAt, lifeMs, renewable: false }, ours, foreign };
  }
}
