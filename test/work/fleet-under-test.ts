/**
 * A whole fleet in one process: fleet.yaml as text, simulated Vaults behind the real client, storage in memory,
 * channels that record, and a clock that only a test moves. `process()` is Sealwatch as started anew over the same
 * world.
 */
import { Dispatcher } from 'undici';
import type { Message } from '../../shared/alert/alert.ts';
import type { Delivery, Sender } from '../../shared/alert/channel.ts';
import type { Clock } from '../../shared/clock.ts';
import { AccessPool } from '../../shared/compose/access.ts';
import { keepLastGood } from '../../shared/compose/last-good.ts';
import { tokenSourceFor } from '../../shared/compose/logins.ts';
import { createResolve } from '../../shared/compose/secrets.ts';
import type { Fleet } from '../../shared/fleet/fleet.ts';
import type { Limits } from '../../shared/fleet/limits.ts';
import { parseFleet } from '../../shared/fleet/parse.ts';
import { formatProblems } from '../../shared/fleet/problem.ts';
import { createFleetSource } from '../../shared/fleet/source.ts';
import { createLog } from '../../shared/log/log.ts';
import { Redactor } from '../../shared/log/redactor.ts';
import { SweepReads } from '../../shared/work/batches/reads.ts';
import type { WatchDeps } from '../../shared/work/deps.ts';
import type { SweepResult } from '../../shared/work/record.ts';
import { sweep } from '../../shared/work/sweep.ts';
import { ManualClock } from '../fakes/clock.ts';
import { memoryState } from '../fakes/state/memory.ts';
import { simulationDispatcher } from '../fakes/vault/dispatcher.ts';
import { createSimulation, type Simulation, type SimulationOptions } from '../fakes/vault/simulation.ts';

export const intervalMs = 30_000;

/** One request that left for a node. */
export interface Asked {
  node: string;
  /** The connection it went over: kept for the probe, kept for secrets, or made for it. */
  purpose: 'probe' | 'token' | 'fresh';
  /** "GET sys/health" */
  what: string;
  /** ms of the fleet's clock. */
  at: number;
}

/** One message that reached a channel, taken or not. */
export interface Posted {
  channel: string;
  message: Message;
  at: number;
  taken: boolean;
}

export interface FleetOptions {
  /** Lines of fleet.yaml besides `version: 1` and the clusters. */
  top?: string;
  /** Name of each cluster → its simulation, and lines of its entry besides `nodes`. */
  clusters?: Record<string, SimulationOptions & { yaml?: string }>;
  env?: Record<string, string>;
  limits?: Partial<Limits>;
}

const taken: Delivery = { delivered: true };

export class FleetUnderTest {
  readonly clock = new ManualClock();
  readonly state = memoryState();
  readonly simulations = new Map<string, Simulation>();
  readonly asked: Asked[] = [];
  readonly posted: Posted[] = [];
  /** When the heartbeat was pinged. */
  readonly heartbeats: number[] = [];
  readonly logged: string[] = [];
  readonly limits: Limits;
  readonly env: Record<string, string>;
  /** fleet.yaml as it is now. */
  yaml: string;
  /** Called before a node answers. */
  onAsked: (asked: Asked) => void = () => undefined;
  /** How channels take messages; those that are not named take everything. */
  readonly answers = new Map<string, Delivery>();
  readonly #nodes = new Map<string, { simulation: Simulation; node: string }>();
  #ids = 0;
  #main: WatchDeps | undefined;

  constructor({ top = '', clusters = { payments: {} }, env = {}, limits = {} }: FleetOptions = {}) {
    this.env = env;
    this.limits = {
      envPrefix: 'SECRET_',
      keyVaults: [],
      escrowVaults: [],
      endpointHosts: ['127.0.0.1'],
      ...limits,
    };
    const entries = Object.entries(clusters).map(([name, { yaml = '', ...options }], index) => {
      const simulation = this.#simulate(name, index, options);
      const nodes = simulation.state.nodes.map(
        ({ name: node, address, nodeId }) =>
          `      - {name: ${node}, address: "${address}", nodeId: ${nodeId}}`,
      );
      return [`  ${name}:`, '    nodes:', ...nodes, ...indented(yaml, 4)].join('\n');
    });
    this.yaml = ['version: 1', ...indented(top, 0), 'clusters:', ...entries, ''].join('\n');
  }

