/**
 * A process that is killed before or after its n-th effect, for tests of crashes. Wrap everything that has effects with
 * one Stopper (storage here, other ports by `effect` and `look`), run until it throws Stopped, then run again without.
 */
import type { RecoverState } from '../../../shared/state/recover-ports.ts';

/** What every call rejects with once the process is dead. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

export class Stopper {
  readonly #at: number;
  readonly #when: 'before' | 'after';
  readonly #effects: string[] = [];
  #stopped = false;

  /** @param at counts effects from 1. Left out: it never stops, and `effects` says how many there are to stop at. */
  constructor(at = Number.POSITIVE_INFINITY, when: 'before' | 'after' = 'before') {
    this.#at = at;
    this.#when = when;
  }

  /** Names of the effects so far, in the order of their beginnings; the last one did not happen if `before` it. */
  get effects(): readonly string[] {
    return this.#effects;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  /** @throws Stopped */
  async effect<T>(name: string, run: () => Promise<T>): Promise<T> {
    this.#checkAlive(name);
    this.#effects.push(name);
    if (this.#effects.length === this.#at) {
      this.#stopped = true;
      if (this.#when === 'before') throw new Stopped(`stopped before effect ${this.#at}, ${name}`);
    }
    return this.#heard(name, run);
  }

  /** Something that changes nothing. @throws Stopped */
  async look<T>(name: string, run: () => Promise<T>): Promise<T> {
    this.#checkAlive(name);
    return this.#heard(name, run);
  }

  /** What was under way when the process died happens, and nobody hears how it went. */
  async #heard<T>(name: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } finally {
      // oxlint-disable-next-line no-unsafe-finally -- it replaces the answer, and an error too
      if (this.#stopped) throw new Stopped(`stopped at effect ${this.#at}: ${name} was under way`);
    }
  }

  #checkAlive(name: string): void {
    if (this.#stopped) throw new Stopped(`stopped at effect ${this.#at}: ${name} never began`);
  }
}

/** The state with its writes as effects. `prepare` is none: it belongs to no pass. */
export function stoppingState(state: RecoverState, stopper: Stopper): RecoverState {
  const { recoveries, approvals, holds, generations, escrow, starts, audit, nudges } = state;
  const effect = <A extends unknown[], T>(name: string, run: (...given: A) => Promise<T>) => {
    return (...given: A) => stopper.effect(name, () => run(...given));
  };
  const look = <A extends unknown[], T>(name: string, run: (...given: A) => Promise<T>) => {
    return (...given: A) => stopper.look(name, () => run(...given));
  };
  return {
    recoveries: {
      open: effect('recoveries.open', (recovery) => recoveries.open(recovery)),
      save: effect('recoveries.save', (recovery) => recoveries.save(recovery)),
      end: effect('recoveries.end', (recovery) => recoveries.end(recovery)),
      read: look('recoveries.read', (cluster, id) => recoveries.read(cluster, id)),
      active: look('recoveries.active', (cluster) => recoveries.active(cluster)),
      list: look('recoveries.list', (cluster, since) => recoveries.list(cluster, since)),
      allActive: look('recoveries.allActive', () => recoveries.allActive()),
    },
    approvals: {
      save: effect('approvals.save', (approval) => approvals.save(approval)),
      of: look('approvals.of', (cluster, recovery) => approvals.of(cluster, recovery)),
    },
    holds: {
      set: effect('holds.set', (hold) => holds.set(hold)),
      end: effect('holds.end', (cluster) => holds.end(cluster)),
      of: look('holds.of', (cluster) => holds.of(cluster)),
    },
    generations: {
      save: effect('generations.save', (row, etag) => generations.save(row, etag)),
      newest: look('generations.newest', (cluster) => generations.newest(cluster)),
      all: look('generations.all', () => generations.all()),
    },
    escrow: {
      create: effect('escrow.create', (name, bytes) => escrow.create(name, bytes)),
      read: look('escrow.read', (name) => escrow.read(name)),
      list: look('escrow.list', (cluster) => escrow.list(cluster)),
    },
    starts: {
      note: effect('starts.note', (notes) => starts.note(notes)),
      of: look('starts.of', (cluster) => starts.of(cluster)),
    },
    audit: { write: effect('audit.write', (entry) => audit.write(entry)) },
    nudges: {
      send: effect('nudges.send', (queue, cluster, delayMs) => nudges.send(queue, cluster, delayMs)),
    },
    prepare: () => state.prepare(),
  };
}
