/**
 * The recover app in one process: simulated Vaults behind the real share client, storage in memory, custodians in
 * memory, and a clock that moves only while somebody waits for it. `process()` is the app as started anew.
 */
import { randomBytes } from 'node:crypto';
import { generationBlobName } from '../../../shared/escrow/generation.ts';
import { sealGeneration } from '../../../shared/escrow/seal-generation.ts';
import { Share } from '../../../shared/escrow/share.ts';
import { bindingOf } from '../../../shared/escrow/trust.ts';
import { generationBytes } from '../../../shared/escrow/write.ts';
import type { Cluster } from '../../../shared/fleet/fleet.ts';
import { parseFleet } from '../../../shared/fleet/parse.ts';
import { formatProblems } from '../../../shared/fleet/problem.ts';
import { createLog } from '../../../shared/log/log.ts';
import type { Person } from '../../../shared/people/person.ts';
import type { ClusterFacts } from '../../../shared/probe/head-facts.ts';
import type { Recovery } from '../../../shared/recovery/recovery.ts';
import { openShareClient } from '../../../shared/vault/share-client.ts';
import { acceptGeneration } from '../../../shared/work/recover/accept.ts';
import type { RecoverDeps } from '../../../shared/work/recover/deps.ts';
import { runPass } from '../../../shared/work/recover/pass.ts';
import { noteStarts } from '../../../shared/work/recover/starts.ts';
import { InstantClock, MemoryCustodian } from '../../escrow/build.ts';
import { memoryRecoverState } from '../../fakes/state/recover-memory.ts';
import { simulationDispatcher } from '../../fakes/vault/dispatcher.ts';
import { createSimulation, type Simulation, type SimulationOptions } from '../../fakes/vault/simulation.ts';

export const ada: Person = { id: 'tid/ada', name: 'Ada Lovelace', roles: ['Sealwatch.Operate'] };
export const grace: Person = { id: 'tid/grace', name: 'Grace Hopper', roles: ['Sealwatch.Approve'] };
export const alan: Person = { id: 'tid/alan', name: 'Alan Turing', roles: ['Sealwatch.Approve'] };

export interface RecoveryOptions extends SimulationOptions {
  policy?: 'manual' | 'automatic';
  /** Lines of the cluster's entry in fleet.yaml. */
  yaml?: string[];
  /** Lines of its `recovery`. */
  recovery?: string[];
}

/** Every pair of the three custodians holds all five shares; none reaches the threshold of three alone… almost. */
const holdings = { a: [1, 2], b: [3, 4], c: [5, 1] };

export class RecoveryUnderTest {
  readonly clock = new InstantClock();
  readonly standingHolds = [];
  readonly state = memoryRecoverState(this.standingHolds);
  readonly simulation: Simulation;
  readonly custodians = new Map(Object.keys(holdings).map((name) => [name, new MemoryCustodian(name)]));
  readonly logged: string[] = [];
  /** Every request of sys/unseal, by node, in its order. */
  readonly sent: { node: string; body: string }[] = [];
  /** What watch remembers. */
  facts: ClusterFacts | undefined;
  /** Something happens to a node right before or after it takes a request of sys/unseal. */
  onUnseal: (node: string, when: 'before' | 'after') => void = () => undefined;
  yaml: string;
  #ids = 0;

  constructor({ policy = 'automatic', yaml = [], recovery = [], ...options }: RecoveryOptions = {}) {
    this.simulation = createSimulation({ name: 'payments', telemetry: true, ...options }, () =>
      this.clock.now(),
    );
    this.yaml = [
      'version: 1',
      'clusters:',
      '  payments:',
      '    nodes:',
      ...this.simulation.state.nodes.map(
        ({ name, address, nodeId }) => `      - {name: ${name}, address: "${address}", nodeId: ${nodeId}}`,
      ),
      '    recovery:',
      `      policy: ${policy}`,
      ...recovery.map((line) => `      ${line}`),
      '    escrow:',
      '      custodians:',
      ...Object.entries(holdings).map(
        ([name, shares]) =>
          `        ${name}: {key: "https://${name}.vault.azure.net/keys/unseal", shares: [${shares.join(', ')}]}`,
      ),
      ...yaml.map((line) => `    ${line}`),
      '',
    ].join('\n');
  }

  get cluster(): Cluster {
    const [cluster] = this.#parsed().clusters;
    if (!cluster) throw new Error('no cluster');
    return cluster;
  }

