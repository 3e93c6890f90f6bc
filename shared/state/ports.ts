/** What is stored, and the few operations on it. Adapters: ./azure/ (Tables, Blobs, Queues), test/fakes/state. */
import type { Alert, Hold, Message, Quiet, Transition } from '../alert/alert.ts';
import type { GenerationRow } from '../escrow/generation.ts';
import type { ClusterFacts } from '../probe/head-facts.ts';
import type { ClusterObservation } from '../probe/observation.ts';
import type { Readiness } from '../readiness/readiness.ts';
import type { Recovery } from '../recovery/recovery.ts';
import type { Rotation } from '../rotation/rotation.ts';

/** Everything remembered of one cluster (or of "fleet"): one row, written on change. */
export interface Head {
  cluster: string;
  /** Counts commits. */
  revision: number;
  facts: ClusterFacts;
  alerts: Alert[];
}

/** One effect that a committed head still owes. */
export interface OutboxEntry {
  /** Unique in its cluster; the same when decided again from the same head. */
  id: string;
  effect:
    | { kind: 'message'; channel: string; message: Message }
    | { kind: 'history'; transitions: Transition[] };
  createdAt: number;
  /** Not before this time, ms. */
  dueAt: number;
  attempts: number;
  /** A sender works on it until then, ms; afterwards anybody may. */
  claimedUntil?: number;
  /** Why the last attempt failed; closed reason and detail of a Delivery. */
  lastFailure?: string;
}

export interface Stored<T> {
  value: T;
  etag: string;
}

export interface LivePartition {
  head?: Stored<Head>;
  outbox: Stored<OutboxEntry>[];
}

/** A row written by a newer version of Sealwatch, or damaged: named, never guessed at. */
export interface UnreadableRow {
  partition: string;
  row: string;
  why: string;
}

/**
 * Clusters of one batch, by name as storage orders it (UTF-16 code units): those from `from` on and before `to` (none:
 * to the end) but for `except`; or those of `only`, at least one, in that order.
 */
export type Share = { from: string; to?: string; except: string[] } | { only: string[] };

/** Table `live`: one partition a cluster, and one named `fleet`. */
export interface Live {
  /** Every partition: one scan. With a share, those of its clusters (`fleet` only by its name): rows of others are not unpacked. */
  scan(share?: Share): Promise<{ partitions: Map<string, LivePartition>; unreadable: UnreadableRow[] }>;
  read(cluster: string): Promise<LivePartition>;
  /**
   * Head and new outbox entries in one transaction. `etag` undefined: the head must not exist yet.
   * A conflict changes nothing. `head: undefined` with an etag deletes the head (cluster no longer watched).
   */
  commit(
    cluster: string,
    head: Head | undefined,
    etag: string | undefined,
    outbox: OutboxEntry[],
  ): Promise<
    { committed: true; etag: string; outbox: Stored<OutboxEntry>[] } | { committed: false; why: 'conflict' }
  >;
  /** Replaces an outbox row if nobody else did: claiming, postponing, counting attempts. */
  update(cluster: string, entry: Stored<OutboxEntry>): Promise<Stored<OutboxEntry> | 'conflict' | 'gone'>;
  remove(cluster: string, entry: Stored<OutboxEntry>): Promise<'removed' | 'conflict' | 'gone'>;
}

/** The last sweep: one row, written by every sweep. */
export interface SweepRecord {
  /** Identifies the sweep. */
  id: string;
  startedAt: number;
  finishedAt?: number;
  clusters: number;
  nodes: number;
  /** Every cluster was observed, decided and stored. */
  complete: boolean;
  /** The newest pause in which no sweep ran, ms; told for a while after it ended. */
  gap?: { from: number; to: number };
  /** Clusters (or `fleet`) that this sweep could not finish, and why. */
  failed?: { cluster: string; why: string }[];
  /** Of the last sweep that was complete: when it ended, ms. */
  lastCompleteAt?: number;
  /** When the first sweep on record began, ms: a fleet that was never swept completely has an age, too. */
  firstAt?: number;
  /** Counts sweeps: the clusters that start first change with it. */
  turn?: number;
  /** When the batches that came after it were planned, ms: what they come to is on the next record. */
  plannedAt?: number;
  /** Of the fleet.yaml that was in force. */
  fleetHash?: string;
}

export interface Sweeps {
  last(): Promise<SweepRecord | undefined>;
  save(record: SweepRecord): Promise<void>;
}

/** A message that was tried in vain: what the fleet's own findings need of it. */
export interface Owed {
  cluster: string;
  /** The channel that has it now. */
  channel: string;
  /** The one that it was meant for: another one while a fallback has it. */
  meantFor: string;
  critical: boolean;
  createdAt: number;
  /** At least 1. */
  attempts: number;
  lastFailure?: string;
}

/** What a batch found. */
export interface BatchResult {
  finishedAt: number;
  clusters: number;
  nodes: number;
  /** Clusters that it could not finish, and why. */
  failed: { cluster: string; why: string }[];
  /** Clusters that waited for nodes that do not answer. */
  slow: string[];
  /** From its start until all others were done, ms; how many those were. */
  prompt: { ms: number; clusters: number };
  owed: Owed[];
  unreadable: UnreadableRow[];
  /** The clusters that it watched, where its worker had another fleet.yaml than the timer. */
  watched?: string[];
}

