/** Which envelope to try next, as custodians fail. No I/O. */
import type { Clock } from '../../clock.ts';
import { mostTries, waitAfter } from '../call.ts';
import type { Custodian } from '../custodian.ts';
import type { EscrowFailure } from '../failure.ts';
import type { Envelope } from '../generation.ts';

interface CustodianState {
  underWay: number;
  /** Rounds of calls that failed because it was throttled or away. */
  rounds: number;
  /** Not asked again before, on the monotonic clock. */
  notBefore: number;
}

export interface Candidate {
  envelope: Envelope;
  /** Rounds of its custodian when it was taken. */
  round: number;
}

export class Candidates {
  #left: Envelope[];
  readonly #clock: Pick<Clock, 'elapsed'>;
  readonly #custodians = new Map<string, CustodianState>();
  /** Indexes that are being opened, or are open. */
  readonly #taken = new Set<number>();

  constructor(envelopes: Envelope[], clock: Pick<Clock, 'elapsed'>) {
    this.#left = [...envelopes];
    this.#clock = clock;
  }

  /** Leaves out envelopes of custodians who are not at hand; which those were. */
  without(custodians: ReadonlyMap<string, Custodian>): Envelope[] {
    const away = this.#left.filter(({ custodian }) => !custodians.has(custodian));
    this.#left = this.#left.filter((envelope) => !away.includes(envelope));
    return away;
  }

  /** Distinct indexes that are open, being opened or can still be tried: below what is wanted, more calls are in vain. */
  get indexes(): number {
    return new Set([...this.#taken, ...this.#left.map(({ index }) => index)]).size;
  }

  /** The next to try, how long until there is one, or undefined: none is left for this asker. */
  take(): Candidate | { waitMs: number } | undefined {
    const now = this.#clock.elapsed();
    const free = this.#left.filter(({ index }) => !this.#taken.has(index));
    const state = ({ custodian }: Envelope) => this.#stateOf(custodian);
    const [best] = free
      .filter((envelope) => state(envelope).notBefore <= now)
      .sort(
        (a, b) =>
          state(a).rounds - state(b).rounds || state(a).underWay - state(b).underWay || a.index - b.index,
      );
    if (best) {
      this.#left = this.#left.filter((envelope) => envelope !== best);
      this.#taken.add(best.index);
      state(best).underWay += 1;
      return { envelope: best, round: state(best).rounds };
    }
    if (free.length === 0) return undefined;
    return { waitMs: Math.min(...free.map((envelope) => state(envelope).notBefore)) - now };
  }

  succeeded({ envelope }: Candidate): void {
    this.#stateOf(envelope.custodian).underWay -= 1;
    this.#left = this.#left.filter(({ index }) => index !== envelope.index);
  }

  failed({ envelope, round }: Candidate, failure: EscrowFailure): void {
    const state = this.#stateOf(envelope.custodian);
    state.underWay -= 1;
    this.#taken.delete(envelope.index);
    if (failure.code === 'tampered') return;
    if (failure.code === 'key-disabled' || failure.code === 'key-deleted' || failure.code === 'key-expired') {
      this.#leaveOut((one) => one.custodian === envelope.custodian && one.keyId === envelope.keyId);
      return;
    }
    // Calls that were under way together fail together: that is one round. A timeout was long enough to count twice.
    if (state.rounds === round) state.rounds += failure.code === 'timeout' ? 2 : 1;
    const waitMs = waitAfter(failure, state.rounds);
    if (waitMs === undefined || state.rounds >= mostTries) {
      this.#leaveOut((one) => one.custodian === envelope.custodian);
      return;
    }
    state.notBefore = Math.max(state.notBefore, this.#clock.elapsed() + waitMs);
    this.#left.push(envelope);
  }

  #leaveOut(which: (envelope: Envelope) => boolean): void {
    this.#left = this.#left.filter((envelope) => !which(envelope));
  }

  #stateOf(custodian: string): CustodianState {
    const known = this.#custodians.get(custodian) ?? { underWay: 0, rounds: 0, notBefore: 0 };
    this.#custodians.set(custodian, known);
    return known;
  }
}
