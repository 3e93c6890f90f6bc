/**
 * A cluster whose seal's secret is rotated, SIMULATED: its provider, its sinks, and nodes that read a sink when they start.
 * Whatever happens, `broken` lists what rules 9 and 10 forbid: it is looked at after every effect.
 */
import type { Cluster } from '../../../../shared/fleet/fleet.ts';
import type { Person } from '../../../../shared/people/person.ts';
import { runRotation } from '../../../../shared/work/rotate/respond-rotation.ts';
import { fleetOf } from '../../../fleet/builders.ts';
import { type Simulated, SimulatedProvider } from './provider.ts';
import { type Parts, Simulation, type Stopping } from './simulation.ts';
import { SimulatedSink } from './sink.ts';

/** As fleet.yaml has them: how late copies of sinks may be that nodes read, and how long the old one is kept. */
export interface Times {
  within: string;
  grace: string;
}
const ada: Person = { id: 't/ada', name: 'Ada', roles: ['Sealwatch.Operate'] };
const atOnce: Times = { within: '0s', grace: '1h' };
export const halfAnHour: Times = { within: '30m', grace: '0s' };

/** Tokens that die within this unless they are renewed, ms. */
export const month = 30 * 24 * 3_600_000;

const secretSeal = `
      type: azurekeyvault
      tenant: 11111111-1111-1111-1111-111111111111
      clientId: 22222222-2222-2222-2222-222222222222
      clientSecret: file:/secrets/first
      vault: seals
      key: payments`;
const tokenSeal = `
      type: transit
      provider: root
      key: payments
      token: file:/secrets/first`;

const text = ({ within, grace }: Times, isToken: boolean) => `
version: 1
clusters:
  payments:
    nodes: ["https://payments-0:8200", "https://payments-1:8200"]
    seal:${isToken ? tokenSeal : secretSeal}
    rotation:
      ${isToken ? 'token: {role: seal, every: 90d}' : 'secret: {application: 33333333-3333-3333-3333-333333333333, every: 90d, life: 180d}'}
      sinks:
        first: {kind: file, path: /secrets/first, within: ${within}}
        second: {kind: file, path: /secrets/second, within: ${within}}
      grace: ${grace}
  root: {nodes: ["https://root-0:8200"]}
`;

export interface SimulatedNode {
  name: string;
  sink: SimulatedSink;
  /** How old the copy of its sink is that it reads when it starts, ms. */
  lateMs: number;
  startedAt: number;
  /** What it read when it started. */
  uses: Simulated | undefined;
  /** Whether its start time can be seen. */
  seen: boolean;
}

export class World extends Simulation {
  readonly provider: SimulatedProvider;
  readonly sinks = ['first', 'second'].map((name) => this.sink(name));
  readonly nodes: SimulatedNode[];
  /** How late copies may be, ms. */
  readonly withinMs: number;
  /** When a renewal could not have gone through last, ms. */
  #troubledAt = 0;

  /** @param first made by people, or by an earlier rotation of ours. */
  constructor(first: 'people' | 'ours' = 'ours', times = atOnce, periodMs?: number) {
    super(fleetOf(text(times, periodMs !== undefined)));
    this.provider = new SimulatedProvider(this.clock, periodMs, (call, run) => this.meets(call, run));
    this.withinMs = this.cluster.rotation?.sinks[0]?.withinMs ?? 0;
    const before = this.provider.add(first === 'ours' ? 'payments.before' : undefined);
    for (const sink of this.sinks) sink.slots.set('live', before.value);
    const startedAt = this.clock.now() - 1_000_000;
    this.nodes = this.sinks.map((sink, index) => ({
      name: `payments-${index}`,
      sink,
      lateMs: 0,
      startedAt,
      uses: before,
      seen: true,
    }));
  }

  /** A person asks for one now. */
  async run(): Promise<void> {
    const kind = this.provider.periodMs === undefined ? 'entra-secret' : 'transit-token';
    await runRotation(this.deps(), this.cluster.name, kind, ada, 'a test of rotation');
    await this.settled();
  }

  sink(name: string): SimulatedSink {
    return new SimulatedSink(
      name,
      () => this.clock.now(),
      () => this.look('a write'),
      (call, run) => this.meets(call, run),
    );
  }

  /** The one that is rotated. */
  get cluster(): Cluster {
    const cluster = this.fleet.clusters.find(({ rotation }) => rotation !== undefined);
    if (!cluster) throw new Error('one is rotated');
    return cluster;
  }