/** A part of one sweep of a large fleet. */
export interface Batch {
  /** Of the rows that are there at one time; reused by later sweeps. */
  number: number;
  share: Share;
  /** The sweep that planned it, and what its batches need to know of it. */
  sweep: {
    id: string;
    startedAt: number;
    /** When the sweep before began, ms. */
    before?: number;
    turn: number;
    /** Hash of the fleet.yaml that two sweeps saw: only who has the same one may forget clusters that left it. */
    settledHash?: string;
    /** Hash of the timer's fleet.yaml. */
    fleetHash?: string;
  };
  /** When the one of its clusters that was watched longest ago was, ms, as known when it was planned. */
  seenAt?: number;
  /** The worker that had most of its clusters last time: it still has connections to them. */
  home?: string;
  /** A worker has it until then, ms; whoever finds it later may take it for dead. */
  claim?: { by: string; at: number; until: number };
  result?: BatchResult;
  /** Why its worker could not run it at all; there is no result then. */
  failure?: string;
}

export interface FleetRows {
  batches: Stored<Batch>[];
  fleet: LivePartition;
  last: SweepRecord | undefined;
  unreadable: UnreadableRow[];
}

/** Rows `batch-NNNNN` of partition `fleet` in table `live`: written by the timer, claimed and ended by who runs one. */
export interface Batches {
  list(): Promise<{ batches: Stored<Batch>[]; unreadable: UnreadableRow[] }>;
  /** With what else partition `fleet` has, all by one query; `unreadable`: of the batches and of the fleet's own rows. */
  look(): Promise<FleetRows>;
  /**
   * Writes these and removes rows of the numbers in `gone`. Not atomic beyond 100 rows.
   *
   * @param read ETags of the rows that the plan takes the place of, by number: `conflict`, where one of them has changed
   * or where another one has come, and then nothing of that transaction is done. Without it whatever is there is written over.
   */
  plan(batches: Batch[], gone: number[], read?: ReadonlyMap<number, string>): Promise<'planned' | 'conflict'>;
  /** Claims or ends one, if nobody else did. `gone`: a later sweep removed it. */
  update(batch: Stored<Batch>): Promise<Stored<Batch> | 'conflict' | 'gone'>;
}

/** People's words; their owners write them, the sweep reads. */
export interface Words {
  quiets(): Promise<Quiet[]>;
  holds(): Promise<Hold[]>;
}

/** Table `history`: idempotent by the transitions' own keys. */
export interface History {
  append(transitions: Transition[]): Promise<void>;
}

/** Container `observations`: the newest observations, one blob a sweep or batch, for people. */
export interface Observations {
  /** @param batch its number; none: a sweep of the whole fleet. */
  save(sweep: { at: number; clusters: ClusterObservation[] }, batch?: number): Promise<void>;
  /** Of all blobs together, each cluster's newest; `at`: of the newest blob. */
  latest(): Promise<{ at: number; clusters: ClusterObservation[] } | undefined>;
}

/** Blob `fleet-last-good.yaml`: the text of the newest fleet.yaml that was good. It names secrets, and holds none. */
export interface LastGood {
  read(): Promise<string | undefined>;
  save(text: string): Promise<void>;
}

/**
 * What the recover app wrote, for messages and the status page: read here, never changed. Rows that cannot be read are
 * named; a table that was never made holds nothing.
 */
export interface RecoverView {
  /** The open ones, and those that ended at `since` (ms) or later; of one cluster, or of all. */
  recoveries(since: number, cluster?: string): Promise<{ rows: Recovery[]; unreadable: UnreadableRow[] }>;
  /** The newest accepted generation of one cluster, or of each. */
  generations(cluster?: string): Promise<{ rows: GenerationRow[]; unreadable: UnreadableRow[] }>;
}

/** What the rotate app wrote: read here, never changed. */
export interface RotateView {
  /** The newest exercise of one cluster, or of each. */
  readiness(cluster?: string): Promise<{ rows: Readiness[]; unreadable: UnreadableRow[] }>;
  /** The open rotations of one cluster, or of all. */
  rotations(cluster?: string): Promise<{ rows: Rotation[]; unreadable: UnreadableRow[] }>;
}

/** Storage queues. A nudge names a cluster and carries nothing else. `steps` is the recover app's. */
export interface Nudges {
  send(queue: 'notify' | 'probe' | 'steps', cluster: string, delayMs: number): Promise<void>;
  /** Names a batch on queue `probe`. @param lifetimeMs a message that nobody took until then vanishes. */
  batch(name: string, lifetimeMs: number): Promise<void>;
}

export interface State {
  live: Live;
  sweeps: Sweeps;
  batches: Batches;
  words: Words;
  history: History;
  observations: Observations;
  lastGood: LastGood;
  recover: RecoverView;
  rotate: RotateView;
  nudges: Nudges;
  /** Creates what is missing: tables, queues, containers. For the embedded host; Azure's are made by infra. */
  prepare(): Promise<void>;
}
