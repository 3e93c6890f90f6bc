/** Asks one node how it is, twice if it looks bad, and for more where more adds something. */
import type { Answer } from '../../vault/answer.ts';
import type { Health } from '../../vault/answers.ts';
import type { VaultClient } from '../../vault/client.ts';
import type { NodeObservation } from '../observation.ts';
import { further, outcome } from './further.ts';
import type { StartsAsked, Sweeping } from './sweeping.ts';

/** Rejects only for an error of our own. */
export function probeNode(
  name: string,
  client: VaultClient,
  startsAsked: StartsAsked,
  wasSilent: boolean,
  sweeping: Sweeping,
): Promise<NodeObservation> {
  return new Promise((resolve, reject) => {
    new NodeProbe(name, client, startsAsked, sweeping, resolve, reject).begin(wasSilent);
  });
}

/**
 * One attempt on the kept connection and, when that is silent for half the timeout, a second one on a fresh
 * connection within the timeout. An answer from the server settles it; a network error waits for the other. A node
 * that is silent for a while gives its slot back before that.
 *
 * A class and callbacks, not async functions and closures: thousands of these are under way at the same time, and
 * what each of them holds is copied whenever V8 collects garbage meanwhile.
 */
class NodeProbe {
  readonly #name: string;
  readonly #at: number;
  readonly #client: VaultClient;
  readonly #startsAsked: StartsAsked;
  readonly #sweeping: Sweeping;
  readonly #resolve: (observation: NodeObservation) => void;
  readonly #reject: (error: unknown) => void;
  #timeoutMs = 0;
  #endsAt = 0;
  /** Attempts under way. */
  #open = 0;
  #failed: Answer<Health> | undefined;
  #second: AbortController | undefined;
  #isSettled = false;
  #holdsSlot = false;
  /** Of the one timer that it waits for. */
  #cancel: (() => void) | undefined;

  constructor(
    name: string,
    client: VaultClient,
    startsAsked: StartsAsked,
    sweeping: Sweeping,
    resolve: (observation: NodeObservation) => void,
    reject: (error: unknown) => void,
  ) {
    this.#name = name;
    this.#at = sweeping.clock.now();
    this.#client = client;
    this.#startsAsked = startsAsked;
    this.#sweeping = sweeping;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  begin(wasSilent: boolean): void {
    const waiting = this.#sweeping.slots.take(wasSilent);
    if (waiting) waiting.then(() => this.#ask()).catch((error: unknown) => this.#fail(error));
    else this.#ask();
  }

  #ask(): void {
    const { slotMs, silence, clock } = this.#sweeping;
    this.#holdsSlot = true;
    if (this.#sweeping.remainingMs() <= 0) {
      this.#end(notAsked(this.#name, this.#at, this.#client.address));
      return;
    }
    this.#timeoutMs = this.#sweeping.requestMs();
    this.#endsAt = clock.elapsed() + this.#timeoutMs;
    this.#cancel = silence.after(Math.min(slotMs, this.#timeoutMs / 2), () => this.#onSilent());
    this.#attempt({ timeoutMs: this.#timeoutMs });
  }

  #onSilent(): void {
    this.#release();
    const { silence, clock } = this.#sweeping;
    const half = this.#endsAt - this.#timeoutMs / 2;
    this.#cancel = silence.after(half - clock.elapsed(), () => this.#askBeside());
  }

  #askBeside(): void {
    this.#second = new AbortController();
    const timeoutMs = Math.max(1, this.#endsAt - this.#sweeping.clock.elapsed());
    this.#attempt({ fresh: true, timeoutMs, signal: this.#second.signal });
  }

  #attempt(options: Parameters<VaultClient['health']>[0]): void {
    this.#open += 1;
    this.#client.health(options).then(
      (answer) => this.#settle(answer),
      (error: unknown) => this.#fail(error),
    );
  }

  #settle(answer: Answer<Health>): void {
    if (this.#isSettled) return;
    this.#open -= 1;
    const answered = answer.ok || answer.error.status !== undefined;
    if (!answered && this.#open > 0) {
      this.#failed = answer;
      return;
    }
    this.#isSettled = true;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#second?.abort();
    const health = this.#sweeping.unlessCutShort(answer, this.#timeoutMs);
    const earlier = this.#failed ? [outcome(this.#failed)] : [];
    this.#goOn({ node: this.#name, at: this.#at, health, earlier }, 0);
  }

  /** Asks what the answers so far leave open, one thing after the other. */
  #goOn(observation: NodeObservation, from: number): void {
    try {
      for (let next = from; next < further.length; next += 1) {
        const asking = further[next]?.(observation, this.#client, this.#sweeping, this.#startsAsked);
        if (!asking) continue;
        this.#releaseInTime(observation.health.ms);
        asking.then(
          () => this.#goOn(observation, next + 1),
          (error: unknown) => this.#fail(error),
        );
        return;
      }
      const certificate = this.#client.certificate();
      if (certificate) observation.certificate = certificate;
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#end(observation);
  }

  /** What is left of its time: a slow node holds its slot no longer than a silent one. */
  #releaseInTime(ms: number): void {
    const { slotMs, silence } = this.#sweeping;
    this.#cancel ??= silence.after(Math.max(0, slotMs - ms), () => this.#release());
  }

  #end(observation: NodeObservation): void {
    this.#leave();
    this.#resolve(observation);
  }

  #fail(error: unknown): void {
    this.#isSettled = true;
    this.#leave();
    this.#reject(error);
  }

  #leave(): void {
    this.#cancel?.();
    this.#release();
  }

  #release(): void {
    if (!this.#holdsSlot) return;
    this.#holdsSlot = false;
    this.#sweeping.slots.giveBack();
  }
}

/** The deadline came while it waited for a slot. */
function notAsked(name: string, at: number, address: string): NodeObservation {
  const message = `[GET] ${address}/v1/sys/health: not asked: the sweep ended first`;
  const error = { code: 'aborted', message, recoverable: true } as const;
  return { node: name, at, health: { ok: false, error, ms: 0 }, earlier: [] };
}
