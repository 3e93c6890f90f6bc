/**
 * A laptop in a bad night: Functions and storage are down, the envelopes are in a file. Simulated Vaults behind real
 * sockets, custodians in memory unless a test brings others, a clock that moves only where somebody waits.
 */
import { randomBytes, X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Replacements } from '../../../cli/recover/replacements.ts';
import { recover } from '../../../cli/recover/run.ts';
import { composeRecoverDeps } from '../../../shared/compose/recover.ts';
import type { Custodian } from '../../../shared/escrow/custodian.ts';
import type { Generation } from '../../../shared/escrow/generation.ts';
import { sealGeneration } from '../../../shared/escrow/seal-generation.ts';
import { Share } from '../../../shared/escrow/share.ts';
import { bindingOf } from '../../../shared/escrow/trust.ts';
import { generationBytes } from '../../../shared/escrow/write.ts';
import type { JournalEntry } from '../../../shared/work/break-glass/journal.ts';
import type { RecoverDeps } from '../../../shared/work/recover/deps.ts';
import { calling, InstantClock, MemoryCustodian, spread } from '../../escrow/build.ts';
import { memoryRecoverState } from '../../fakes/state/recover-memory.ts';
import { type ServedSimulation, serveSimulation } from '../../fakes/vault/http.ts';
import { createSimulation, type Simulation } from '../../fakes/vault/simulation.ts';
import type { LaptopOptions } from './laptop-options.ts';
import { keepIn, storageWith } from './stored.ts';

export type { LaptopOptions } from './laptop-options.ts';

export const cluster = 'payments';

/** `answer`: what the person types. */
export type Told = Replacements & { answer?: string };

export interface Outcome {
  code: number;
  lines: string[];
  text: string;
}

export class Laptop {
  readonly clock: InstantClock;
  readonly simulation: Simulation;
  readonly served: ServedSimulation;
  readonly folder: string;
  readonly custodians: Map<string, Custodian>;
  readonly generation: Generation;
  /** Recover's storage; only commands without `--without-state` see it. */
  readonly state = memoryRecoverState();
  /** Bodies of sys/unseal as nodes got them. */
  readonly sent: { node: string; key: string }[];
  /** What happens right before the n-th sys/unseal that nodes get (from 1). */
  readonly before = new Map<number, () => void>();
  env: NodeJS.ProcessEnv;
  real: LaptopOptions['real'] | undefined;
  policy: NonNullable<LaptopOptions['policy']> = 'manual';

  private constructor(
    parts: Pick<
      Laptop,
      'clock' | 'simulation' | 'served' | 'folder' | 'custodians' | 'generation' | 'sent' | 'before'
    >,
  ) {
    this.clock = parts.clock;
    this.simulation = parts.simulation;
    this.served = parts.served;
    this.folder = parts.folder;
    this.custodians = parts.custodians;
    this.generation = parts.generation;
    this.sent = parts.sent;
    this.before = parts.before;
    this.env = {
      SEALWATCH_FLEET: join(this.folder, 'fleet.yaml'),
      SEALWATCH_ESCROW_VAULTS: ['alpha', 'beta', 'gamma']
        .map((name) => `https://${name}.vault.azure.net`)
        .join(','),
    };
  }

  static async open({
    holdings = spread,
    real,
    tls,
    policy = 'manual',
    ...options
  }: LaptopOptions = {}): Promise<Laptop> {
    const clock = new InstantClock();
    const own = createSimulation({ name: cluster, ...options }, () => clock.now());
    const sent: Laptop['sent'] = [];
    const before: Laptop['before'] = new Map();
    const simulation = Object.create(own, {
      request: {
        value: (node: string, request: Parameters<Simulation['request']>[1]) => {
          const body = request.body as { key?: string; reset?: boolean } | undefined;
          if (request.path === 'sys/unseal') {
            sent.push({ node, key: body?.key ?? 'reset' });
            before.get(sent.length)?.();
          }
          return own.request(node, request);
        },
      },
    }) as Simulation;
    const served = await serveSimulation(simulation, tls ? { tls } : {});
    const custodians =
      real?.custodians ?? new Map(holdings.map(({ name }) => [name, new MemoryCustodian(name)]));
    const binding = bindingOf({
      addresses: served.addresses,
      ca: tls?.caPem,
      pins: [],
      recovery: { policy, approvals: 1, unknownSealCause: 'approval' },
    });
    if (!binding.ok) throw new Error(binding.problem);
    const shares = own.keys.shares.map((share, at) => new Share(at + 1, Buffer.from(share, 'base64')));
    const made = await sealGeneration(
      {
        identity: {
          cluster,
          generation: 2,
          kind: 'unseal',
          threshold: own.keys.threshold,
          count: shares.length,
          trust: binding.binding,
        },
        shares,
        holdings,
        made: { createdAt: clock.now(), createdBy: 'local/ada' },
      },
      { custodians, random: randomBytes, calling: calling({ clock }) },
    );
    if (!made.ok) throw new Error(made.problems.join('; '));
    const folder = await mkdtemp(join(tmpdir(), 'sealwatch-laptop-'));
    const { generation } = made;
    const bytes = generationBytes(generation);
    const laptop = new Laptop({ clock, simulation, served, folder, custodians, generation, sent, before });
    await laptop.write('envelopes.json', bytes);
    await keepIn(laptop.state, bytes);
    laptop.real = real;
    laptop.policy = policy;
    if (real) laptop.env = { ...laptop.env, ...real.env };
    await laptop.write('fleet.yaml', laptop.fleet(holdings));
    return laptop;
  }

