/**
 * The recover app as it is composed for Azure, with a fleet.yaml of its own, over real servers: only its storage is in
 * memory, and the test plays the queue. Its clock can be set ahead, for what waits longer than a test may.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { systemClock } from '../../../shared/compose/clock.ts';
import { composeRecover, type RecoverReplacements } from '../../../shared/compose/recover.ts';
import type { Person } from '../../../shared/people/person.ts';
import type { ClusterFacts } from '../../../shared/probe/head-facts.ts';
import type { Recovery } from '../../../shared/recovery/recovery.ts';
import type { RecoverState } from '../../../shared/state/recover-ports.ts';
import type { ShareClient } from '../../../shared/vault/unseal.ts';
import type { RecoverDeps } from '../../../shared/work/recover/deps.ts';
import { runPass } from '../../../shared/work/recover/pass.ts';
import { noteStarts } from '../../../shared/work/recover/starts.ts';
import { MemoryCustodian } from '../../escrow/build.ts';
import type { FakeKeyVaults } from '../../fakes/keyvault/server.ts';
import { type MemoryRecoverState, memoryRecoverState } from '../../fakes/state/recover-memory.ts';
import { ownFolder, removeFolder } from '../../servers/owned-processes.ts';
import { importShares } from '../../work/recover/sealed-shares.ts';

export const ada: Person = { id: 'tid/ada', name: 'Ada Lovelace', roles: ['Sealwatch.Operate'] };
export const grace: Person = { id: 'tid/grace', name: 'Grace Hopper', roles: ['Sealwatch.Approve'] };
export const alan: Person = { id: 'tid/alan', name: 'Alan Turing', roles: ['Sealwatch.Approve'] };

/** Any two of the three hold every share: losing one leaves the threshold. */
export const spread = { a: [1, 2, 5], b: [2, 3, 4], c: [1, 3, 4, 5] };

export type Entry = Record<string, unknown>;

export interface RecoveringOptions {
  /** Clusters of fleet.yaml, as they are written there. */
  clusters: Record<string, Entry>;
  env?: Record<string, string>;
  replacements?: RecoverReplacements;
  /** Default: in memory. Nudges are then kept by it, and not followed. */
  state?: RecoverState;
  /** Custodians are what fleet.yaml says; else keys in memory, by the names of `spread`. */
  realCustodians?: boolean;
  /** What watch remembers is read from its table; else it is what a test says. */
  realFacts?: boolean;
}

/** In fleet.yaml, the keys of `spread`. */
export function custodiansEntry(
  key = (name: string) => `https://${name}.vault.azure.net/keys/escrow`,
): Entry {
  const entries = Object.entries(spread).map(([name, shares]) => [name, { key: key(name), shares }]);
  return { custodians: Object.fromEntries(entries) };
}

/** Custodians are keys of the FAKE of Key Vault, by the names of `spread`, behind the real SDK. */
export function byKeyVaults(fake: FakeKeyVaults): Omit<RecoveringOptions, 'clusters'> {
  return {
    env: {
      SEALWATCH_ESCROW_VAULTS: Object.keys(spread)
        .map((name) => fake.origin(name))
        .join(' '),
    },
    replacements: { keyVault: { agent: fake.agent }, credential: async () => fake.credential },
    realCustodians: true,
  };
}

export class Recovering {
  readonly state: MemoryRecoverState = memoryRecoverState();
  readonly custodians = new Map(Object.keys(spread).map((name) => [name, new MemoryCustodian(name)]));
  /** Every body sent to sys/unseal, by node, in its order. */
  readonly sent: { node: string; body: string }[] = [];
  readonly logged: string[] = [];
  /** What watch remembers, or somebody wrote there. */
  facts: ClusterFacts | undefined;
  /** Awaited before each request to sys/unseal; `nth` counts those of the node in this pass, from 1. */
  beforeUnseal: (node: string, nth: number) => Promise<void> = async () => undefined;
  deps: RecoverDeps;
  #aheadMs = 0;
  readonly #folder = mkdtempSync(join(tmpdir(), 'sealwatch-recovering-'));
  readonly #options: RecoveringOptions;
  #clusters: Record<string, Entry>;