  #simulate(name: string, index: number, options: SimulationOptions): Simulation {
    const own = { name, seed: name, firstPort: 8200 + index * 200, ...options };
    const simulation = createSimulation(own, () => this.clock.now());
    this.simulations.set(name, simulation);
    for (const { address, name: node } of simulation.state.nodes)
      this.#nodes.set(address, { simulation, node });
    return simulation;
  }

  simulation(name = 'payments'): Simulation {
    const simulation = this.simulations.get(name);
    if (!simulation) throw new Error(`no cluster ${name}`);
    return simulation;
  }

  /** fleet.yaml as it is now, parsed. */
  get fleet(): Fleet {
    const parsed = parseFleet(this.yaml, this.limits);
    if (!parsed.ok) throw new Error(formatProblems(parsed.problems, 'fleet.yaml'));
    return parsed.fleet;
  }

  newId(): string {
    this.#ids += 1;
    return `id-${this.#ids}`;
  }

  pool(clock: Clock = this.clock): AccessPool {
    const resolve = createResolve(this.env, this.limits, clock, new Redactor(), () => {
      throw new Error('these tests have no Azure identity');
    });
    return new AccessPool({
      clock,
      resolve,
      tokens: (cluster) => tokenSourceFor(cluster, resolve, unused, clock),
      keepAliveMs: 100_000,
      dispatcher: (address) => (purpose) => this.#dispatcher(address, purpose),
    });
  }

  /** Sealwatch, started anew: knows nothing but what is stored. */
  process(over: Partial<WatchDeps> = {}): WatchDeps {
    const log = createLog({ write: (line) => this.logged.push(line), clock: this.clock });
    const state = over.state ?? this.state;
    const source = createFleetSource({
      ...keepLastGood(state.lastGood, log),
      read: async () => ({ text: this.yaml, tag: this.yaml }),
      limits: this.limits,
    });
    const pool = this.pool();
    return {
      loadFleet: () => source.load(),
      access: (cluster, fleet) => pool.access(cluster, fleet),
      sender: (name, fleet) =>
        fleet.channels.some((channel) => channel.name === name) ? this.#sender(name) : undefined,
      heartbeat: async ({ heartbeat }) => {
        if (heartbeat) this.heartbeats.push(this.clock.now());
      },
      state,
      clock: this.clock,
      log,
      newId: () => this.newId(),
      reads: new SweepReads(this.newId()),
      intervalMs,
      ...over,
    };
  }

  /** The process of `sweep()` without another one. */
  get main(): WatchDeps {
    this.#main ??= this.process();
    return this.#main;
  }

  /** Time passes, then one sweep, for as long as it takes. */
  async sweep(afterMs = 0, deps: WatchDeps = this.main): Promise<SweepResult> {
    await this.clock.advance(afterMs);
    return this.passTime(sweep(deps));
  }

  /** Lets time pass while all that can go on without it has gone on, until the work is done. */
  async passTime<T>(work: Promise<T>, stepMs = 10): Promise<T> {
    let settled = false;
    const settle = () => {
      settled = true;
    };
    work.then(settle, settle);
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (settled) return work;
      if (this.clock.sleeping > 0) await this.clock.advance(stepMs);
    }
  }

  /** What was asked of the nodes, without the cluster's name: "GET sys/health" and how often. */
  counts(from = 0): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { what } of this.asked.slice(from)) counts[what] = (counts[what] ?? 0) + 1;
    return counts;
  }

  /** Messages that a channel took, oldest first. */
  taken(channel: string): Message[] {
    return this.posted.filter((post) => post.channel === channel && post.taken).map(({ message }) => message);
  }

  async outbox(): Promise<string[]> {
    const { partitions } = await this.state.live.scan();
    return [...partitions].flatMap(([name, { outbox }]) => outbox.map(({ value }) => `${name} ${value.id}`));
  }

  #sender(channel: string): Sender {
    return {
      deliver: async (message) => {
        const delivery = this.answers.get(channel) ?? taken;
        this.posted.push({ channel, message, at: this.clock.now(), taken: delivery.delivered });
        return delivery;
      },
    };
  }

  #dispatcher(address: string, purpose: Asked['purpose']): Dispatcher {
    const target = this.#nodes.get(address);
    if (!target) throw new Error(`${address}: no simulated node`);
    const { simulation, node } = target;
    const inner = simulationDispatcher(simulation, node, (ms) =>
      ms > 0 ? this.clock.sleep(ms) : Promise.resolve(),
    );
    return new Watched(inner, ({ method, path }) => {
      const asked = { node, purpose, what: `${method} ${path.replace(/^\/v1\//, '')}`, at: this.clock.now() };
      this.asked.push(asked);
      this.onAsked(asked);
    });
  }
}

/** Gives a test a look at each request before it goes on. */
class Watched extends Dispatcher {
  readonly #inner: Dispatcher;
  readonly #see: (options: Dispatcher.DispatchOptions) => void;

  constructor(inner: Dispatcher, see: (options: Dispatcher.DispatchOptions) => void) {
    super();
    this.#inner = inner;
    this.#see = see;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    this.#see(options);
    return this.#inner.dispatch(options, handler);
  }
}

/** Unseals a node with a threshold of shares. */
export function unseal(simulation: Simulation, node: string): void {
  const { shares, threshold } = simulation.keys;
  for (const key of shares.slice(0, threshold)) {
    simulation.request(node, { method: 'POST', path: 'sys/unseal', body: { key } });
  }
}

function unused(): Promise<never> {
  return Promise.reject(new Error('these tests have no Azure identity'));
}

function indented(yaml: string, by: number): string[] {
  return yaml.split('\n').flatMap((line) => (line.trim() === '' ? [] : [`${' '.repeat(by)}${line}`]));
}
