/** A checked file → the Fleet that everybody reads. */
import type { Channel, Cluster, EscrowPolicy, Fleet, RecoveryPolicy, Thresholds } from './fleet.ts';
import { nodeNames } from './node-names.ts';
import type { ChannelEntry, ClusterEntry, FleetFile } from './schema.ts';

/** `hash` is the SHA-256 of the text that the file came from. */
export function buildFleet(file: FleetFile, hash: string): Fleet {
  const { probe, alerts } = file;
  const channels = Object.entries(file.channels).map(([name, entry]) => buildChannel(name, entry));
  const everyone = channels.map(({ name }) => name);
  return {
    clusters: Object.entries(file.clusters).map(([name, entry]) => buildCluster(name, entry, file, everyone)),
    channels,
    ...(file.heartbeat && { heartbeat: file.heartbeat }),
    probe: {
      connectTimeoutMs: probe.connectTimeout,
      headersTimeoutMs: probe.headersTimeout,
      totalTimeoutMs: probe.totalTimeout,
      deadlineMs: probe.deadline,
      concurrency: probe.concurrency,
      maxResponseBytes: probe.maxResponseBytes,
      confirmAfterMs: probe.confirmAfter,
    },
    alerts: { pendingMs: alerts.pending, reminderMs: alerts.reminder },
    hash,
  };
}

function buildCluster(name: string, entry: ClusterEntry, file: FleetFile, everyone: string[]): Cluster {
  const names = nodeNames(entry.nodes);
  return {
    name,
    nodes: entry.nodes.map((node, index) => ({ ...node, name: names[index] ?? node.address })),
    tls: entry.tls,
    ...(entry.login && { login: entry.login }),
    expect: entry.expect,
    seal: entry.seal,
    labels: entry.labels,
    thresholds: buildThresholds({ ...file.thresholds, ...entry.thresholds }),
    unknownSealCause: entry.unknownSealCause,
    recovery: buildRecovery(entry.recovery),
    escrow: buildEscrow(entry.escrow),
    notify: entry.notify ?? everyone,
  };
}

function buildThresholds(own: FleetFile['thresholds']): Thresholds {
  return {
    certificateWarningMs: own.certificateWarning,
    certificateCriticalMs: own.certificateCritical,
    peerDeadMs: own.peerDead,
    peerLagEntries: own.peerLagEntries,
    cleanupMinimumMs: own.cleanupMinimum,
    restartLoopCount: own.restartLoopCount,
    restartWindowMs: own.restartWindow,
    unsealStalledMs: own.unsealStalled,
  };
}

function buildRecovery(entry: ClusterEntry['recovery']): RecoveryPolicy {
  const {
    attemptWindow,
    foreignProgress: { after, ...whatThen },
    ...rest
  } = entry;
  return {
    ...rest,
    attemptWindowMs: attemptWindow,
    foreignProgress: { afterMs: after, ...whatThen },
  };
}

function buildEscrow({ custodians }: ClusterEntry['escrow']): EscrowPolicy {
  return {
    custodians: Object.entries(custodians).map(([name, entry]) => ({
      name,
      kind: entry.key === undefined ? 'local' : 'keyVault',
      ...entry,
      shares: entry.shares.toSorted((a, b) => a - b),
    })),
  };
}

function buildChannel(name: string, entry: ChannelEntry): Channel {
  return { name, ...entry, signingKeys: entry.kind === 'webhook' ? entry.signingKeys : [] };
}
