/**
 * A fake of the recover app's storage: the semantics of shared/state/azure/recover without a server, held to them by
 * test/contract/recover-state.ts. What it returns is shared and frozen: whoever changes it in place gets a TypeError.
 */
import type { Hold } from '../../../shared/alert/alert.ts';
import type { AuditEntry } from '../../../shared/people/person.ts';
import type { Recovery } from '../../../shared/recovery/recovery.ts';
import { folderOf } from '../../../shared/state/cluster-folder.ts';
import { checkBlobName, checkBlobSize, digestOf } from '../../../shared/state/escrow-blob.ts';
import { type Keys, unreadable } from '../../../shared/state/kind.ts';
import { checkKey } from '../../../shared/state/limits.ts';
import type { UnreadableRow } from '../../../shared/state/ports.ts';
import { approvalKind, generationKind, newestKey, startKind } from '../../../shared/state/recover-kinds.ts';
import type {
  Approvals,
  Escrow,
  Generations,
  Holds,
  RecoverState,
  Starts,
} from '../../../shared/state/recover-ports.ts';
import { checkHold, isOlder } from '../../../shared/state/recover-rules.ts';
import { MemoryTable, refuseNewer } from './memory-table.ts';
import { memoryRecoveries } from './recover-memory-recoveries.ts';

export interface RecoverNudge {
  queue: 'steps' | 'probe';
  cluster: string;
  delayMs: number;
}

export type RecoverTable = 'recoveries' | 'approvals' | 'holds' | 'generations' | 'starts';

/** State, and what tests look at or put in. */
export interface MemoryRecoverState extends RecoverState {
  nudged: RecoverNudge[];
  /** Newest last. */
  audited: AuditEntry[];
  /** Unreadable rows that a read left out, as the adapter of Azure tells of them. */
  told: UnreadableRow[];
  /** Container `escrow`, by name. */
  blobs: Map<string, Buffer>;
  /** Every recovery of every cluster, open or ended, in the order of their opening. */
  everyRecovery(): Recovery[];
  /** Makes a row unreadable; it need not be there. */
  damage(table: RecoverTable, keys: Keys, why: string): void;
}

/** @param standingHolds of watch's MemoryState: what is set here stands there. */
export function memoryRecoverState(standingHolds: Hold[] = []): MemoryRecoverState {
  const told: UnreadableRow[] = [];
  const tell = (table: RecoverTable) => (row: UnreadableRow) =>
    void told.push({ ...row, partition: `${table}/${row.partition}` });
  const nudged: RecoverNudge[] = [];
  const audited: AuditEntry[] = [];
  const blobs = new Map<string, Buffer>();
  const approvals = new MemoryTable(approvalKind);
  const generations = new MemoryTable(generationKind);
  const starts = new MemoryTable(startKind);
  const damagedHolds = new Map<string, string>();
  const recoveries = memoryRecoveries();
  return {
    nudged,
    audited,
    told,
    blobs,
    everyRecovery: () => recoveries.every(),
    damage(table, keys, why) {
      if (table === 'recoveries') recoveries.damage(keys, why);
      else if (table === 'holds') damagedHolds.set(keys.rowKey, why);
      else ({ approvals, generations, starts })[table].damage(keys, why);
    },
    recoveries: recoveries.port,
    approvals: memoryApprovals(approvals, tell('approvals')),
    holds: memoryHolds(standingHolds, damagedHolds),
    generations: memoryGenerations(generations),
    escrow: memoryEscrow(blobs),
    starts: memoryStarts(starts, tell('starts')),
    audit: {
      async write(entry) {
        folderOf(entry.cluster);
        audited.push(structuredClone(entry));
        audited.sort((a, b) => a.at - b.at);
      },
    },
    nudges: {
      async send(queue, cluster, delayMs) {
        checkKey('cluster', cluster);
        nudged.push({ queue, cluster, delayMs });
      },
    },
    prepare: async () => undefined,
  };
}

type Table<Kind> = Kind extends { keys(value: infer T): Keys } ? MemoryTable<T> : never;

