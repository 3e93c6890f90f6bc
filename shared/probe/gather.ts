/** Gather: all I/O of a probe. What the answers mean is ./assess's business. */
import type { Cluster } from '../fleet/fleet.ts';
import type { VaultError } from '../vault/answer.ts';
import type { VaultClient } from '../vault/client.ts';
import type { TokenSource } from '../vault/login.ts';
import { isAborted, looksGood } from './gather/further.ts';
import { probeNode } from './gather/node.ts';
import { readRaft } from './gather/raft.ts';
import type { StartsAsked, Sweeping } from './gather/sweeping.ts';
import type { ClusterObservation, NodeObservation, RaftObservation } from './observation.ts';

export { Sweeping, type SweepingOptions } from './gather/sweeping.ts';

/** How a cluster's nodes are reached: clients that are kept between sweeps, or why there is none. */
export interface ClusterAccess {
  /** By node name. */
  clients: Map<string, { ok: true; client: VaultClient } | { ok: false; error: VaultError }>;
  /** For raft state; undefined without a login in fleet.yaml. */
  tokens?: TokenSource;
  startsAsked: StartsAsked;
}

/** Extra looks at a cluster without an active node: an election after a step-down takes about a second. */
const electionLooks = 2;

/** Probes all nodes of one cluster at once, then its raft state through the active node. Never throws. */
export async function gatherCluster(
  cluster: Cluster,
  access: ClusterAccess,
  sweeping: Sweeping,
): Promise<ClusterObservation> {
  const startedAt = sweeping.clock.now();
  let nodes = await Promise.all(
    cluster.nodes.map(({ name }) => observeNode(cluster.name, name, access, sweeping)),
  );
  if (leaderless(nodes)) nodes = await awaitElection(cluster.name, nodes, access, sweeping);
  const details = clusterDetails(cluster, nodes, access, sweeping);
  if (details.length > 0) await Promise.all(details);
  const reading = observeRaft(cluster, nodes, access, sweeping);
  const raft = 'read' in reading ? reading : await reading;
  return { cluster: cluster.name, startedAt, finishedAt: sweeping.clock.now(), nodes, raft };
}

/** Nodes of which this sweep learned nothing: its deadline came before they were asked, or while they were. */
export function notAsked(observation: ClusterObservation): string[] {
  return observation.nodes.filter(({ health }) => isAborted(health)).map(({ node }) => node);
}

function observeNode(
  cluster: string,
  name: string,
  access: ClusterAccess,
  sweeping: Sweeping,
): Promise<NodeObservation> {
  const target = access.clients.get(name);
  if (target?.ok) {
    const wasSilent = sweeping.wasSilent(cluster, name);
    return probeNode(name, target.client, access.startsAsked, wasSilent, sweeping);
  }
  const error = target?.error ?? {
    code: 'aborted' as const,
    message: `${name}: no client for this node`,
    recoverable: true,
  };
  const health = { ok: false, error, ms: 0 } as const;
  return Promise.resolve({ node: name, at: sweeping.clock.now(), health, earlier: [] });
}

/** Standbys without an active node are asked again: between two leaders nobody is active for a moment. */
async function awaitElection(
  cluster: string,
  nodes: NodeObservation[],
  access: ClusterAccess,
  sweeping: Sweeping,
): Promise<NodeObservation[]> {
  let seen = nodes;
  for (let look = 1; look <= electionLooks; look += 1) {
    const wait = sweeping.settings.confirmAfterMs * look;
    if (!leaderless(seen) || sweeping.remainingMs() <= wait) return seen;
    await sweeping.clock.sleep(wait);
    seen = await Promise.all(
      seen.map(async (node) => {
        if (!looksGood(node.health)) return node;
        const again = await observeNode(cluster, node.node, access, sweeping);
        return isAborted(again.health) ? node : { ...startOf(node, again), ...again };
      }),
    );
  }
  return seen;
}

/** A start time is asked for once a connection: the later look over the same one must not lose it. */
function startOf(node: NodeObservation, again: NodeObservation): Pick<NodeObservation, 'processStart'> {
  const [first, later] = [node.health, again.health];
  const same = first.ok && later.ok && first.connection?.id === later.connection?.id;
  return same && node.processStart ? { processStart: node.processStart } : {};
}

function leaderless(nodes: NodeObservation[]): boolean {
  return nodes.some((node) => isStandby(node)) && !nodes.some((node) => isActive(node));
}

function isActive(node: NodeObservation): boolean {
  return node.health.ok && node.health.status === 200;
}

/** 472 is left out: the nodes of a DR secondary have no active node to wait for. */
function isStandby(node: NodeObservation): boolean {
  return node.health.ok && (node.health.status === 429 || node.health.status === 473);
}

/** Whom the survivors take for their leader, and what the active node says of an auto-unseal's backend. */
function clusterDetails(
  cluster: Cluster,
  nodes: NodeObservation[],
  access: ClusterAccess,
  sweeping: Sweeping,
): Promise<void>[] {
  if (sweeping.remainingMs() <= 0) return [];
  const isLeaderless = leaderless(nodes);
  const reading: Promise<void>[] = [];
  for (const node of nodes) {
    const wantsBackend = isActive(node) && cluster.seal.type !== 'shamir';
    const wantsLeader = isCutOff(node) || (isStandby(node) && isLeaderless);
    if (!wantsBackend && !wantsLeader) continue;
    const target = access.clients.get(node.node);
    if (!target?.ok) continue;
    if (wantsBackend) reading.push(readSealBackend(node, target.client, sweeping));
    if (wantsLeader) reading.push(readLeader(node, target.client, sweeping));
  }
  return reading;
}

function isCutOff(node: NodeObservation): boolean {
  return node.health.ok && node.health.status === 474;
}

async function readSealBackend(
  node: NodeObservation,
  client: VaultClient,
  sweeping: Sweeping,
): Promise<void> {
  node.sealBackend = await client.sealBackendStatus({ timeoutMs: sweeping.requestMs() });
}

async function readLeader(node: NodeObservation, client: VaultClient, sweeping: Sweeping): Promise<void> {
  node.leader = await client.leader({ timeoutMs: sweeping.requestMs() });
}

function observeRaft(
  cluster: Cluster,
  nodes: NodeObservation[],
  access: ClusterAccess,
  sweeping: Sweeping,
): RaftObservation | Promise<RaftObservation> {
  if (cluster.expect.storage !== undefined && cluster.expect.storage !== 'raft') {
    return { read: false, why: 'not-raft' };
  }
  if (!access.tokens) return { read: false, why: 'no-login' };
  const active = nodes.find(isActive);
  const target = active && access.clients.get(active.node);
  if (!active || !target?.ok || sweeping.remainingMs() <= 0) return { read: false, why: 'no-active-node' };
  return readRaft(active.node, target.client, access.tokens, sweeping);
}
