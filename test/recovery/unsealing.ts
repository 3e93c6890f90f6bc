/** Simulated clusters that somebody else may send to as well, and clients that count what they send. */
import { systemClock } from '../../shared/compose/clock.ts';
import { Share } from '../../shared/escrow/share.ts';
import { isLinkLocal } from '../../shared/fleet/network.ts';
import type { Intent } from '../../shared/recovery/recovery.ts';
import {
  type UnsealOptions,
  type UnsealSet,
  type UnsealTarget,
  unsealNodes,
} from '../../shared/recovery/unseal.ts';
import { openShareClient } from '../../shared/vault/share-client.ts';
import type { ShareClient } from '../../shared/vault/unseal.ts';
import { simulationDispatcher } from '../fakes/vault/dispatcher.ts';
import { createSimulation, type Simulation, type SimulationOptions } from '../fakes/vault/simulation.ts';

export interface Sent {
  node: string;
  /** The body as it went out; `reset` for a reset. */
  share: string;
}

export interface UnderUnseal {
  simulation: Simulation;
  nodes: string[];
  /** What our client sent, in order. */
  sent: Sent[];
  later(ms: number): void;
  /** The simulation's clock. */
  now(): number;
  client(node: string): ShareClient;
  targets(over?: Partial<UnsealTarget>): UnsealTarget[];
  shares(...indexes: number[]): Share[];
  /** What somebody else does, right before the n-th request of ours to that node (from 1). */
  before(node: string, n: number, act: () => void): void;
  /** Somebody else's POST sys/unseal. */
  stranger(node: string, body: object): void;
  sealed(node: string): boolean;
}

/** Nodes restarted, all sealed; `active` keeps the first one unsealed. */
export function underUnseal({
  active = false,
  ...options
}: SimulationOptions & { active?: boolean } = {}): UnderUnseal {
  let now = Date.UTC(2026, 10, 22, 3, 0, 0);
  const simulation = createSimulation(options, () => now);
  const nodes = simulation.state.nodes.map(({ name }) => name);
  for (const node of active ? nodes.slice(1) : nodes) {
    simulation.apply({ kind: 'kill', node });
    simulation.apply({ kind: 'start', node });
  }
  const sent: Sent[] = [];
  const acts = new Map<string, () => void>();
  const requests = new Map<string, number>();

  function client(node: string): ShareClient {
    const address = simulation.state.nodes.find(({ name }) => name === node)?.address ?? '';
    const inner = simulationDispatcher(simulation, node);
    const dispatch = inner.dispatch.bind(inner);
    inner.dispatch = (request, handler) => {
      const n = (requests.get(node) ?? 0) + 1;
      requests.set(node, n);
      acts.get(`${node}/${n}`)?.();
      if (request.path === '/v1/sys/unseal') {
        const body = JSON.parse(Buffer.from(request.body as Buffer).toString()) as { key?: string };
        sent.push({ node, share: body.key ?? 'reset' });
      }
      return dispatch(request, handler);
    };
    const opened = openShareClient(
      address,
      { addresses: [address], ca: [], pins: [] },
      {
        timeouts: { connectMs: 1000, headersMs: 1000, totalMs: 1000 },
        maxResponseBytes: 65_536,
        keepAliveMs: 10_000,
        clock: systemClock,
        isRefusedAddress: isLinkLocal,
        dispatcher: () => inner,
      },
    );
    if (!opened.ok) throw new Error(opened.error.message);
    return opened.client;
  }

  const clients = new Map(nodes.map((node) => [node, client(node)]));
  const clientOf = (node: string) => clients.get(node) ?? client(node);
  return {
    simulation,
    nodes,
    sent,
    now: () => now,
    later: (ms) => {
      now += ms;
    },
    client: clientOf,
    targets: (over = {}) => nodes.map((node) => ({ node, client: clientOf(node), reset: false, ...over })),
    shares: (...indexes) =>
      indexes.map(
        (index) => new Share(index, Buffer.from(simulation.keys.shares[index - 1] ?? '', 'base64')),
      ),
    before: (node, n, act) => {
      acts.set(`${node}/${n}`, act);
    },
    stranger: (node, body) => {
      simulation.request(node, { method: 'POST', path: 'sys/unseal', body });
    },
    sealed: (node) => simulation.state.nodes.find(({ name }) => name === node)?.sealed ?? true,
  };
}

export interface Run {
  results: Record<string, string>;
  details: Awaited<ReturnType<typeof unsealNodes>>;
  rounds: Intent[][];
}

/** Unseals, and tells each node's result by its kind (and code). */
export async function run(
  targets: UnsealTarget[],
  shares: Share[],
  over: Partial<UnsealSet> & Partial<UnsealOptions> = {},
): Promise<Run> {
  const rounds: Intent[][] = [];
  const { generation = 2, revision = 1, threshold = 3, contribution = false, ...options } = over;
  const details = await unsealNodes(
    targets,
    { generation, revision, threshold, contribution, shares },
    {
      pass: 1,
      clock: systemClock,
      roundTimeoutMs: 1000,
      beforeRound: (intents) => {
        rounds.push(intents);
        return Promise.resolve('go');
      },
      ...options,
    },
  );
  const results = Object.fromEntries(
    details.map(({ node, result }) => [
      node,
      result.kind === 'failed' ? `failed ${result.code}` : result.kind,
    ]),
  );
  return { results, details, rounds };
}
