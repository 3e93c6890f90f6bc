/**
 * Clusters that share a key which is rotated, SIMULATED: its versions, what each cluster's own keys are wrapped with, and
 * snapshots that are kept. `broken` lists what rules 10 and 11 forbid.
 */
import type { Fleet, RotationPolicy } from '../../../../shared/fleet/fleet.ts';
import type { Person } from '../../../../shared/people/person.ts';
import type { Did } from '../../../../shared/rotation/rotation.ts';
import { approveRotation } from '../../../../shared/work/rotate/respond-rotation.ts';
import { shownRotation } from '../../../../shared/work/rotate/show-rotations.ts';
import { Stopper } from '../../../fakes/state/stopping.ts';
import { fleetOf } from '../../../fleet/builders.ts';
import { SimulatedKey } from './key.ts';
import { type Parts, Simulation, type Stopping } from './simulation.ts';

export type KeyKind = 'transit-key' | 'keyvault-key' | 'followed';
export const eve: Person = { id: 't/eve', name: 'Eve', roles: ['Sealwatch.Approve'] };
const day = 24 * 3_600_000;
const startedAt = Date.UTC(2026, 10, 22);

const seal = (key: KeyKind) =>
  key === 'transit-key'
    ? '{type: transit, provider: root, key: shared}'
    : '{type: azurekeyvault, vault: seals, key: shared}';
const asks: Record<KeyKind, string> = {
  'transit-key': 'transitKey: {every: 90d, raiseMinimum: true}',
  'keyvault-key': 'vaultKey: {every: 90d}',
  followed: 'vaultKey: {every: 90d, by: vault}',
};

const text = (key: KeyKind) => `
version: 1
clusters:
  root: {nodes: ["https://root-0:8200"]}
  payments:
    nodes: ["https://payments-0:8200", "https://payments-1:8200"]
    seal: ${seal(key)}
    recovery: {approvals: 1}
    rotation: {${asks[key]}, grace: 1h, overdue: 2d, stepDown: true}
  orders:
    nodes: ["https://orders-0:8200", "https://orders-1:8200"]
    seal: ${seal(key)}
`;

export interface Consumer {
  cluster: string;
  leaderSince: number;
  /** Number of the version that its keys are wrapped with. */
  wraps: number;
  /** Whether it is seen since when its active node leads. */
  seen: boolean;
  /** A step-down fails; or succeeds, and its answer is lost. */
  stepDown: 'works' | 'fails' | 'lost';
}

export class KeyWorld extends Simulation {
  readonly key: SimulatedKey;
  readonly consumers: Consumer[];
  /** Raft snapshots that may still be restored. */
  snapshots: { cluster: string; at: number; wraps: number }[] = [];
  readonly #follows: boolean;
  /** How many versions there were when fleet.yaml named a rescue. */
  #rescued: number | undefined;
  #minimum = 1;

  constructor(kind: KeyKind) {
    super(fleetOf(text(kind)));
    this.#follows = kind === 'followed';
    const name = kind === 'followed' ? 'keyvault-key' : kind;
    this.key = new SimulatedKey(
      name,
      this.clock,
      () => this.look('a change of the key'),
      (call, run) => this.meets(call, run),
    );
    const leaderSince = this.clock.now() + 3_600_000;
    this.consumers = ['payments', 'orders'].map((cluster) => ({
      cluster,
      leaderSince,
      wraps: 1,
      seen: true,
      stepDown: 'works',
    }));
    for (const { cluster } of this.consumers) this.policy(cluster, { keptSince: startedAt });
  }

