/** A checked file → the Fleet that everybody reads. */
import type {
  Channel,
  Cluster,
  EscrowPolicy,
  Fleet,
  RecoveryPolicy,
  RotationPolicy,
  SinkEntry,
  Thresholds,
} from './fleet.ts';
import { nodeNames } from './node-names.ts';
import { vaultOrigin } from './reference.ts';
import type { RotationEntry } from './schema/rotation.ts';
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
      batches: {
        from: probe.batches.from,
        clusters: probe.batches.clusters,
        durationMs: probe.batches.duration,
      },
      warmNodes: probe.warmNodes,
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
    ...(entry.rotateLogin && { rotateLogin: entry.rotateLogin }),
    expect: entry.expect,
    seal: entry.seal,
    ...(entry.rotation && { rotation: buildRotation(entry.rotation) }),
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

function buildRotation(entry: RotationEntry): RotationPolicy {
  const { token, transitKey, secret, vaultKey } = entry;
  return {
    ...(token && { token: { role: token.role, ...everyMs(token) } }),
    ...(transitKey && {
      transitKey: { everyMs: transitKey.every, raiseMinimum: transitKey.raiseMinimum },
    }),
    ...(secret && {
      secret: { application: secret.application, lifeMs: secret.life, ...everyMs(secret) },
    }),
    ...(vaultKey && { vaultKey: { everyMs: vaultKey.every, by: vaultKey.by } }),
    sinks: Object.entries(entry.sinks).map(([name, sink]) => buildSink(name, sink)),
    stepDown: entry.stepDown,
    graceMs: entry.grace,
    overdueMs: entry.overdue,
    ...(entry.keptSince !== undefined && { keptSince: entry.keptSince }),
  };
}

const everyMs = ({ every }: { every?: number }) => (every === undefined ? {} : { everyMs: every });

function buildSink(name: string, { within: withinMs, ...entry }: RotationEntry['sinks'][string]): SinkEntry {
  return entry.kind === 'keyVaultSecret'
    ? { name, withinMs, ...entry, vault: vaultOrigin(entry.vault) }
    : { name, withinMs, ...entry };
}

function buildChannel(name: string, entry: ChannelEntry): Channel {
  return { name, ...entry, signingKeys: entry.kind === 'webhook' ? entry.signingKeys : [] };
}
