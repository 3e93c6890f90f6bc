/** A real raft cluster with TLS, ready to be watched: initialised, with a least-privilege login for the probe. */
import { z } from 'zod';
import { createAuthority, type TestAuthority } from '../../fakes/pki.ts';
import {
  type Cluster,
  type ClusterNode,
  type ClusterOptions,
  startCluster,
} from '../../servers/vault-cluster.ts';
import { type Keys, unsealNode } from '../../servers/vault-initialise.ts';
import { setupProbeLogin } from '../../servers/vault-logins.ts';
import type { Watching } from './watching.ts';

export interface WatchedCluster extends Cluster {
  /** Init on the first node and nothing more: it stays sealed, and the others wait. */
  initialiseFirst(): Promise<void>;
  authority: TestAuthority;
  /** Starts what is dead and unseals what is sealed, until every node serves. */
  whole(): Promise<void>;
  /** Names of the nodes that are not active. */
  standbys(): Promise<string[]>;
  /** A request with the root token to the active node; throws unless it succeeds. */
  write(method: string, path: string, body?: unknown): Promise<unknown>;
  /** Autopilot's own words, with the root token. */
  autopilot(): Promise<{ healthy: boolean; failure_tolerance: number; voters: string[] }>;
}

type Options = Omit<ClusterOptions, 'vaultPath' | 'tls'>;

/** Servers with TLS from an authority of their own; nothing is initialised. */
export async function startServers(options: Options): Promise<WatchedCluster> {
  const authority = await createAuthority('Sealwatch test CA');
  return watched(await startCluster({ vaultPath: vaultPath(), tls: authority, ...options }), authority);
}

/** Initialised, unsealed, every node a voter, autopilot's cleanup on: a cluster without findings. */
export async function startHealthyCluster(options: Options): Promise<WatchedCluster> {
  const cluster = await startServers({ stableSeconds: 1, ...options });
  await cluster.initialise();
  await cluster.write('POST', autopilotConfiguration, cleanup);
  return cluster;
}

/** Its part of fleet.yaml, with a login where it was set up. */
export function entryOf(
  cluster: Cluster,
  over: Record<string, unknown> = {},
  nodes: ClusterNode[] = cluster.nodes,
): Record<string, unknown> {
  return {
    nodes: nodes.map(({ name, nodeId, address }) => ({ name, nodeId, address })),
    tls: { ca: cluster.ca },
    expect: { storage: 'raft' },
    ...over,
  };
}

/** An AppRole as users are told to make it, as fleet.yaml refers to it. */
export async function loginOf(cluster: Cluster, watching: Watching, name = 'SECRET_ID') {
  const { roleId, secretId } = await setupProbeLogin(cluster);
  return { method: 'approle', roleId, secretId: watching.secret(name, secretId) };
}

export const autopilotConfiguration = 'sys/storage/raft/autopilot/configuration';
export const cleanup = {
  cleanup_dead_servers: true,
  min_quorum: 3,
  dead_server_last_contact_threshold: '24h',
};

/** test/run.ts names the Vault that it found; without one these files are not run. */
const vaultPath = (): string => process.env['SEALWATCH_VAULT_BIN'] ?? 'vault';

const InitAnswer = z.object({ keys_base64: z.array(z.string()), root_token: z.string() });

function watched(cluster: Cluster, authority: TestAuthority): WatchedCluster {
  let ownKeys: Keys | undefined;
  const keys = () => ownKeys ?? cluster.keys;
  const unseal = async (name: string): Promise<void> => {
    const known = keys();
    if (!known) throw new Error('the cluster is not initialised');
    await unsealNode(cluster, name, known);
  };
  const write = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const { name } = await cluster.awaitActive();
    const reply = await cluster.request(name, method, path, body, keys()?.rootToken);
    if (reply.status !== 200 && reply.status !== 204) {
      throw new Error(
        `${method} ${path}: ${reply.failed ?? `${reply.status} ${JSON.stringify(reply.body)}`}`,
      );
    }
    return reply.body;
  };
  const own = {
    authority,
    write,
    unseal,
    async seal(name: string) {
      const reply = await cluster.request(name, 'POST', 'sys/seal', undefined, keys()?.rootToken);
      if (reply.status !== 204) throw new Error(`seal ${name}: ${JSON.stringify(reply)}`);
    },
    async initialiseFirst() {
      const [first] = cluster.nodes;
      const counts = { secret_shares: 5, secret_threshold: 3 };
      const reply = await cluster.request(first?.name ?? '', 'POST', 'sys/init', counts);
      const { keys_base64: shares, root_token: rootToken } = InitAnswer.parse(reply.body);
      ownKeys = { shares, threshold: 3, rootToken };
    },
    async whole() {
      for (const node of cluster.nodes) if (!node.alive) await cluster.start(node.name);
      for (const { name } of cluster.nodes) {
        const { status } = await cluster.request(name, 'GET', 'sys/health');
        if (status === 503) await unseal(name);
      }
      await cluster.awaitActive();
    },
    async standbys() {
      const active = await cluster.awaitActive();
      return cluster.nodes.map(({ name }) => name).filter((name) => name !== active.name);
    },
    async autopilot() {
      const state = (await write('GET', 'sys/storage/raft/autopilot/state')) as {
        data: { healthy: boolean; failure_tolerance: number; voters: string[] };
      };
      return state.data;
    },
  };
  const both = Object.assign(Object.create(cluster) as Cluster, own);
  return Object.defineProperty(both, 'keys', { get: keys });
}
