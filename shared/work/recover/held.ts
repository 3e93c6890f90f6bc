/**
 * A recovery's row while a pass works on it: every write is by If-Match and prolongs the lease. A write that fails
 * means that somebody else has it now: the pass ends at once, whatever it was about to do (rule 10).
 */
import type { Recovery, Trouble } from '../../recovery/recovery.ts';
import type { Stored } from '../../state/ports.ts';
import type { RecoverDeps } from './deps.ts';

/** Longer than anything that is done between two writes, ms. */
export const leaseMs = 60_000;
/** How often the lease is prolonged while something is waited for that may take longer than it, ms. */
const renewMs = 20_000;
const mostTroubles = 20;

/** What a row tells people of its plan. */
type Told = 'needs' | 'waiting';

function without(recovery: Recovery, over: Told[]): Recovery {
  const rest = { ...recovery };
  for (const key of over) delete rest[key];
  return rest;
}

/** The row is another pass's now, or was ended by a person. */
export class LostRow extends Error {
  override name = 'LostRow';
}

export class HeldRecovery {
  /** The row as the pass found it. */
  readonly taken: Recovery;
  readonly #deps: RecoverDeps;
  #stored: Stored<Recovery>;

  private constructor(deps: RecoverDeps, stored: Stored<Recovery>) {
    this.taken = stored.value;
    this.#deps = deps;
    this.#stored = stored;
  }

  /** Undefined: a pass that lives has it. */
  static async take(deps: RecoverDeps, stored: Stored<Recovery>): Promise<HeldRecovery | undefined> {
    const { value } = stored;
    const now = deps.clock.now();
    if (value.lease && value.lease.until > now) return undefined;
    const pass = value.passes + 1;
    const held = new HeldRecovery(deps, stored);
    try {
      await held.update({ passes: pass, lease: { owner: deps.owner, pass, until: now + leaseMs } });
      return held;
    } catch (error) {
      if (error instanceof LostRow) return undefined;
      throw error;
    }
  }

  get value(): Recovery {
    return this.#stored.value;
  }

  get pass(): number {
    return this.value.passes;
  }

  /** Writes and prolongs the lease. `over`: what does not hold any more. @throws LostRow */
  async update(change: Partial<Recovery>, over: Told[] = []): Promise<void> {
    const { owner, clock, state } = this.#deps;
    const lease = { owner, pass: change.passes ?? this.pass, until: clock.now() + leaseMs };
    const value: Recovery = { ...without(this.value, over), ...change, lease };
    await this.#save(value, () => state.recoveries.save({ value, etag: this.#stored.etag }));
  }

  /**
   * Keeps the lease while `work` runs, which writes nothing to the row itself. Once the row is lost the signal aborts;
   * `lost` is then for the caller to throw, after it put away what `work` left it with.
   */
  async whileKept<T>(work: (signal: AbortSignal) => Promise<T>): Promise<{ value: T; lost?: unknown }> {
    const { clock } = this.#deps;
    const stop = new AbortController();
    const kept: { lost?: unknown } = {};
    let ended = false;
    let renewing = Promise.resolve();
    let cancel: () => void = () => undefined;
    const renewLater = () => {
      cancel = clock.after(renewMs, () => {
        renewing = this.update({}).then(
          () => {
            if (!ended) renewLater();
          },
          (error: unknown) => {
            kept.lost = error;
            stop.abort();
          },
        );
      });
    };
    renewLater();
    try {
      const value = await work(stop.signal);
      ended = true;
      cancel();
      await renewing;
      return { value, ...kept };
    } finally {
      ended = true;
      cancel();
    }
  }

  /** Adds to what went wrong on the way; the oldest make room. @throws LostRow */
  async trouble(troubles: Trouble[]): Promise<void> {
    if (troubles.length === 0) return;
    await this.update({ troubles: [...this.value.troubles, ...troubles].slice(-mostTroubles) });
  }

  /** Gives the row back, open. @throws LostRow */
  async release(change: Partial<Recovery>, over: Told[] = []): Promise<void> {
    const { lease: _lease, ...rest } = { ...without(this.value, over), ...change };
    await this.#save(rest, () => this.#deps.state.recoveries.save({ value: rest, etag: this.#stored.etag }));
  }

  /** Ends the recovery and its claim on the cluster in one transaction. @throws LostRow */
  async end(ended: NonNullable<Recovery['ended']>): Promise<void> {
    const { lease: _lease, waiting: _waiting, needs: _needs, ...rest } = this.value;
    const value: Recovery = { ...rest, status: 'ended', ended };
    const done = await this.#deps.state.recoveries.end({ value, etag: this.#stored.etag });
    if (done === 'conflict') throw new LostRow(`recovery ${value.id} was changed by somebody else`);
    this.#stored = { value, etag: this.#stored.etag };
  }

  async #save(
    value: Recovery,
    save: () => Promise<{ saved: true; etag: string } | { saved: false }>,
  ): Promise<void> {
    const result = await save();
    if (!result.saved) throw new LostRow(`recovery ${value.id} was changed by somebody else`);
    this.#stored = { value, etag: result.etag };
  }
}