  fleet(holdings = spread, change: (address: string) => string = (address) => address): string {
    const { state } = this.simulation;
    return JSON.stringify({
      version: 1,
      clusters: {
        [cluster]: {
          recovery: { policy: this.policy },
          nodes: state.nodes.map(({ name, nodeId, address }) => ({ name, nodeId, address: change(address) })),
          escrow: {
            custodians: Object.fromEntries(
              holdings.map(({ name, shares }) => [
                name,
                {
                  ...(this.real?.entries[name] ?? { key: `https://${name}.vault.azure.net/keys/escrow` }),
                  shares,
                },
              ]),
            ),
          },
        },
      },
    });
  }

  write(name: string, text: string | Buffer): Promise<void> {
    return writeFile(join(this.folder, name), text);
  }

  get names(): string[] {
    return this.simulation.state.nodes.map(({ name }) => name);
  }

  get sealed(): string[] {
    return this.simulation.state.nodes.flatMap(({ name, sealed }) => (sealed ? [name] : []));
  }

  /** Their processes start anew: sealed. */
  async restart(...nodes: string[]): Promise<this> {
    for (const node of nodes.length > 0 ? nodes : this.names) {
      this.simulation.apply({ kind: 'kill', node });
      this.simulation.apply({ kind: 'start', node });
    }
    await this.served.settled();
    return this;
  }

  stranger(node: string, body: object): void {
    Object.getPrototypeOf(this.simulation).request(node, { method: 'POST', path: 'sys/unseal', body });
  }

  /** Seconds pass, and nobody is there. */
  wait(ms: number): Promise<void> {
    return this.clock.sleep(ms);
  }

  /** `sealwatch recover` for the whole cluster. */
  recover(extra: string[] = [], replacements: Told = {}): Promise<Outcome> {
    return this.run(
      [
        '--cluster',
        cluster,
        '--envelopes',
        join(this.folder, 'envelopes.json'),
        '--without-state',
        '--reason',
        'region down',
        ...extra,
      ],
      replacements,
    );
  }

  /** The same while storage answers. */
  fromStorage(extra: string[] = [], replacements: Told = {}): Promise<Outcome> {
    const storage = storageWith(this.state, undefined, () => Math.floor(this.clock.now() / 1000) * 1000);
    const args = ['--cluster', cluster, '--reason', 'functions are down', ...extra];
    return this.run(args, { storage, ...replacements });
  }

  /** The recover app, over the same storage, nodes and custodians. */
  app(logged: string[] = []): RecoverDeps {
    const live = { scan: async () => ({ partitions: new Map(), unreadable: [] }) };
    const deps = composeRecoverDeps(
      { ...this.env, SEALWATCH_STORAGE: 'UseDevelopmentStorage=true' },
      { state: this.state, live, write: (line) => void logged.push(line) },
    );
    return { ...deps, clock: this.clock, custodians: async () => this.custodians, owner: 'app' };
  }

  async run(args: string[], { answer = cluster, ...replacements }: Told = {}): Promise<Outcome> {
    const lines: string[] = [];
    const code = await recover(
      args,
      this.env,
      {
        say: (line) => void lines.push(line),
        complain: (line) => void lines.push(`! ${line}`),
        ask: async (question) => {
          lines.push(question);
          return answer;
        },
      },
      {
        folder: this.folder,
        person: { user: 'ada', host: 'laptop' },
        stop: new AbortController().signal,
        ...replacements,
        world: {
          clock: this.clock,
          ...(this.real ? {} : { custodians: async () => this.custodians }),
          ...replacements.world,
        },
      },
    );
    return { code, lines, text: lines.join('\n') };
  }

  /** Files of recoveries, oldest first. */
  async journals(): Promise<string[]> {
    const names = (await readdir(this.folder)).filter((name) => name.endsWith('.jsonl')).sort();
    return names.map((name) => join(this.folder, name));
  }

  async entries(path?: string): Promise<JournalEntry[]> {
    const text = await readFile(path ?? (await this.journals()).at(-1) ?? '', 'utf8');
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as JournalEntry);
  }

  /** How many different shares each node got. */
  distinct(): Record<string, number> {
    const all = this.sent.filter(({ key }) => key !== 'reset');
    return Object.fromEntries(
      this.names.map((name) => [
        name,
        new Set(all.flatMap(({ node, key }) => (node === name ? [key] : []))).size,
      ]),
    );
  }

  async close(): Promise<void> {
    await this.served.close();
    await rm(this.folder, { recursive: true });
  }
}

/** A share of somebody else's key, base64; its number is none of ours. */
export function strangersShare(number = 200): string {
  return Buffer.concat([randomBytes(32), Buffer.from([number])]).toString('base64');
}

/** Certificates of a PEM, as a binding has them. */
export function derOf(pem: string): string {
  return new X509Certificate(pem).raw.toString('base64');
}
