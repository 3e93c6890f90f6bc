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
  /** Behind our back. */
  revoked?: boolean;
  /** When somebody renewed it last, ms. */
  renewedAt?: number;
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
  /** Renewals are refused. */
  unrenewed: boolean;
}

/** Something that a call meets on its way: a delay. */
export type Meets = <T>(call: string, run: () => Promise<T>) => Promise<T>;

const lifeMs = 180 * 24 * 3_600_000;
/** What cannot be seen is gone by then, ms. */
const unseenMs = 24 * 3_600_000;

export class SimulatedProvider {
  readonly made: Simulated[] = [];
  readonly faults: Faults = {
    away: false,
    loseCreation: false,
    propagation: 0,
    blind: false,
    unrenewed: false,
  };
  /** Of each renewal of ours, when, ms. */
  readonly renewals: number[] = [];
  /** Tokens that live so long unless they are renewed, ms; undefined: secrets, which nobody renews. */
  readonly periodMs: number | undefined;
  readonly #clock: ManualClock;
  readonly #meets: Meets;

  constructor(clock: ManualClock, periodMs: number | undefined, meets: Meets) {
    this.#clock = clock;
    this.periodMs = periodMs;
    this.#meets = meets;
  }

  /** Of a token: what nobody renewed in time is gone. */
  expire(): void {
    if (this.periodMs === undefined) return;
    for (const one of this.made) if (one.endsAt <= this.#clock.now()) one.alive = false;
  }

  renew(one: Simulated): void {
    this.expire();
    if (!one.alive || this.periodMs === undefined) return;
    one.renewedAt = this.#clock.now();
    one.endsAt = one.renewedAt + this.periodMs;
  }

  add(rotation: string | undefined, unknownFor = 0): Simulated {
    const now = this.#clock.now();
    const one: Simulated = {
      ref: `ref-${this.made.length + 1}`,
      value: `value-${randomBytes(16).toString('hex')}`,
      rotation,
      madeAt: now,
      endsAt: now + (this.periodMs ?? lifeMs),
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
    for (const one of this.made) if (one.ref === ref) Object.assign(one, { alive: false, revoked: true });
  }

  /** A secret-bearing kind over it. */
  kind(): Kind {
    const { faults } = this;
    const away = (): Did<never> => ({
      ok: false,
      code: 'unreachable',
      detail: 'the simulated provider is away',
    });
    const meet = this.#meets;
    return {
      name: this.periodMs === undefined ? 'entra-secret' : 'transit-token',
      look: async (value): Promise<Did<Look>> =>
        faults.away ? away() : { ok: true, value: this.#look(value) },
      ...(this.periodMs !== undefined && {
        renew: (value: Buffer) =>
          meet('renew', async (): Promise<Did<void>> => {
            if (faults.away) return away();
            this.renewals.push(this.#clock.now());
            if (faults.unrenewed) return { ok: false, code: 'denied', detail: 'renewals are refused' };
            const one = this.byValue(value.toString());
            if (one) this.renew(one);
            return { ok: true, value: undefined };
          }),
        lastUsed: async (ref: string) =>
          faults.away
            ? away()
            : { ok: true, value: this.made.find((one) => one.ref === ref && one.alive)?.renewedAt },
      }),
      create: (id) =>
        meet('create', async (): Promise<Did<Made>> => {
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
        }),
      orphans: async (id, { at }) => {
        if (faults.away) return away();
        this.expire();
        const left = this.made.filter((one) => one.alive && one.rotation === id);
        if (faults.blind && this.#clock.now() < at + unseenMs)
          return { ok: true, value: { state: 'unseen', until: at + unseenMs, why: 'nobody may list' } };
        // What nobody renewed is gone by itself then.
        if (faults.blind) for (const one of left) one.alive = false;
        return { ok: true, value: { state: 'known', end: faults.blind ? [] : left.map(({ ref }) => ref) } };
      },
      exercise: async (_fresh, value) => {
        if (faults.away) return away();
        this.expire();
        const one = this.byValue(value?.toString());
        if (!one?.alive) return { ok: false, code: 'dead', detail: 'it is not known' };
        if (one.unknownFor === 0) return { ok: true, value: undefined };
        one.unknownFor -= 1;
        return { ok: false, code: 'not-yet', detail: 'a replica does not know it' };
      },
      end: (ref) =>
        meet('end', async () => {
          if (faults.away) return away();
          for (const one of this.made) {
            if (one.ref !== ref || !one.alive) continue;
            one.alive = false;
            one.endedByUs = true;
          }
          return { ok: true, value: undefined };
        }),
    };
  }

  #look(value: Buffer | undefined): Look {
    this.expire();
    const one = this.byValue(value?.toString());
    const ours = this.made.flatMap(({ alive, rotation, ref, madeAt, endsAt }) =>
      alive && rotation !== undefined ? [{ rotation, ref, madeAt, endsAt }] : [],
    );
    const foreign = this.made
      .filter(({ alive, rotation }) => alive && rotation === undefined)
      .map(({ ref }) => `${ref} is people's own`);
    if (!one?.alive) return { current: { state: 'dead', why: 'it is not known' }, ours, foreign };
    const { ref, madeAt, endsAt } = one;
    const renewable = this.periodMs !== undefined;
    const life = this.periodMs ?? lifeMs;
    return { current: { state: 'works', ref, madeAt, endsAt, lifeMs: life, renewable }, ours, foreign };
  }
}