  look(when: string): void {
    const { minimum, versions } = this.key;
    for (const { cluster, wraps } of this.consumers)
      if (wraps < minimum) this.broken.push(`${when}: ${cluster} wraps with ${wraps}, below ${minimum}`);
    for (const { cluster, at, wraps } of this.snapshots)
      if (wraps < minimum)
        this.broken.push(`${when}: the snapshot of ${cluster} of ${at} needs ${wraps}, below ${minimum}`);
    if (minimum < this.#minimum) this.broken.push(`${when}: the minimum fell to ${minimum}`);
    if (minimum > this.#minimum && !this.#isApproved('raise-minimum', String(minimum)))
      this.broken.push(`${when}: nobody approved minimum ${minimum}`);
    this.#minimum = minimum;
    const makers = versions.map(({ by }) => by).filter((by) => by.startsWith('payments.'));
    if (new Set(makers).size < makers.length)
      this.broken.push(`${when}: one rotation made more than one version`);
    if (this.#rescued !== undefined && versions.slice(this.#rescued).some(({ by }) => by !== 'people'))
      this.broken.push(`${when}: a key that a rescue copies was rotated`);
    for (const { id, ended, fresh } of this.state.everyRotation()) {
      const number = versions.find(({ version }) => version === fresh?.ref)?.number ?? Number.NaN;
      const behind = this.consumers.filter(({ wraps }) => wraps < number);
      if (ended?.outcome === 'retired' && behind.length > 0)
        this.broken.push(`${when}: ${id} is retired, and ${behind[0]?.cluster} does not use its version`);
    }
  }

  #isApproved(step: string, what: string): boolean {
    return this.state.audited.some(
      ({ what: done, facts }) => done === 'approved' && facts['step'] === step && facts['what'] === what,
    );
  }

  protected parts(wrapped: Stopping): Parts {
    const kind = wrapped.kind(this.key.kind(this.#follows));
    return {
      rotation: async () => ({
        ok: true,
        kind,
        sinks: [],
        value: async () => ({ ok: true, value: undefined }),
        close: async () => undefined,
      }),
      sight: async ({ name: cluster }) => {
        const one = this.consumers.find((consumer) => consumer.cluster === cluster);
        return one?.seen
          ? { cluster, nodes: [], leaderSince: one.leaderSince }
          : { cluster, nodes: [], leaderUnseen: 'nothing shows it' };
      },
      stepDown: ({ name, rotation }) =>
        wrapped.effect('stepDown', () =>
          this.meets('step-down', async (): Promise<Did<void>> => {
            const one = this.consumers.find(({ cluster }) => cluster === name);
            if (!rotation?.stepDown) this.broken.push(`${name} was told to step down, and did not opt in`);
            if (!this.#isApproved('step-down', name))
              this.broken.push(`nobody approved the step-down of ${name}`);
            if (one && one.stepDown !== 'fails') this.lead(one);
            if (one?.stepDown === 'fails') return { ok: false, code: 'denied', detail: 'refused' };
            return one?.stepDown === 'works'
              ? { ok: true, value: undefined }
              : { ok: false, code: 'unreachable', detail: 'no answer' };
          }),
        ),
    };
  }

  /** Another node leads now, or the same one after its restart. */
  lead(consumer: Consumer): void {
    consumer.leaderSince = this.clock.now();
    consumer.wraps = this.key.newest.number;
  }

  snapshot(): void {
    for (const { cluster, wraps } of this.consumers)
      this.snapshots.push({ cluster, at: this.clock.now(), wraps });
  }

  /** Snapshots of before are deleted, and fleet.yaml says so. */
  forgetSnapshots(): void {
    const since = Math.floor(this.clock.now() / day) * day;
    this.snapshots = this.snapshots.filter(({ at }) => at >= since);
    for (const { cluster } of this.consumers) this.policy(cluster, { keptSince: since });
  }

  /** Of a key in a Key Vault there is none. */
  rescue(cluster: string): void {
    if (this.key.name !== 'transit-key') return;
    this.#rescued ??= this.key.versions.length;
    this.#change(cluster, (one) =>
      one.seal.type === 'transit' ? { ...one, seal: { ...one.seal, rescue: 'a copy' } } : one,
    );
  }

  policy(cluster: string, over: Partial<RotationPolicy>): void {
    const nothing: RotationPolicy = { sinks: [], stepDown: false, graceMs: day, overdueMs: day };
    this.#change(cluster, (one) => ({ ...one, rotation: { ...(one.rotation ?? nothing), ...over } }));
  }

  #change(cluster: string, to: (one: Fleet['clusters'][number]) => Fleet['clusters'][number]): void {
    const clusters = this.fleet.clusters.map((one) => (one.name === cluster ? to(one) : one));
    this.fleet = { ...this.fleet, clusters };
  }

  /** A person approves what is asked for. */
  async approve(): Promise<void> {
    const { rotation } = this;
    if (rotation?.status !== 'open' || !rotation.needs) return;
    const { needs } = shownRotation(rotation, this.clock.now());
    await approveRotation(this.deps(), rotation.id, eve, needs?.hash ?? '');
  }

  /** A whole rotation went by, half a year ago, and its snapshots are kept since two months ago. */
  async liveOn(): Promise<void> {
    await this.clock.advance(91 * day);
    this.snapshot();
    if (this.#follows) this.key.make('vault');
    await this.turn();
    await this.heal();
    await this.clock.advance(31 * day);
    this.forgetSnapshots();
    this.snapshot();
    await this.clock.advance(60 * day);
    if (this.#follows) this.key.make('vault');
  }

  /** The trouble ends: everything answers and is seen, leaders change, days go by, and people approve what they are asked for, or never do. */
  async heal(approves = false): Promise<void> {
    Object.assign(this.key.faults, { away: false, loseRotation: false, loseMinimum: false, lag: 0 });
    this.hold = false;
    this.slow = undefined;
    for (const one of this.consumers) Object.assign(one, { seen: true, stepDown: 'works' });
    for (let tries = 0; tries < 40 && this.rotation?.status === 'open'; tries += 1) {
      await this.pass(3 * 3_600_000, 1_800_000);
      for (const one of this.consumers) this.lead(one);
      if (approves) await this.approve();
    }
  }
}

/** One was rotated before; the next is due. */
export async function keyDue(kind: KeyKind): Promise<KeyWorld> {
  const world = new KeyWorld(kind);
  await world.liveOn();
  return world;
}

/** Turns, and approvals of what is asked for, until it has ended. Who dies, dies at one of its effects. */
export async function toItsEnd(world: KeyWorld, stopper = new Stopper()): Promise<void> {
  const before = world.state.everyRotation().length;
  const isOver = () => world.state.everyRotation().length > before && world.rotation?.status === 'ended';
  for (let tries = 0; tries < 60 && !isOver(); tries += 1) {
    await world.turn(stopper.stopped ? new Stopper() : stopper);
    await world.approve();
    await world.clock.advance(600_000);
  }
}
