/**
 * The recover app in one process: simulated Vaults behind the real share client, storage in memory, custodians in
 * memory, and a clock that moves only while somebody waits for it. `process()` is the app as started anew.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Hold } from '../../../shared/alert/alert.ts';
import { bindingOf } from '../../../shared/escrow/trust.ts';
import type { Cluster, Fleet } from '../../../shared/fleet/fleet.ts';
import { createLog } from '../../../shared/log/log.ts';
import type { Person } from '../../../shared/people/person.ts';
import type { ClusterFacts } from '../../../shared/probe/head-facts.ts';
import type { Recovery } from '../../../shared/recovery/recovery.ts';
import type { RecoverDeps } from '../../../shared/work/recover/deps.ts';
import { nudgeOverdue } from '../../../shared/work/recover/overdue.ts';
import { runPass } from '../../../shared/work/recover/pass.ts';
import { noteStarts } from '../../../shared/work/recover/starts.ts';
import { InstantClock, MemoryCustodian } from '../../escrow/build.ts';
import { memoryRecoverState } from '../../fakes/state/recover-memory.ts';
import { Stopped, Stopper, stoppingState } from '../../fakes/state/stopping.ts';
import { createSimulation, type Simulation, type SimulationOptions } from '../../fakes/vault/simulation.ts';
import { connectTo, type Sent } from './connected.ts';
import { fleetOf, fleetText, type Holdings, threeCustodians } from './fleet-text.ts';
import { Rules } from './rules.ts';
import { importShares } from './sealed-shares.ts';

export const ada: Person = { id: 'tid/ada', name: 'Ada Lovelace', roles: ['Sealwatch.Operate'] };
export const grace: Person = { id: 'tid/grace', name: 'Grace Hopper', roles: ['Sealwatch.Approve'] };
export const alan: Person = { id: 'tid/alan', name: 'Alan Turing', roles: ['Sealwatch.Approve'] };

export interface RecoveryOptions extends SimulationOptions {
  policy?: 'manual' | 'automatic';
  /** Lines of the cluster's entry in fleet.yaml. */
  yaml?: string[];
  /** Lines of its `recovery`. */
  recovery?: string[];
  /** Who holds which shares. */
  holdings?: Holdings;
  /** A second cluster of the fleet, `orders`, with shares of its own and a manual policy; it restarted, too. */
  neighbour?: boolean;
}

export class RecoveryUnderTest {
  readonly clock = new InstantClock();
  readonly standingHolds: Hold[] = [];
  readonly state = memoryRecoverState(this.standingHolds);
  readonly simulation: Simulation;
  readonly neighbour: Simulation | undefined;
  readonly holdings: Holdings;
  readonly custodians: Map<string, MemoryCustodian>;
  readonly logged: string[] = [];
  /** Every request of sys/unseal, in its order. */
  readonly sent: Sent[] = [];
  /** The buffers that the app gave its client as bodies. */
  readonly bodies: Buffer[] = [];
  /** Looks at each request and each write; tests expect `rules.broken` to stay empty. */
  readonly rules = new Rules(this);
  /** The escrowed shares are not the cluster's. */
  wrongShares = false;
  /** What watch remembers. */
  facts: ClusterFacts | undefined;
  /** Something happens to a node right before or after it takes a request of sys/unseal. */
  onUnseal: (node: string, when: 'before' | 'after') => void = () => undefined;
  /** Something happens right before an effect of any process. */
  onEffect: (name: string) => void = () => undefined;
  yaml: string;
  #ids = 0;

  constructor({
    policy = 'automatic',
    yaml = [],
    recovery = [],
    holdings = threeCustodians,
    neighbour = false,
    ...options
  }: RecoveryOptions = {}) {
    const now = () => this.clock.now();
    this.holdings = holdings;
    this.custodians = new Map(Object.keys(holdings).map((name) => [name, new MemoryCustodian(name)]));
    this.simulation = createSimulation({ name: 'payments', telemetry: true, ...options }, now);
    this.neighbour = neighbour
      ? createSimulation({ name: 'orders', telemetry: true, firstPort: 8300 }, now)
      : undefined;
    const entries = [{ simulation: this.simulation, recovery: [`policy: ${policy}`, ...recovery], yaml }];
    if (this.neighbour) entries.push({ simulation: this.neighbour, recovery: ['policy: manual'], yaml: [] });
    this.yaml = fleetText(entries, holdings);
  }

  get cluster(): Cluster {
    return this.#clusterOf('payments');
  }

