/** The row of a recovery in storage, while one command on a laptop works on it. */
import type { Clock } from '../../clock.ts';
import type { Recovery } from '../../recovery/recovery.ts';
import type { Stored } from '../../state/ports.ts';
import type { RecoverState } from '../../state/recover-ports.ts';
import { leaseMs } from '../recover/held.ts';
import { type Journal, openRecovery } from './journal.ts';

/** How often the lease is prolonged, ms. */
const renewMs = 20_000;

type Ticking = Pick<Clock, 'now' | 'after'>;

/**
 * Whoever writes the row of this command: one write after the other, each with a lease of this run. A pass that gives the
 * row back gives it back to this command, and not to others.
 */
export class OwnRow {
  readonly #remote: RecoverState;
  readonly #journal: Journal;
  readonly #clock: Ticking;
  #stored: Stored<Recovery> | undefined;
  /** For the passes of this command: renewals of the lease do not change it. */
  #version = 0;
  #lost = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(remote: RecoverState, journal: Journal, clock: Ticking) {
    this.#remote = remote;
    this.#journal = journal;
    this.#clock = clock;
  }

  get value(): Recovery | undefined {
    return this.#stored?.value;
  }

  async adopt(cluster: string): Promise<void> {
    const left = openRecovery(this.#journal.before, cluster);
    const active = left && (await this.#remote.recoveries.active(cluster));
    if (active?.value.id !== left?.id) return;
    const { lease } = active?.value ?? {};
    const isFree = !lease || lease.until <= this.#clock.now() || this.#journal.overRuns.has(lease.owner);
    if (isFree) this.#stored = active;
  }

  /** As storage has it, once it is not this command's any more. */
  async current(): Promise<Recovery | undefined> {
    const { value } = this;
    if (!value || !this.#lost) return value;
    return (await this.#remote.recoveries.read(value.cluster, value.id))?.value ?? value;
  }

  /** Its lease is this command's own: no obstacle to it. */
  asOpen(): Stored<Recovery> | undefined {
    if (!this.value || this.#lost || this.value.status !== 'open') return undefined;
    const { lease: _lease, ...value } = this.value;
    return { value, etag: String(this.#version) };
  }

  /** In the journal first: a command that is killed in between knows its row again. */
  async open(recovery: Recovery): Promise<{ opened: true; etag: string } | { opened: false; busy: string }> {
    const { recoveries } = this.#remote;
    await this.#journal.append({ kind: 'recovery', value: recovery });
    const opened = await recoveries.open(this.#leased(recovery));
    if (opened.opened) {
      this.#stored = { value: recovery, etag: opened.etag };
    } else if (opened.busy === recovery.id) {
      // An earlier try of this very call did go through.
      this.#stored = await recoveries.read(recovery.cluster, recovery.id);
    } else {
      const summary = `recovery ${opened.busy} is open`;
      const ended = { at: this.#clock.now(), outcome: 'refused', summary } as const;
      await this.#journal.append({ kind: 'recovery', value: { ...recovery, status: 'ended', ended } });
      // Begun by this very file, while its lease stood: once that ran out, the file is still what it is gone on with by.
      const left = openRecovery(this.#journal.before, recovery.cluster);
      if (left?.id === opened.busy) await this.#journal.append({ kind: 'recovery', value: left });
      return opened;
    }
    return { opened: true, etag: String(this.#version) };
  }

  async save({ value, etag }: Stored<Recovery>): Promise<{ saved: true; etag: string } | { saved: false }> {
    if (etag !== String(this.#version)) return { saved: false };
    if (!(await this.#oneByOne(() => this.#write(value)))) return { saved: false };
    await this.#journal.append({ kind: 'recovery', value });
    this.#version += 1;
    return { saved: true, etag: String(this.#version) };
  }

  end({ value, etag }: Stored<Recovery>): Promise<'ended' | 'conflict'> {
    return this.#oneByOne(async () => {
      if (etag !== String(this.#version) || !this.#stored || this.#lost) return 'conflict';
      const done = await this.#remote.recoveries.end({ value, etag: this.#stored.etag });
      if (done === 'conflict') {
        this.#lost = true;
        return done;
      }
      this.#stored = { value, etag: this.#stored.etag };
      await this.#journal.append({ kind: 'recovery', value });
      return done;
    });
  }

  renew(): Promise<boolean> {
    return this.#oneByOne(async () => this.value?.status === 'open' && this.#write(this.value));
  }

  async keeping<T>(work: () => Promise<T>): Promise<T> {
    let over = false;
    let cancel: () => void = () => undefined;
    const renewLater = () => {
      cancel = this.#clock.after(renewMs, () => {
        // Storage that is away for a moment: the next write, of whoever comes first, finds out whose the row is.
        void this.renew()
          .catch(() => true)
          .then((kept) => {
            if (kept && !over) renewLater();
          });
      });
    };
    renewLater();
    try {
      return await work();
    } finally {
      over = true;
      cancel();
      await this.#last;
    }
  }

  #leased(value: Recovery): Recovery {
    const lease = { owner: this.#journal.run, pass: value.passes, until: this.#clock.now() + leaseMs };
    return { ...value, lease };
  }

  async #write(value: Recovery): Promise<boolean> {
    const { recoveries } = this.#remote;
    for (let tries = 0; tries < 2 && this.#stored && !this.#lost; tries += 1) {
      const saved = await recoveries.save({ value: this.#leased(value), etag: this.#stored.etag });
      if (saved.saved) {
        this.#stored = { value, etag: saved.etag };
        return true;
      }
      // A write of this run may have gone through without its answer; nobody else writes a lease of this run.
      const standing = await recoveries.read(value.cluster, value.id);
      const isOurs = standing?.value.status === 'open' && standing.value.lease?.owner === this.#journal.run;
      if (!isOurs) break;
      this.#stored = { value: this.#stored.value, etag: standing.etag };
    }
    this.#lost = true;
    return false;
  }

  #oneByOne<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#last.then(run);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
