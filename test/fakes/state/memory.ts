/**
 * A fake of storage: the semantics of shared/state/azure without a server, held to them by test/contract/state.ts.
 * What it returns is shared and frozen: whoever changes it in place gets a TypeError.
 */
import type { Hold, Quiet, Transition } from '../../../shared/alert/alert.ts';
import type { GenerationRow } from '../../../shared/escrow/generation.ts';
import type { Readiness } from '../../../shared/readiness/readiness.ts';
import type { Recovery } from '../../../shared/recovery/recovery.ts';
import type { Rotation } from '../../../shared/rotation/rotation.ts';
import { batchKeys, checkBatchMessage, fleetPartition } from '../../../shared/state/batch-rows.ts';
import { bounded, checkCommit, checkCommitSize, checkKey, rowBytes } from '../../../shared/state/limits.ts';
import { newestOf, type Observed } from '../../../shared/state/newest-observations.ts';
import { pack } from '../../../shared/state/packing.ts';
import type {
  Head,
  Live,
  LivePartition,
  OutboxEntry,
  State,
  Stored,
  SweepRecord,
  UnreadableRow,
} from '../../../shared/state/ports.ts';
import { inShare } from '../../../shared/state/share.ts';
import { memoryBatches } from './memory-batches.ts';

export interface Nudge {
  queue: 'notify' | 'probe' | 'steps';
  cluster: string;
  delayMs: number;
}

/** State, and what tests look at or put in. */
export interface MemoryState extends State {
  nudged: Nudge[];
  /** Messages that name a batch, on queue `probe`. */
  nudgedBatches: { name: string; lifetimeMs: number }[];
  /** Also makes a row unreadable. */
  batches: ReturnType<typeof memoryBatches>;
  /** History, in the order of its arrival, each transition once. */
  transitions(): Transition[];
  quiets: Quiet[];
  standingHolds: Hold[];
  /** What the recover app wrote. */
  recoveryRows: Recovery[];
  generationRows: GenerationRow[];
  /** What the rotate app wrote. */
  readinessRows: Readiness[];
  rotationRows: Rotation[];
  /** Rows of its tables that cannot be read. */
  unreadableOfRecover: { recoveries: UnreadableRow[]; generations: UnreadableRow[] };
  unreadableOfRotate: { rotations: UnreadableRow[] };
  /** Rows that `scan` names as unreadable. An unreadable head is in the way of a new one. */
  unreadable: UnreadableRow[];
}

interface Partition {
  head?: Stored<Head>;
  outbox: Map<string, Stored<OutboxEntry>>;
}

export function memoryState(): MemoryState {
  const unreadable: UnreadableRow[] = [];
  const transitions = new Map<string, Transition>();
  const nudged: Nudge[] = [];
  const nudgedBatches: MemoryState['nudgedBatches'] = [];
  const quiets: Quiet[] = [];
  const standingHolds: Hold[] = [];
  const recoveryRows: Recovery[] = [];
  const generationRows: GenerationRow[] = [];
  const readinessRows: Readiness[] = [];
  const rotationRows: Rotation[] = [];
  const unreadableOfRotate: MemoryState['unreadableOfRotate'] = { rotations: [] };
  const unreadableOfRecover: MemoryState['unreadableOfRecover'] = { recoveries: [], generations: [] };
  let sweep: SweepRecord | undefined;
  let lastGood: string | undefined;
  /** By batch. */
  const observed = new Map<number | undefined, Observed>();
  const live = memoryLive(unreadable);
  const batches = memoryBatches(async () => {
    const scanned = await live.scan({ only: [fleetPartition] });
    return { ...scanned, last: sweep };
  });
  return {
    nudged,
    nudgedBatches,
    batches,
    quiets,
    standingHolds,
    recoveryRows,
    generationRows,
    readinessRows,
    rotationRows,
    unreadableOfRotate,
    unreadableOfRecover,
    unreadable,
    transitions: () => [...transitions.values()],
    live,
    sweeps: {
      last: async () => sweep,
      async save(record) {
        sweep = stored(record);
      },
    },
    words: { quiets: async () => [...quiets], holds: async () => [...standingHolds] },
    history: {
      async append(added) {
        for (const transition of added) {
          checkKey('cluster', transition.cluster);
          const { cluster, at, what, to } = transition;
          transitions.set(JSON.stringify([cluster, at, what, to]), stored(bounded(transition)));
        }
      },
    },
    observations: {
      // Not copied: they are large, and nobody changes them.
      async save(sweep, batch) {
        if (batch !== undefined) batchKeys(batch);
        observed.set(batch, sweep);
      },
      latest: async () => newestOf([...observed.values()]),
    },
    lastGood: {
      read: async () => lastGood,
      async save(text) {
        lastGood = text;
      },
    },
    recover: {
      async recoveries(since, cluster) {
        const rows = recoveryRows.filter(
          (row) => isOf(cluster, row.cluster) && (row.status === 'open' || (row.ended?.at ?? 0) >= since),
        );
        const unread = unreadableOfRecover.recoveries.filter((row) => isOf(cluster, row.partition));
        return { rows: rows.map((row) => stored(row)), unreadable: unread };
      },
      async generations(cluster) {
        const rows = generationRows.filter((row) => isOf(cluster, row.cluster));
        const unread = unreadableOfRecover.generations.filter((row) => isOf(cluster, row.partition));
        return { rows: rows.map((row) => stored(row)), unreadable: unread };
      },
    },
    rotate: {
      async readiness(cluster) {
        const rows = readinessRows.filter((row) => isOf(cluster, row.cluster));
        return { rows: rows.map((row) => stored(row)), unreadable: [] };
      },
      async rotations(cluster) {
        const rows = rotationRows.filter((row) => isOf(cluster, row.cluster) && row.status === 'open');
        const unread = unreadableOfRotate.rotations.filter((row) => isOf(cluster, row.partition));
        return { rows: rows.map((row) => stored(row)), unreadable: unread };
      },
    },
    nudges: {
      async send(queue, cluster, delayMs) {
        checkKey('cluster', cluster);
        nudged.push({ queue, cluster, delayMs });
      },
      async batch(name, lifetimeMs) {
        checkBatchMessage(name);
        nudgedBatches.push({ name, lifetimeMs });
      },
    },
    prepare: async () => undefined,
  };
}

