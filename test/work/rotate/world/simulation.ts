/** What every simulated world of rotations has: time, rows, a log, turns that can die, and `broken`, looked at after every effect. */
import type { Fleet } from '../../../../shared/fleet/fleet.ts';
import { createLog } from '../../../../shared/log/log.ts';
import type { Rotation } from '../../../../shared/rotation/rotation.ts';
import type { RotateDeps } from '../../../../shared/work/rotate/deps.ts';
import { takeTurns } from '../../../../shared/work/rotate/turn.ts';
import { ManualClock } from '../../../fakes/clock.ts';
import { type MemoryRotateState, memoryRotateState } from '../../../fakes/state/rotate-memory.ts';
import { Stopped, Stopper } from '../../../fakes/state/stopping.ts';
import { stopping } from './stopping.ts';

export type Stopping = ReturnType<typeof stopping>;
/** What is simulated beside time and rows. */
export type Parts = Pick<RotateDeps, 'rotation' | 'sight' | 'stepDown'>;

export interface Slow {
  call: 'create' | 'end' | 'renew' | 'write' | 'step-down' | 'raise-minimum';
  late: 'request' | 'answer';
  seconds: number;
}

export abstract class Simulation {
  readonly clock = new ManualClock();
  readonly state: MemoryRotateState = memoryRotateState(() => this.clock.now());
  /** What must never be, and was. */
  readonly broken: string[] = [];
  readonly logged: string[] = [];
  fleet: Fleet;
  hold = false;
  /** The next such call: its request comes late, or its answer does. Meanwhile time goes by, and other turns come. */
  slow: Slow | undefined;
  readonly #underWay = new Set<Promise<unknown>>();
  /** Of every cluster. */
  recoveries: RotateDeps['recoveries'] = async () => ({ rows: [], unreadable: [] });
  #ids = 0;

  constructor(fleet: Fleet) {
    this.fleet = fleet;
    // Who waits is woken at once, and it is later then.
    this.clock.sleep = (ms) => this.clock.advance(ms);
  }

  /** What must hold at each moment. */
  abstract look(when: string): void;

  protected abstract parts(wrapped: Stopping): Parts;

  /** What a call that is slow meets. */
  meets<T>(call: string, run: () => Promise<T>): Promise<T> {
    const { slow } = this;
    if (slow?.call !== call) return run();
    this.slow = undefined;
    const met = this.#late(slow, run);
    this.#underWay.add(met);
    const over = () => this.#underWay.delete(met);
    met.then(over, over);
    return met;
  }

  async #late<T>({ late, seconds }: Slow, run: () => Promise<T>): Promise<T> {
    if (late === 'request') await this.#stall(seconds);
    const answer = await run();
    if (late === 'answer') await this.#stall(seconds);
    return answer;
  }

  async #stall(seconds: number): Promise<void> {
    for (let left = seconds; left > 0; left -= 50) {
      await this.clock.advance(Math.min(50, left) * 1_000);
      this.look('a stall');
      await this.#turnOnce(new Stopper());
    }
  }

  /** One turn on each cluster that rotates, in a process that dies at an effect if it is told to. */
  async turn(stopper = new Stopper()): Promise<void> {
    await this.#turnOnce(stopper);
    await this.settled();
  }

  /** What a turn gave up waiting for ends, too, before anything else happens. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
    this.look('after what came late');
  }

  async #turnOnce(stopper: Stopper): Promise<void> {
    const deps = this.deps(stopper);
    try {
      for (const { name, rotation } of this.fleet.clusters) if (rotation) await takeTurns(deps, name);
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
    }
    this.look('after a turn');
  }

  deps(stopper = new Stopper()): RotateDeps {
    const { clock } = this;
    const wrapped = stopping(stopper, () => this.look('after an effect'));
    return {
      loadFleet: async () => ({ fleet: this.fleet }) as Awaited<ReturnType<RotateDeps['loadFleet']>>,
      state: wrapped.state(this.state),
      generations: async () => ({ rows: [], unreadable: [] }),
      transit: async () => ({ ok: false, why: 'not simulated' }),
      azureSeal: async () => ({ ok: false, why: 'not simulated' }),
      ...this.parts(wrapped),
      recoveries: (cluster) => this.recoveries(cluster),
      hold: async (cluster) =>
        this.hold ? { cluster, by: 'Ada', reason: 'maintenance', until: clock.now() + 3_600_000 } : undefined,
      clock,
      log: createLog({ write: (line) => this.logged.push(line), clock }),
      random: (bytes) => Buffer.alloc(bytes, 1),
      newId: () => {
        this.#ids += 1;
        return `0000000000000000${this.#ids}`;
      },
    };
  }

  /** Time passes in turns of a minute, or longer where nothing happens sooner. */
  async pass(ms: number, every = 60_000): Promise<void> {
    for (let left = ms; left > 0; left -= every) {
      await this.clock.advance(Math.min(every, left));
      this.look('time');
      await this.turn();
    }
  }

  /** Failures of ours, not of what is simulated. */
  errors(): string[] {
    return this.logged.filter((line) => line.includes('rotation-turn-failed') && !line.includes('Stopped'));
  }

  get rotation(): Rotation | undefined {
    return this.state.everyRotation().at(-1);
  }
}
