/**
 * A rotation by the REAL composition: real kinds, real sinks, real references; its provider is a fake, its nodes are
 * simulated and read a sink when they start. Whatever happens, `broken` lists what rules 9 and 10 forbid.
 */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Clock } from '../../../../shared/clock.ts';
import { systemClock } from '../../../../shared/compose/clock.ts';
import { composeRotate } from '../../../../shared/compose/rotate.ts';
import { canonicalHash } from '../../../../shared/people/canonical-hash.ts';
import type { Person } from '../../../../shared/people/person.ts';
import type { Rotation } from '../../../../shared/rotation/rotation.ts';
import type { RotateDeps } from '../../../../shared/work/rotate/deps.ts';
import { approveRotation, rollBackRotation } from '../../../../shared/work/rotate/respond-rotation.ts';
import { nudgeOpenRotations } from '../../../../shared/work/rotate/rotations-due.ts';
import { takeTurns } from '../../../../shared/work/rotate/turn.ts';
import { memoryRotateState } from '../../../fakes/state/rotate-memory.ts';
import { Stopped, Stopper } from '../../../fakes/state/stopping.ts';
import { stopping } from '../world/stopping.ts';
import type { Ground } from './ground.ts';

export const ada: Person = { id: 't/ada', name: 'Ada', roles: ['Sealwatch.Operate', 'Sealwatch.Approve'] };
const minute = 60_000;

interface Node {
  name: string;
  place: number;
  startedAt: number;
  uses: string | undefined;
}

export class RotatingWorld {
  readonly ground: Ground;
  readonly state;
  readonly deps: RotateDeps;
  readonly nodes: Node[];
  readonly broken = new Set<string>();
  readonly lines: string[] = [];
  /** How many lived when it began. */
  readonly #first: string[];
  /** The leader, and the version of the key that it wrapped with. */
  #leads: { since: number; uses: string | undefined };
  #nudges: number[] = [];

  constructor(ground: Ground) {
    this.ground = ground;
    const { clock } = ground;
    this.state = memoryRotateState(() => clock.now());
    const began = clock.now() - 10 * 86_400_000;
    this.nodes = [0, 1].map((index) => ({
      name: `payments-${index}`,
      place: index,
      startedAt: began,
      uses: ground.places[index]?.live(),
    }));
    this.#leads = { since: began, uses: ground.newest?.() };
    this.#first = ground.live();
    const fleet = join(ground.folder, `${randomUUID()}.yaml`);
    writeFileSync(fleet, stringify({ version: 1, clusters: ground.clusters }));
    const env = { SEALWATCH_FLEET: fleet, SEALWATCH_STORAGE: 'UseDevelopmentStorage=true', ...ground.env };
    // Time limits of requests are real; whoever sleeps is woken at once, and it is later then.
    const time: Clock = {
      after: (...given) => systemClock.after(...given),
      now: () => clock.now(),
      elapsed: () => clock.now(),
      sleep: (ms) => clock.advance(ms),
    };
    const { deps } = composeRotate(env, {
      ...ground.replaced,
      state: this.state,
      generations: async () => ({ rows: [], unreadable: [] }),
      recoveries: async () => ({ rows: [], unreadable: [] }),
      hold: async () => undefined,
      clock: time,
      write: (line) => this.lines.push(line),
    });
    this.deps = {
      ...deps,
      sight: async ({ name: cluster }) => ({
        cluster,
        nodes: this.nodes.map(({ name: node, startedAt }) => ({ node, startedAt })),
        leaderSince: this.#leads.since,
      }),
      stepDown: async () => {
        this.#lead();
        return { ok: true, value: undefined };
      },
    };
  }

  get rotation(): Rotation | undefined {
    return this.state.everyRotation().at(-1);
  }

  /** What must hold at each moment. */
  look(when: string): void {
    const { ground } = this;
    for (const place of ground.places) {
      const { name } = place;
      const value = place.live();
      if (value === undefined || !ground.works(value))
        this.broken.add(`${when}: a node that restarts with sink ${name} does not unseal`);
    }
    for (const { name, uses } of [...this.nodes, { name: 'the leader', uses: this.#leads.uses }])
      if (uses !== undefined && !ground.works(uses))
        this.broken.add(`${when}: the one that ${name} uses does not work any more`);
    const live = ground.live();
    if (live.length > this.#first.length + 1) this.broken.add(`${when}: ${live.length} live ones`);
    if (ground.places.length === 0 && !this.#first.every((version) => live.includes(version)))
      this.broken.add(`${when}: an old version is gone`);
  }

  /** The same ports, which die at an effect. */
  dying(stopper: Stopper): RotateDeps {
    const wrapped = stopping(stopper, (name) => this.look(name));
    return {
      ...this.deps,
      state: wrapped.state(this.deps.state),
      rotation: async (...asked) => {
        const access = await this.deps.rotation(...asked);
        if (!access.ok) return access;
        return {
          ...access,
          kind: wrapped.kind(access.kind),
          sinks: access.sinks.map((sink) => wrapped.sink(sink)),
        };
      },
      stepDown: (cluster) => wrapped.effect('step-down', () => this.deps.stepDown(cluster)),
    };
  }

  async turn(stopper = new Stopper()): Promise<void> {
    try {
      await takeTurns(this.dying(stopper), 'payments');
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
    }
    this.look('after a turn');
  }

  restart(index: number): void {
    const node = this.nodes[index];
    if (!node) return;
    node.startedAt = this.ground.clock.now();
    node.uses = this.ground.places[node.place]?.live();
    this.#lead();
  }

  /** Another node leads from now on, and wraps anew. */
  #lead(): void {
    this.#leads = { since: this.ground.clock.now(), uses: this.ground.newest?.() };
  }

  /** Turns, two minutes apart; approvals and restarts where they are waited for; until it ends or its process dies. */
  async drive(stopper = new Stopper(), until = (rotation: Rotation) => rotation.status === 'ended') {
    for (let turns = 0; turns < 30; turns += 1) {
      await this.turn(stopper);
      const { rotation } = this;
      if (stopper.stopped || (rotation && until(rotation))) return;
      await this.ground.clock.advance(2 * minute);
      if (rotation?.needs)
        await approveRotation(this.deps, rotation.id, ada, canonicalHash({ ...rotation.needs.binding }));
      if (/restart/.test(rotation?.waiting?.what ?? '')) for (const at of this.nodes.keys()) this.restart(at);
    }
  }

  /** Minutes as they pass in production: the timer, and every nudge when its time has come. */
  async minutes(count: number): Promise<void> {
    for (let minutes = 0; minutes < count; minutes += 1) {
      await this.ground.clock.advance(minute);
      await nudgeOpenRotations(this.deps);
      for (const { queue, delayMs } of this.state.nudged.splice(0))
        if (queue === 'turns') this.#nudges.push(this.ground.clock.now() + delayMs);
      const now = this.ground.clock.now();
      const due = this.#nudges.filter((at) => at <= now);
      this.#nudges = this.#nudges.filter((at) => at > now);
      for (let turns = 0; turns < due.length; turns += 1) await this.turn();
    }
  }

  async rollBack(): Promise<void> {
    const { rotation } = this;
    if (rotation) await rollBackRotation(this.deps, rotation.id, ada, 'a test of rotation');
  }
}
