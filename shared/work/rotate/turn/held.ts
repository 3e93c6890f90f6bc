/**
 * A rotation's row while a turn works on it: every write is by If-Match and prolongs the lease. A write that fails means
 * that somebody else has it now: the turn ends at once, whatever it was about to do (rule 10).
 */
import type { Rotation } from '../../../rotation/rotation.ts';
import type { Stored } from '../../../state/ports.ts';
import type { RotateDeps } from '../deps.ts';
import { callMs } from './timed.ts';

/** Three times as long as any call is waited for, ms: what was begun under it has landed once it has run out. */
export const leaseMs = 300_000;

/** The row is another turn's now, or a person changed it. */
export class LostRotation extends Error {
  override name = 'LostRotation';
}

type Optional = {
  [Key in keyof Rotation]-?: undefined extends Rotation[Key] ? Key : never;
}[keyof Rotation];

export class HeldRotation {
  readonly #deps: Pick<RotateDeps, 'state' | 'clock'>;
  readonly #owner: string;
  #stored: Stored<Rotation>;

  private constructor(deps: Pick<RotateDeps, 'state' | 'clock'>, owner: string, stored: Stored<Rotation>) {
    this.#deps = deps;
    this.#owner = owner;
    this.#stored = stored;
  }

  /** Undefined: a turn that lives has it. @param owner of this turn alone. */
  static async take(
    deps: Pick<RotateDeps, 'state' | 'clock'>,
    owner: string,
    stored: Stored<Rotation>,
  ): Promise<HeldRotation | undefined> {
    const { lease } = stored.value;
    if (lease && lease.until > deps.clock.now() && lease.owner !== owner) return undefined;
    const held = new HeldRotation(deps, owner, stored);
    try {
      await held.update({});
      return held;
    } catch (error) {
      if (error instanceof LostRotation) return undefined;
      throw error;
    }
  }

  get value(): Rotation {
    return this.#stored.value;
  }

  /** Writes and prolongs the lease. `without`: what does not hold any more. @throws LostRotation */
  async update(change: Partial<Rotation>, without: Optional[] = []): Promise<void> {
    const lease = { owner: this.#owner, until: this.#deps.clock.now() + leaseMs };
    await this.#save({ ...this.#changed(change, without), lease });
  }

  /**
   * Right before a request that cannot be taken back: the row is ours, and stays so for as long as an answer is waited for.
   *
   * @throws LostRotation
   */
  async fence(change: Partial<Rotation> = {}, without: Optional[] = []): Promise<void> {
    await this.update(change, without);
    const left = (this.value.lease?.until ?? 0) - this.#deps.clock.now();
    if (left < callMs)
      throw new LostRotation(`rotation ${this.value.id} was saved too slowly: nothing is begun with it`);
  }

  /** Gives the row back, open. @throws LostRotation */
  async release(change: Partial<Rotation>, without: Optional[] = []): Promise<void> {
    await this.#save(this.#changed(change, [...without, 'lease']));
  }

  /** @throws LostRotation */
  async end(ended: NonNullable<Rotation['ended']>): Promise<void> {
    const value: Rotation = {
      ...this.#changed({}, ['lease', 'waiting', 'needs', 'failing']),
      status: 'ended',
      ended,
    };
    if ((await this.#deps.state.rotations.end({ value, etag: this.#stored.etag })) === 'conflict')
      throw new LostRotation(`rotation ${value.id} was changed by somebody else`);
    this.#stored = { value, etag: this.#stored.etag };
  }

  #changed(change: Partial<Rotation>, without: Optional[]): Rotation {
    const rest = { ...this.value };
    for (const key of without) delete rest[key];
    return { ...rest, ...change };
  }

  async #save(value: Rotation): Promise<void> {
    const result = await this.#deps.state.rotations.save({ value, etag: this.#stored.etag });
    if (!result.saved) throw new LostRotation(`rotation ${value.id} was changed by somebody else`);
    this.#stored = { value, etag: result.etag };
  }
}