  constructor(options: RecoveringOptions) {
    ownFolder(this.#folder);
    this.#options = options;
    this.#clusters = options.clusters;
    this.rewrite(options.clusters);
    this.deps = this.process();
  }

  get fleetFile(): string {
    return join(this.#folder, 'fleet.yaml');
  }

  /** Another fleet.yaml. */
  rewrite(clusters: Record<string, Entry>): void {
    this.#clusters = clusters;
    writeFileSync(this.fleetFile, stringify({ version: 1, clusters }));
  }

  /** The app, started anew. */
  process(): RecoverDeps {
    const { env = {}, replacements = {}, realCustodians = false, realFacts = false } = this.#options;
    const { state = this.state } = this.#options;
    const { deps } = composeRecover(
      {
        SEALWATCH_FLEET: this.fleetFile,
        SEALWATCH_STORAGE: 'UseDevelopmentStorage=true',
        SEALWATCH_ESCROW_VAULTS: Object.keys(spread)
          .map((name) => `https://${name}.vault.azure.net`)
          .join(' '),
        ...env,
      },
      { write: (line) => this.logged.push(line), ...replacements, state },
    );
    return {
      ...deps,
      ...(realCustodians ? {} : { custodians: async () => this.custodians }),
      ...(realFacts ? {} : { facts: async () => this.facts }),
      clock: { ...systemClock, now: () => Date.now() + this.#aheadMs },
      connect: async (cluster, trust) => {
        const connected = await deps.connect(cluster, trust);
        for (const { node, client } of connected.nodes) if (!('code' in client)) this.#note(node, client);
        return connected;
      },
    };
  }

  #note(node: string, client: ShareClient): void {
    const unseal = client.unseal.bind(client);
    let nth = 0;
    client.unseal = async (body, options) => {
      this.sent.push({ node, body: body.toString() });
      nth += 1;
      await this.beforeUnseal(node, nth);
      return unseal(body, options);
    };
  }

  /** The app's clock is this much further on from now on, ms. */
  later(ms: number): void {
    this.#aheadMs += ms;
  }

  /** Imports these shares (base64) as the cluster's next generation. */
  async escrow(name: string, shares: readonly string[], threshold = 3): Promise<void> {
    const { deps } = this;
    const { fleet } = await deps.loadFleet();
    const cluster = fleet.clusters.find((one) => one.name === name);
    if (!cluster) throw new Error(`no cluster ${name}`);
    await importShares(deps, cluster, shares, ada, { threshold });
    this.state.nudged.length = 0;
  }

  noteStarts(): Promise<void> {
    return noteStarts(this.deps);
  }

  /** The sweep's nudge, and the nudges that follow at once; later ones stay where they are. Processes of their own. */
  async nudge(name = this.#first()): Promise<Recovery | undefined> {
    await runPass(this.process(), name);
    for (let most = 20; most > 0; most -= 1) {
      const next = this.state.nudged.findIndex(({ queue, delayMs }) => queue === 'steps' && delayMs === 0);
      if (next < 0) break;
      this.state.nudged.splice(next, 1);
      await runPass(this.process(), name);
    }
    return this.newest(name);
  }

  newest(name = this.#first()): Recovery | undefined {
    return this.state.everyRecovery().findLast(({ cluster }) => cluster === name);
  }

  /** Different bodies that a node was sent. */
  sharesSentTo(node: string): number {
    return new Set(this.sent.filter((one) => one.node === node).map(({ body }) => body)).size;
  }

  #first(): string {
    return Object.keys(this.#clusters)[0] ?? '';
  }

  close(): void {
    removeFolder(this.#folder);
  }
}