function memoryApprovals(table: Table<typeof approvalKind>, tell: (row: UnreadableRow) => void): Approvals {
  return {
    async save(approval) {
      table.putUnlessNewer(approval);
    },
    async of(cluster, recovery) {
      checkKey('cluster', cluster);
      checkKey('recovery', recovery);
      const { values, unreadable } = table.list(cluster);
      unreadable.filter(({ row }) => row.startsWith(`${recovery}.`)).forEach(tell);
      return values
        .filter(({ binding }) => binding.recovery === recovery)
        .sort((a, b) => a.at - b.at || (a.by < b.by ? -1 : 1));
    },
  };
}

function memoryHolds(standing: Hold[], damaged: Map<string, string>): Holds {
  const remove = (cluster: string): boolean => {
    const at = standing.findIndex((hold) => hold.cluster === cluster);
    if (at >= 0) standing.splice(at, 1);
    return at >= 0;
  };
  const keysOf = (cluster: string) => ({ partitionKey: 'hold', rowKey: cluster });
  const refuse = (cluster: string) => refuseNewer('holds', keysOf(cluster), damaged.get(cluster) ?? '');
  return {
    async set(hold) {
      checkHold(hold);
      const { cluster, by, reason, until } = hold;
      refuse(cluster);
      remove(cluster);
      damaged.delete(cluster);
      // A DateTime column holds whole ms.
      standing.push(Object.freeze({ cluster, by, reason, until: Math.trunc(until) }));
    },
    async end(cluster) {
      checkKey('cluster', cluster);
      refuse(cluster);
      const wasDamaged = damaged.delete(cluster);
      return remove(cluster) || wasDamaged ? 'ended' : 'none';
    },
    async of(cluster) {
      checkKey('cluster', cluster);
      const why = damaged.get(cluster);
      if (why !== undefined) throw unreadable('holds', keysOf(cluster), why);
      return standing.find((hold) => hold.cluster === cluster);
    },
  };
}

function memoryGenerations(table: Table<typeof generationKind>): Generations {
  return {
    async newest(cluster) {
      checkKey('cluster', cluster);
      return table.get({ partitionKey: cluster, rowKey: newestKey });
    },
    async all() {
      const { values, unreadable } = table.list();
      return { rows: values, unreadable };
    },
    async save(row, etag) {
      const keys = generationKind.keys(row);
      table.check(row);
      if (etag === undefined) {
        if (table.has(keys)) return { saved: false, why: 'conflict' };
      } else {
        const stored = table.get(keys);
        if (stored?.etag !== etag) return { saved: false, why: 'conflict' };
        if (isOlder(row, stored.value)) return { saved: false, why: 'older' };
      }
      return { saved: true, etag: table.put(row) };
    },
  };
}

function memoryEscrow(blobs: Map<string, Buffer>): Escrow {
  return {
    async create(name, bytes) {
      checkBlobName(name);
      checkBlobSize(name, bytes.byteLength);
      if (blobs.has(name)) return { created: false, why: 'exists' };
      blobs.set(name, Buffer.from(bytes));
      return { created: true, digest: digestOf(bytes) };
    },
    async read(name) {
      checkBlobName(name);
      const bytes = blobs.get(name);
      if (!bytes) return undefined;
      checkBlobSize(name, bytes.byteLength);
      return { bytes: Buffer.from(bytes), digest: digestOf(bytes) };
    },
    async list(cluster) {
      const prefix = folderOf(cluster);
      return [...blobs.keys()].filter((name) => name.startsWith(prefix)).sort();
    },
  };
}

function memoryStarts(table: Table<typeof startKind>, tell: (row: UnreadableRow) => void): Starts {
  return {
    async of(cluster) {
      checkKey('cluster', cluster);
      const { values, unreadable } = table.list(cluster);
      unreadable.forEach(tell);
      return values.sort((a, b) => (a.node < b.node ? -1 : 1));
    },
    async note(notes) {
      for (const note of notes) table.check(note);
      for (const note of notes) table.put(note);
    },
  };
}