  #clusterOf(name: string): Cluster {
    const cluster = this.#parsed().clusters.find((one) => one.name === name);
    if (!cluster) throw new Error(`no cluster ${name}`);
    return cluster;
  }

  #parsed(): Fleet {
    return fleetOf(this.yaml, this.holdings);
  }

  /** The app, started anew over the same world. @param stopper kills it at one of its effects. */
  process(over: Partial<RecoverDeps> = {}, stopper = new Stopper()): RecoverDeps {
    this.#ids += 1;
    const owner = `process-${this.#ids}`;
    const hooked = this.#hooked(stopper);
    return {
      loadFleet: async () => ({ fleet: this.#parsed(), problems: [] }),
      state: stoppingState(this.rules.watching(this.state), hooked),
      facts: async () => this.facts,
      connect: connectTo(this, owner, hooked),
      binding: async ({ nodes, tls, recovery, unknownSealCause }) =>
        bindingOf({
          addresses: nodes.map(({ address }) => address),
          serverName: tls.serverName,
          ca: tls.ca,
          pins: tls.pins,
          recovery: { policy: recovery.policy, approvals: recovery.approvals, unknownSealCause },
        }),
      custodians: async () => this.custodians,
      clock: this.clock,
      log: createLog({ write: (line) => this.logged.push(line), clock: this.clock }),
      newId: () => {
        this.#ids += 1;
        return `id${this.#ids}`;
      },
      random: randomBytes,
      owner,
      ...over,
    };
  }

  #hooked(stopper: Stopper): Stopper {
    const effect = stopper.effect.bind(stopper);
    stopper.effect = (name, run) => {
      if (!stopper.stopped) this.onEffect(name);
      return effect(name, run);
    };
    return stopper;
  }

  simulationOf(cluster: string): Simulation {
    return this.neighbour && cluster === this.neighbour.name ? this.neighbour : this.simulation;
  }

  /** Imports the cluster's own shares, or others. */
  async escrow(
    deps = this.process(),
    shares = this.simulation.keys.shares,
    cluster = this.cluster,
    holdings = this.holdings,
  ): Promise<void> {
    const { threshold } = this.simulation.keys;
    await importShares(deps, cluster, shares, ada, { threshold, holdings });
  }

  /** Escrowed, and its nodes' start times noted a minute ago. */
  async ready(): Promise<this> {
    const deps = this.process();
    await this.escrow(deps);
    if (this.neighbour) await this.escrow(deps, this.neighbour.keys.shares, this.#clusterOf('orders'));
    await noteStarts(deps);
    await this.clock.sleep(60_000);
    return this;
  }

  /** Nudges of `steps` are followed until none is left, at most so many; each by a process of its own. */
  async settle({ most = 30, process }: { most?: number; process?: () => RecoverDeps } = {}): Promise<void> {
    for (let passes = 0; passes < most; passes += 1) {
      const nudge = this.state.nudged.findIndex(({ queue }) => queue === 'steps');
      if (nudge < 0) return;
      const [next] = this.state.nudged.splice(nudge, 1);
      if (next && next.delayMs > 0) await this.clock.sleep(next.delayMs);
      await runPass(process?.() ?? this.process(), next?.cluster ?? '');
    }
    throw new Error(`still not settled after ${most} passes`);
  }

  /** Until a process with this stopper is dead, or nothing is left to do for it. */
  async settleUntilKilled(stopper: Stopper): Promise<void> {
    const dying = this.process({}, stopper);
    try {
      await this.settle({ process: () => dying });
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
    }
    // What was under way ends by itself.
    for (let turns = 0; turns < 20; turns += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  /**
   * Time goes on, with the app's own timers and the sweep's nudge each minute that something is sealed, until no
   * recovery is open and nothing is sealed any more. Nudges that were lost are not needed for it.
   */
  async timePasses({ most = 40, untilAsked = false } = {}): Promise<void> {
    for (let halfMinutes = 0; halfMinutes < most; halfMinutes += 1) {
      await this.settle();
      const open = this.recoveries().find(({ status }) => status === 'open');
      if (untilAsked && open?.needs) return;
      if (!open && this.sealedAndUp().length === 0) return;
      await this.clock.sleep(30_000);
      await noteStarts(this.process());
      await nudgeOverdue(this.process());
      if (this.sealedAndUp().length > 0) await this.state.nudges.send('steps', 'payments', 0);
    }
    throw new Error(`still not settled: ${JSON.stringify(this.recoveries().at(-1))}`);
  }

  /** The sweep's nudge, and all that follows from it. */
  async nudge(): Promise<void> {
    await this.state.nudges.send('steps', 'payments', 0);
    await this.settle();
  }

  recoveries(): Recovery[] {
    return this.state.everyRecovery();
  }

  /** Down for some seconds: their processes are others then. */
  async restart(...nodes: string[]): Promise<void> {
    const names = nodes.length > 0 ? nodes : this.names;
    for (const node of names) this.simulation.apply({ kind: 'kill', node });
    await this.clock.sleep(5_000);
    for (const node of names) this.simulation.apply({ kind: 'start', node });
    await this.clock.sleep(1_000);
  }

  /** `operator seal`: on purpose. */
  sealOnPurpose(node: string): void {
    this.rules.onSealed(node);
    this.simulation.apply({ kind: 'seal', node });
  }

  /** Somebody else sends a share that is none of the cluster's, or a reset. */
  stranger(node: string, reset = false): void {
    this.#ids += 1;
    const key = createHash('sha256').update(`stranger ${this.#ids}`).digest().toString('base64');
    const body = reset ? { reset: true } : { key };
    this.simulation.request(node, { method: 'POST', path: 'sys/unseal', body });
  }

  get names(): string[] {
    return this.simulation.state.nodes.map(({ name }) => name);
  }

  sealed(): string[] {
    return this.simulation.state.nodes.filter(({ sealed }) => sealed).map(({ name }) => name);
  }

  sealedAndUp(): string[] {
    return this.simulation.state.nodes
      .filter(({ sealed, running }) => sealed && running)
      .map(({ name }) => name);
  }
}
