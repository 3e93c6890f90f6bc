/** A real raft cluster of Vault servers on 127.0.0.1, in a temporary folder of its own. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from './free-ports.ts';
import { ownFolder, removeFolder } from './owned-processes.ts';
import { until } from './until.ts';
import { type AzureKeyVaultStanza, nodeConfig, type TransitSeal } from './vault-config.ts';
import { initialiseCluster, type Keys, unsealNode } from './vault-initialise.ts';
import { type Started, vaultProcess } from './vault-node.ts';
import { type Reply, vaultRequester } from './vault-request.ts';

/** As test/fakes/pki.ts makes them. */
interface Authority {
  certPem: string;
  issue(request: { names: string[] }): Promise<{ certPem: string; keyPem: string }>;
}

export interface ClusterOptions {
  vaultPath: string;
  /** A folder of the cluster's own is made in here; default: the system's temporary folder. */
  folder?: string;
  /** Names are <name>-1, <name>-2 …; default `vault`. */
  name?: string;
  /** Default 3. */
  nodes?: number;
  /** Undefined: plain HTTP. */
  tls?: Authority;
  seal?: TransitSeal | AzureKeyVaultStanza;
  /** Variables of the nodes' processes; a function is asked at each start of one. */
  env?: Record<string, string> | (() => Record<string, string>);
  /** Metrics without a token, so that the process start time can be read while sealed. */
  telemetry?: boolean;
  /** Default 5 shares, 3 of them needed. */
  shares?: number;
  threshold?: number;
  /**
   * Autopilot's stabilisation time in seconds (Vault's default: 10). When given, autopilot also looks and acts
   * every second, and `initialise` waits until every node is a voter.
   */
  stableSeconds?: number;
  /** Raft's shortest timeouts; default: Vault's own (`performance_multiplier` 5). */
  fastElections?: boolean;
}

export interface ClusterNode {
  readonly name: string;
  readonly nodeId: string;
  /** https://127.0.0.1:PORT */
  readonly address: string;
  /** 127.0.0.1:PORT, as raft names the peer. */
  readonly clusterAddress: string;
  readonly pid: number | undefined;
  readonly alive: boolean;
  /** performance.now() when its process was last started. */
  readonly startedAt: number;
}

export interface Cluster {
  readonly nodes: ClusterNode[];
  readonly folder: string;
  /** PEM and path of the CA, when the cluster has TLS. */
  readonly ca: string | undefined;
  readonly caFile: string | undefined;
  /** Undefined before `initialise`. */
  readonly keys: Keys | undefined;
  /** Init on the first node, unseal all; returns when all have joined and one is active. */
  initialise(): Promise<Keys>;
  /** Sends a threshold of shares and waits until the node is unsealed. */
  unseal(node: string): Promise<void>;
  /** `operator seal`: possible on the active node only. */
  seal(node: string): Promise<void>;
  /** SIGKILL. */
  kill(node: string): Promise<void>;
  /** SIGTERM. */
  stop(node: string): Promise<void>;
  /** Starts the process; throws with the end of its log when it exits instead of answering. */
  start(node: string): Promise<void>;
  /** As `start`, for a process that is expected to exit. */
  tryStart(node: string): Promise<Started>;
  /** Takes a node out of the raft cluster. */
  removePeer(node: string): Promise<void>;
  /** The node that answers 200. */
  awaitActive(seconds?: number): Promise<ClusterNode>;
  /** Until sys/health of the node answers one of these; 0 means that it does not answer. */
  awaitState(node: string, statuses: number[], seconds?: number): Promise<number>;
  request(node: string, method: string, path: string, body?: unknown, token?: string): Promise<Reply>;
  /** Kills every process and removes the folder. */
  close(): Promise<void>;
}