  #parsed() {
    const parsed = parseFleet(this.yaml, {
      envPrefix: 'SECRET_',
      keyVaults: [],
      escrowVaults: Object.keys(holdings).map((name) => `https://${name}.vault.azure.net`),
      endpointHosts: [],
    });
    if (!parsed.ok) throw new Error(formatProblems(parsed.problems, 'fleet.yaml'));
    return parsed.fleet;
  }

  /** The app, started anew over the same world. */
  process(over: Partial<RecoverDeps> = {}): RecoverDeps {
    this.#ids += 1;
    const owner = `process-${this.#ids}`;
    return {
      loadFleet: async () => ({ fleet: this.#parsed(), problems: [] }),
      state: this.state,
      facts: async () => this.facts,
      connect: async (cluster, trust) => {
        const nodes = cluster.nodes.map(({ name, address }) => {
          const opened = openShareClient(address, trust, {
            timeouts: { connectMs: 1000, headersMs: 5000, totalMs: 5000 },
            maxResponseBytes: 1_000_000,
            keepAliveMs: 10_000,
            clock: this.clock,
            isRefusedAddress: () => false,
            dispatcher: () => simulationDispatcher(this.simulation, name),
          });
          return {
            node: name,
            address,
            client: opened.ok ? this.#noting(name, opened.client) : opened.error,
          };
        });
        return { nodes, close: async () => undefined };
      },
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

  #noting<T extends { unseal: (body: Buffer, options?: object) => Promise<unknown> }>(
    node: string,
    client: T,
  ): T {
    const unseal = client.unseal.bind(client);
    client.unseal = async (body, options) => {
      this.sent.push({ node, body: body.toString() });
      this.onUnseal(node, 'before');
      const answer = await unseal(body, options);
      this.onUnseal(node, 'after');
      return answer;
    };
    return client;
  }

  /** Imports the cluster's own shares, or others. */
  async escrow(deps = this.process(), shares = this.simulation.keys.shares): Promise<void> {
    const cluster = this.cluster;
    const trust = await deps.binding(cluster);
    if (!trust.ok) throw new Error(trust.problem);
    const before = await this.state.generations.newest(cluster.name);
    const sealed = await sealGeneration(
      {
        identity: {
          cluster: cluster.name,
          generation: (before?.value.generation ?? 0) + 1,
          kind: 'unseal',
          threshold: this.simulation.keys.threshold,
          count: shares.length,
          trust: trust.binding,
        },
        shares: shares.map((share, index) => new Share(index + 1, Buffer.from(share, 'base64'))),
        holdings: Object.entries(holdings).map(([name, held]) => ({ name, shares: held })),
        made: { createdAt: this.clock.now(), createdBy: ada.id },
      },
      {
        custodians: this.custodians,
        random: randomBytes,
        calling: { clock: this.clock, timeoutMs: 10_000 },
      },
    );
    if (!sealed.ok) throw new Error(sealed.problems.join('; '));
    await this.state.escrow.create(generationBlobName(sealed.generation), generationBytes(sealed.generation));
    const { generation, revision } = sealed.generation;
    const accepted = await acceptGeneration(deps, cluster.name, ada, { generation, revision });
    if (!accepted.ok) throw new Error(accepted.message);
  }

  /** Escrowed, and its nodes' start times noted a minute ago. */
  async ready(): Promise<this> {
    const deps = this.process();
    await this.escrow(deps);
    await noteStarts(deps);
    await this.clock.sleep(60_000);
    return this;
  }

  /** Nudges of `steps` are followed until none is left, at most so many; each by a process of its own. */
  async settle(most = 30): Promise<void> {
    for (let passes = 0; passes < most; passes += 1) {
      const nudge = this.state.nudged.findIndex(({ queue }) => queue === 'steps');
      if (nudge < 0) return;
      const [next] = this.state.nudged.splice(nudge, 1);
      if (next && next.delayMs > 0) await this.clock.sleep(next.delayMs);
      await runPass(this.process(), 'payments');
    }
    throw new Error(`still not settled after ${most} passes`);
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

  get names(): string[] {
    return this.simulation.state.nodes.map(({ name }) => name);
  }

  sealed(): string[] {
    return this.simulation.state.nodes.filter(({ sealed }) => sealed).map(({ name }) => name);
  }
}
