/** A SIMULATED key of a seal: its versions and who made them, its minimum, and ways to fail. */
import type { Did, Kind, KindName, Look, Made, Orphans } from '../../../../shared/rotation/rotation.ts';
import type { ManualClock } from '../../../fakes/clock.ts';
import type { Meets } from './provider.ts';

export interface SimulatedVersion {
  /** From 1 on, in the order of their making. */
  number: number;
  version: string;
  madeAt: number;
  /** Id of the rotation that made it, or who else did. */
  by: string;
}

export interface KeyFaults {
  /** Every call fails. */
  away: boolean;
  /** A rotation goes through, and its answer is lost. */
  loseRotation: boolean;
  /** A new minimum is taken, and its answer is lost. */
  loseMinimum: boolean;
  /** Exercises that still meet a replica with an older version. */
  lag: number;
}

export class SimulatedKey {
  readonly versions: SimulatedVersion[] = [];
  readonly faults: KeyFaults = { away: false, loseRotation: false, loseMinimum: false, lag: 0 };
  minimum = 1;
  /** The provider's clock, before ours, ms. */
  skewMs = 0;
  readonly name: KindName;
  readonly #clock: ManualClock;
  readonly #changed: () => void;
  readonly #meets: Meets;

  constructor(name: KindName, clock: ManualClock, changed: () => void, meets: Meets = (_call, run) => run()) {
    this.name = name;
    this.#clock = clock;
    this.#changed = changed;
    this.#meets = meets;
    this.make('people');
  }

  get newest(): SimulatedVersion {
    const newest = this.versions.at(-1);
    if (!newest) throw new Error('a key has a version');
    return newest;
  }

  make(by: string): SimulatedVersion {
    const number = this.versions.length + 1;
    const one: SimulatedVersion = {
      number,
      version: this.name === 'transit-key' ? String(number) : `${number}`.padStart(32, 'f'),
      madeAt: this.#clock.now() + this.skewMs,
      by,
    };
    this.versions.push(one);
    return one;
  }

  /** @param follows its vault makes versions, and none is made here. */
  kind(follows: boolean): Kind {
    const { faults } = this;
    const isTransit = this.name === 'transit-key';
    return {
      name: this.name,
      look: async (): Promise<Did<Look>> => (faults.away ? away : { ok: true, value: this.#look() }),
      create: (id) =>
        this.#meets('create', async (): Promise<Did<Made>> => {
          if (faults.away) return away;
          if (follows) return { ok: false, code: 'wrong', detail: 'its vault makes versions' };
          const { version: ref, madeAt } = this.make(id);
          this.#changed();
          return faults.loseRotation ? away : { ok: true, value: { fresh: { ref, madeAt } } };
        }),
      orphans: async (_id, { before }): Promise<Did<Orphans>> => {
        if (faults.away) return away;
        const { version: ref, madeAt } = this.newest;
        return {
          ok: true,
          value: ref === before ? { state: 'known', end: [] } : { state: 'adopt', fresh: { ref, madeAt } },
        };
      },
      exercise: async ({ ref }) => {
        if (faults.away) return away;
        if (faults.lag === 0 && this.versions.some(({ version }) => version === ref)) return done;
        faults.lag = Math.max(0, faults.lag - 1);
        return { ok: false, code: 'not-yet', detail: 'a replica has an older version' };
      },
      ...(isTransit && {
        raiseMinimum: (to: number) =>
          this.#meets('raise-minimum', async () => {
            if (faults.away) return away;
            this.minimum = Math.max(this.minimum, to);
            this.#changed();
            return faults.loseMinimum ? away : done;
          }),
      }),
    };
  }

  #look(): Look {
    const { version: ref, madeAt } = this.newest;
    return {
      current: { state: 'works', ref, madeAt, renewable: false },
      ours: [],
      foreign: [],
      versions: this.versions
        .filter(({ number }) => number >= this.minimum)
        .map(({ version, madeAt: at }) => ({ version, madeAt: at, enabled: true })),
      ...(this.name === 'transit-key' && { minimum: this.minimum }),
    };
  }
}

const done: Did<void> = { ok: true, value: undefined };
const away: Did<never> = { ok: false, code: 'unreachable', detail: 'the simulated key is away' };
