/**
 * What the rotate app stores, and the few operations on it. Adapters: ./azure/rotate/ (Tables, Queues),
 * test/fakes/state/rotate-memory.ts; one contract suite holds both.
 */
import type { Readiness } from '../readiness/readiness.ts';
import type { KindName, Rotation, RotationApproval } from '../rotation/rotation.ts';
import type { Stored, UnreadableRow } from './ports.ts';

/** Table `readiness`: a row a cluster, replaced by each exercise. Read by every app. */
export interface ReadinessTable {
  save(row: Readiness): Promise<void>;
  /** Of every cluster, or of one. A row that cannot be read is told of and left out. */
  list(cluster?: string): Promise<{ rows: Readiness[]; unreadable: UnreadableRow[] }>;
  /** Whatever is there, readable or not; nothing is well, too. */
  remove(cluster: string): Promise<void>;
}

/**
 * Table `rotations`: a row a rotation and, beside it, one for each open credential of a cluster (`active-KIND`), people's
 * approvals, and locks. Which of them are written together: the adapter.
 */
export interface Rotations {
  /**
   * Takes every lock, then creates the row. A lock is a name (a credential, or clusters that unseal each other): it is
   * held by one open rotation; one whose rotation ended, or was never created within 10 minutes, is free.
   *
   * `busy`: the id of the rotation that is in the way; one's own, where an earlier try did go through.
   */
  open(
    rotation: Rotation,
    locks: string[],
  ): Promise<{ opened: true; etag: string } | { opened: false; busy: string }>;
  /** @throws StateError `unreadable`: a row that is damaged or newer is never "none". */
  read(cluster: string, id: string): Promise<Stored<Rotation> | undefined>;
  /** The open one of a cluster's credential. @throws StateError `unreadable` */
  active(cluster: string, kind: KindName): Promise<Stored<Rotation> | undefined>;
  /** Replaces the row if nobody else did. Only `end` stores an ended one. */
  save(rotation: Stored<Rotation>): Promise<{ saved: true; etag: string } | { saved: false }>;
  /** Replaces the row by its ended state and deletes its `active-KIND`, in one transaction; then frees its locks. */
  end(rotation: Stored<Rotation>): Promise<'ended' | 'conflict'>;
  /** Newest first. `since`, ms: requested at that time or later. Undefined cluster: of all. */
  list(since: number, cluster?: string): Promise<{ rows: Rotation[]; unreadable: UnreadableRow[] }>;
  /** Every open one, of every cluster. */
  allActive(): Promise<{ rows: Rotation[]; unreadable: UnreadableRow[] }>;
  /** Replaces what the same person said of the same binding before. @throws StateError `unreadable`: it is of a newer version */
  approve(approval: RotationApproval): Promise<void>;
  /** In the order of their times. One that cannot be read is told of and does not count. */
  approvals(cluster: string, rotation: string): Promise<RotationApproval[]>;
}

/** One blob of container `audit-rotate`: who did what to which rotation, and why. Never a secret. */
export interface RotationAudit {
  /** ms. */
  at: number;
  /** Person.id, or `app:rotate`. */
  who: string;
  name?: string;
  what: 'requested' | 'approved' | 'confirmed' | 'rolled-back' | 'renewed' | 'step' | 'ended' | 'forgotten';
  cluster: string;
  rotation?: string;
  why: string;
  facts: Record<string, string | number | boolean>;
}

/** Queue `turns` is ours; `probe` is watch's. A message names a cluster. */
export interface RotateNudges {
  send: (queue: 'turns' | 'probe', cluster: string, delayMs: number) => Promise<void>;
}

export interface RotateState {
  readiness: ReadinessTable;
  rotations: Rotations;
  /** Container `audit-rotate`: a blob an entry, created, never overwritten. */
  audit: { write: (entry: RotationAudit) => Promise<void> };
  nudges: RotateNudges;
  /** Creates what is missing: for the embedded host. */
  prepare(): Promise<void>;
}