  /** What must hold at each moment. */
  look(when: string): void {
    for (const sink of this.sinks) sink.land();
    this.#lookAtLives(when);
    for (const { name, slots } of this.sinks) {
      const held = this.provider.byValue(slots.get('live'));
      if (!held) this.broken.push(`${when}: sink ${name} holds nothing that was ever made`);
      else if (held.endedByUs)
        this.broken.push(
          `${when}: a node that restarts with sink ${name} does not unseal: ${held.ref} was ended`,
        );
      else if (held.alive && held.unknownFor > 0)
        this.broken.push(`${when}: sink ${name} holds ${held.ref}, which does not work yet`);
    }
    for (const sink of this.sinks) {
      const ended = sink.copies(this.withinMs).map((value) => this.provider.byValue(value));
      for (const { ref } of ended.filter((one) => one?.endedByUs === true).flatMap((one) => one ?? []))
        this.broken.push(`${when}: ${ref} was ended while a copy of sink ${sink.name} may hold it`);
    }
    for (const { name, uses } of this.nodes) {
      if (uses?.endedByUs) this.broken.push(`${when}: ${uses.ref} was ended while ${name} uses it`);
    }
    const ours = this.provider.made.filter(({ alive, rotation }) => alive && rotation !== undefined);
    if (ours.length > 2)
      this.broken.push(`${when}: ${ours.length} live secrets of ours: ${ours.map(({ ref }) => ref).join()}`);
    for (const { rotation, endedByUs, ref } of this.provider.made) {
      if (endedByUs && rotation === undefined)
        this.broken.push(`${when}: ${ref} is people's own, and was ended`);
    }
  }

  /** Rule 9: what only had to be renewed did not die, unless nobody could reach it. */
  #lookAtLives(when: string): void {
    const { periodMs, faults } = this.provider;
    if (periodMs === undefined) return;
    const now = this.clock.now();
    if (faults.away || faults.unrenewed || this.sinks.some(({ away }) => away)) this.#troubledAt = now;
    this.provider.expire();
    for (const { name, slots } of this.sinks) {
      const held = this.provider.byValue(slots.get('live'));
      if (held && !held.revoked && held.endsAt <= now && held.endsAt - periodMs > this.#troubledAt)
        this.broken.push(`${when}: sink ${name} holds ${held.ref}, which nobody renewed`);
    }
  }

  restart(index: number): void {
    const node = this.nodes[index];
    if (!node) return;
    node.startedAt = this.clock.now();
    node.uses = this.provider.byValue(node.sink.copies(node.lateMs)[0]);
    if (node.uses) this.provider.renew(node.uses);
  }

  /** A seal renews its token when 70 % of its life is over. */
  override async pass(ms: number, every = 60_000): Promise<void> {
    const { periodMs } = this.provider;
    if (periodMs === undefined) return super.pass(ms, every);
    for (let left = ms; left > 0; left -= every) {
      await super.pass(Math.min(every, left), every);
      for (const { uses } of this.nodes)
        if (uses && uses.endsAt - this.clock.now() < 0.3 * periodMs) this.provider.renew(uses);
    }
  }

  protected parts(wrapped: Stopping): Parts {
    const kind = wrapped.kind(this.provider.kind());
    const sinks = this.sinks.map((sink) => wrapped.sink(sink));
    return {
      rotation: async () => ({
        ok: true,
        kind,
        sinks,
        value: async () =>
          sinks[0]?.holds === 'value' ? sinks[0].read('live') : { ok: true, value: undefined },
        close: async () => undefined,
      }),
      sight: async ({ name: cluster }) => ({
        cluster,
        nodes: this.nodes.map(({ name: node, startedAt, seen }) =>
          seen ? { node, startedAt } : { node, unseen: 'its metrics are not readable' },
        ),
      }),
      stepDown: async () => ({ ok: true, value: undefined }),
    };
  }

  /** The trouble ends: everything answers and is seen, every node restarts, and days go by. */
  async heal(): Promise<void> {
    const { faults } = this.provider;
    Object.assign(faults, {
      away: false,
      loseCreation: false,
      propagation: 0,
      blind: false,
      unrenewed: false,
    });
    this.slow = undefined;
    this.hold = false;
    for (const sink of this.sinks) Object.assign(sink, { away: false, loseWrite: false, lateMs: 0 });
    for (const node of this.nodes) node.seen = true;
    for (const one of this.provider.made) one.unknownFor = 0;
    for (let tries = 0; tries < 30 && this.rotation?.status === 'open'; tries += 1) {
      await this.pass(2 * 3_600_000, 1_800_000);
      await this.#putBack();
      for (const index of this.nodes.keys()) this.restart(index);
    }
  }

  /** People do what they are asked: who revoked the new one while its rotation ended knows where the old one is. */
  async #putBack(): Promise<void> {
    const { waiting, old } = this.rotation ?? {};
    if (waiting?.what.includes('put it into the sinks by hand') !== true) return;
    const value = this.provider.made.find(({ ref }) => ref === old?.ref)?.value ?? '';
    for (const sink of this.sinks) await sink.write('live', Buffer.from(value));
  }
}