/** Starts the nodes, uninitialised. Closes what it began when one does not come up. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const count = options.nodes ?? 3;
  const base = options.name ?? 'vault';
  const folder = mkdtempSync(join(options.folder ?? tmpdir(), `sealwatch-${base}-`));
  ownFolder(folder);

  const tls = options.tls && (await writeCertificate(options.tls, folder));
  const ports = await freePorts(count * 2);
  const scheme = tls ? 'https' : 'http';
  const address = (index: number) => `${scheme}://127.0.0.1:${ports[index * 2]}`;
  const addresses = Array.from({ length: count }, (_, index) => address(index));
  const requester = vaultRequester(options.tls?.certPem);

  const nodes = addresses.map((nodeAddress, index) => {
    const name = `${base}-${index + 1}`;
    const nodeId = `raft-${index + 1}`;
    const dataFolder = join(folder, name);
    const configFile = join(folder, `${name}.hcl`);
    const logFile = join(folder, `${name}.log`);
    const port = ports[index * 2] ?? 0;
    const clusterPort = ports[index * 2 + 1] ?? 0;
    mkdirSync(dataFolder);
    writeFileSync(logFile, '');
    writeFileSync(
      configFile,
      nodeConfig({
        nodeId,
        dataFolder,
        port,
        clusterPort,
        join: addresses.filter((other) => other !== nodeAddress),
        ...(tls ? { tls } : {}),
        ...(options.seal ? { seal: options.seal } : {}),
        telemetry: options.telemetry ?? false,
        fastAutopilot: options.stableSeconds !== undefined,
        fastElections: options.fastElections ?? false,
      }),
      { mode: 0o600 },
    );
    const server = vaultProcess({
      vaultPath: options.vaultPath,
      configFile,
      logFile,
      folder,
      address: nodeAddress,
      requester,
      ...(options.env && { env: options.env }),
    });
    return {
      server,
      name,
      nodeId,
      address: nodeAddress,
      clusterAddress: `127.0.0.1:${clusterPort}`,
      get pid() {
        return server.pid;
      },
      get alive() {
        return server.alive;
      },
      get startedAt() {
        return server.startedAt;
      },
    };
  });

  const find = (name: string) => {
    const found = nodes.find((candidate) => candidate.name === name);
    if (!found) throw new Error(`no node ${name}: there are ${nodes.map((node) => node.name).join(', ')}`);
    return found;
  };
  let keys: Keys | undefined;
  const rootToken = () => {
    if (!keys) throw new Error('the cluster is not initialised');
    return keys.rootToken;
  };
  const health = async (name: string) => (await cluster.request(name, 'GET', 'sys/health')).status;

  const cluster: Cluster = {
    nodes,
    folder,
    ca: options.tls?.certPem,
    caFile: tls?.caFile,
    get keys() {
      return keys;
    },

    async initialise() {
      const made = await initialiseCluster(cluster, {
        shares: options.shares ?? 5,
        threshold: options.threshold ?? 3,
        autoUnseal: options.seal !== undefined,
        ...(options.stableSeconds === undefined ? {} : { stableSeconds: options.stableSeconds }),
      });
      keys = made;
      return made;
    },
    async unseal(name) {
      if (!keys) throw new Error('the cluster is not initialised');
      await unsealNode(cluster, name, keys);
    },
    async seal(name) {
      const reply = await cluster.request(name, 'POST', 'sys/seal', undefined, rootToken());
      if (reply.status !== 204) throw new Error(`seal ${name}: ${JSON.stringify(reply)}`);
    },
    async kill(name) {
      await find(name).server.end('SIGKILL');
    },
    async stop(name) {
      await find(name).server.end('SIGTERM');
    },
    async start(name) {
      const started = await cluster.tryStart(name);
      if (!started.up) throw new Error(`${name} exited with ${started.exitCode}:\n${started.log}`);
    },
    async tryStart(name) {
      return find(name).server.start();
    },
    async removePeer(name) {
      const active = await cluster.awaitActive();
      const reply = await cluster.request(
        active.name,
        'POST',
        'sys/storage/raft/remove-peer',
        { server_id: find(name).nodeId },
        rootToken(),
      );
      if (reply.status !== 204) throw new Error(`remove-peer ${name}: ${JSON.stringify(reply)}`);
    },
    async awaitActive(seconds = 60) {
      const states = new Map<string, number>();
      return until(
        'a node is active',
        seconds,
        async () => {
          for (const node of nodes) states.set(node.name, await health(node.name));
          return nodes.find((node) => states.get(node.name) === 200);
        },
        () => `sys/health: ${JSON.stringify(Object.fromEntries(states))}`,
      );
    },
    async awaitState(name, statuses, seconds = 60) {
      let last = -1;
      return until(
        `${name} answers sys/health with ${statuses.join(' or ')}`,
        seconds,
        async () => {
          last = await health(name);
          return statuses.includes(last) ? last : undefined;
        },
        () => `Last: ${last}`,
      );
    },
    async request(name, method, path, body, token) {
      return requester.ask(find(name).address, method, path, body, token);
    },
    async close() {
      await Promise.all(nodes.map((node) => node.server.end('SIGKILL')));
      await requester.close();
      removeFolder(folder);
    },
  };

  try {
    await Promise.all(nodes.map((node) => cluster.start(node.name)));
  } catch (error) {
    await cluster.close();
    throw error;
  }
  return cluster;
}

async function writeCertificate(authority: Authority, folder: string) {
  const files = {
    certFile: join(folder, 'node.crt'),
    keyFile: join(folder, 'node.key'),
    caFile: join(folder, 'ca.crt'),
  };
  const issued = await authority.issue({ names: ['localhost', '127.0.0.1'] });
  writeFileSync(files.certFile, issued.certPem);
  writeFileSync(files.keyFile, issued.keyPem, { mode: 0o600 });
  writeFileSync(files.caFile, authority.certPem);
  return files;
}