function isOf(wanted: string | undefined, cluster: string): boolean {
  return wanted === undefined || wanted === cluster;
}

function memoryLive(unreadable: UnreadableRow[]): Live {
  const partitions = new Map<string, Partition>();
  let writes = 0;
  const nextEtag = () => {
    writes += 1;
    return `W/"${writes}"`;
  };
  const view = ({ head, outbox }: Partition): LivePartition => ({
    ...(head && { head }),
    outbox: [...outbox.values()],
  });
  /** The stored row, unless it is gone or somebody else changed it. */
  const fence = (cluster: string, entry: Stored<OutboxEntry>): 'gone' | 'conflict' | undefined => {
    checkCommit(cluster, [entry.value]);
    const current = partitions.get(cluster)?.outbox.get(entry.value.id);
    if (!current) return 'gone';
    return current.etag === entry.etag ? undefined : 'conflict';
  };

  return {
    async scan(share) {
      const inside = share ? inShare(share) : () => true;
      const hidden = share && 'from' in share ? fleetPartition : undefined;
      const isIn = (name: string) => inside(name) && name !== hidden;
      const found = new Map<string, LivePartition>();
      for (const [name, partition] of partitions) {
        if (isIn(name) && (partition.head || partition.outbox.size > 0)) found.set(name, view(partition));
      }
      return { partitions: found, unreadable: unreadable.filter(({ partition }) => isIn(partition)) };
    },

    async read(cluster) {
      checkKey('cluster', cluster);
      const partition = partitions.get(cluster);
      return partition ? view(partition) : { outbox: [] };
    },

    async commit(cluster, head, etag, outbox) {
      checkCommit(cluster, outbox);
      checkSize(cluster, head, outbox);
      const partition = partitions.get(cluster) ?? { outbox: new Map<string, Stored<OutboxEntry>>() };
      const blocked = unreadable.some(({ partition: name, row }) => name === cluster && row === 'head');
      const taken = outbox.some(({ id }) => partition.outbox.has(id));
      if (blocked || taken || partition.head?.etag !== etag) return { committed: false, why: 'conflict' };
      const headEtag = nextEtag();
      if (head) partition.head = { value: stored(head), etag: headEtag };
      else delete partition.head;
      const added = outbox.map((entry) => ({ value: stored(entry), etag: nextEtag() }));
      for (const entry of added) partition.outbox.set(entry.value.id, entry);
      partitions.set(cluster, partition);
      return { committed: true, etag: headEtag, outbox: added };
    },

    async update(cluster, entry) {
      const lost = fence(cluster, entry);
      if (lost) return lost;
      const updated = { value: stored(entry.value), etag: nextEtag() };
      partitions.get(cluster)?.outbox.set(entry.value.id, updated);
      return updated;
    },

    async remove(cluster, entry) {
      const lost = fence(cluster, entry);
      if (lost) return lost;
      partitions.get(cluster)?.outbox.delete(entry.value.id);
      return 'removed';
    },
  };
}

/** Deflating what is small would only cost time: it fits. */
function checkSize(cluster: string, head: Head | undefined, outbox: OutboxEntry[]): void {
  const rows = head ? [head, ...outbox] : outbox;
  const sizes = rows.map((row) => {
    const { length } = JSON.stringify(row);
    return length < rowBytes / 4 ? length : pack(`${cluster}: a row`, row).bytes;
  });
  checkCommitSize(
    cluster,
    sizes.reduce((sum, bytes) => sum + bytes, 0),
  );
}

/** Through JSON, as storage does: undefined fields vanish. */
function stored<T>(value: T): T {
  return freeze(JSON.parse(JSON.stringify(value)));
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) freeze(inner);
  }
  return value;
}
