/**
 * What the recover app stores, and the few operations on it. Adapters: ./azure/recover/ (Tables, Blobs, Queues),
 * test/fakes/state/recover-memory.ts; one contract suite holds both.
 */
import type { Hold } from '../alert/alert.ts';
import type { GenerationRow } from '../escrow/generation.ts';
import type { Approval, AuditEntry } from '../people/person.ts';
import type { Recovery, StartNote } from '../recovery/recovery.ts';
import type { Stored, UnreadableRow } from './ports.ts';

/**
 * Table `recoveries`. A cluster's partition holds its recoveries and, while one is open, a row `active` that names it:
 * one active recovery a cluster. Both are written in one transaction.
 */
export interface Recoveries {
  /**
   * Creates the row and `active`. `busy`: the id of the open one; one's own, where an earlier try did go through.
   *
   * @throws StateError `duplicate-entry` for the id of one that ended already.
   */
  open(recovery: Recovery): Promise<{ opened: true; etag: string } | { opened: false; busy: string }>;
  /** @throws StateError `unreadable`: a row that is damaged or newer is never "none". */
  read(cluster: string, id: string): Promise<Stored<Recovery> | undefined>;
  /** The open one of a cluster. @throws StateError `unreadable` */
  active(cluster: string): Promise<Stored<Recovery> | undefined>;
  /** Replaces the row if nobody else did. Only `end` stores an ended one. */
  save(recovery: Stored<Recovery>): Promise<{ saved: true; etag: string } | { saved: false }>;
  /** Replaces the row by its ended state and deletes `active`, in one transaction. `conflict`: nothing was changed. */
  end(recovery: Stored<Recovery>): Promise<'ended' | 'conflict'>;
  /**
   * Newest first. `since`, ms: requested later than that. Rows that cannot be read stand beside them: what they say was
   * tried is not known, so whoever counts must not take them for nothing.
   */
  list(cluster: string, since: number): Promise<{ rows: Recovery[]; unreadable: UnreadableRow[] }>;
  /** Every open one, of every cluster; and rows that cannot be read. */
  allActive(): Promise<{ recoveries: Recovery[]; unreadable: UnreadableRow[] }>;
}

/** Table `approvals`: a row a recovery and person. */
export interface Approvals {
  /** Replaces what the same person said of the same recovery before. @throws StateError `unreadable`: it is of a newer version */
  save(approval: Approval): Promise<void>;
  /** In the order of their times. One that cannot be read is told of and does not count. */
  of(cluster: string, recovery: string): Promise<Approval[]>;
}

/** Table `holds`, read by every app. */
export interface Holds {
  /** In place of any other, a damaged one too. @throws StateError `unreadable`: the other is of a newer version */
  set(hold: Hold & { at: number }): Promise<void>;
  /** Also a damaged one. @throws StateError `unreadable`: it is of a newer version */
  end(cluster: string): Promise<'ended' | 'none'>;
  /** Also one whose time has passed. @throws StateError `unreadable`: what may be a hold is never "none". */
  of(cluster: string): Promise<Hold | undefined>;
}

/** Table `generations`: the newest accepted one of each cluster; and its blobs. */
export interface Generations {
  /** @throws StateError `unreadable` */
  newest(cluster: string): Promise<Stored<GenerationRow> | undefined>;
  all(): Promise<{ rows: GenerationRow[]; unreadable: UnreadableRow[] }>;
  /**
   * `etag` undefined: none may exist yet. `older`: the stored one has a greater (generation, revision), or the same
   * with another digest.
   */
  save(
    row: GenerationRow,
    etag: string | undefined,
  ): Promise<{ saved: true; etag: string } | { saved: false; why: 'conflict' | 'older' }>;
}

/** Container `escrow`: one blob a generation and revision, created with If-None-Match, never overwritten. */
export interface Escrow {
  /**
   * `name` and `bytes` are those of the escrow room's `generationBlobName` and writer; `digest` is SHA-256 (hex) of
   * the bytes. `exists`: a blob of that name is there already, and untouched.
   *
   * @throws StateError `illegal-key` for what is no name of a generation, `state-too-large` over 1 MiB.
   */
  create(
    name: string,
    bytes: Buffer,
  ): Promise<{ created: true; digest: string } | { created: false; why: 'exists' }>;
  /**
   * Undefined: not there. Unparsed and with its digest: whoever reads it judges it.
   *
   * @throws StateError `state-too-large` over 1 MiB, unread; `illegal-key` for what is no name of a generation.
   */
  read(name: string): Promise<{ bytes: Buffer; digest: string } | undefined>;
  /** Names, sorted. */
  list(cluster: string): Promise<string[]>;
}

/** Table `starts`. */
export interface Starts {
  /** By node. One that cannot be read is told of and left out: it proves nothing, and the next note replaces it. */
  of(cluster: string): Promise<StartNote[]>;
  note(notes: StartNote[]): Promise<void>;
}

/** Container `audit-recover`: a blob an entry, created, never overwritten. */
export interface Audit {
  write(entry: AuditEntry): Promise<void>;
}

/** Queue `steps` is ours; `probe` is watch's. A message names a cluster. */
export interface RecoverNudges {
  send(queue: 'steps' | 'probe', cluster: string, delayMs: number): Promise<void>;
}

export interface RecoverState {
  recoveries: Recoveries;
  approvals: Approvals;
  holds: Holds;
  generations: Generations;
  escrow: Escrow;
  starts: Starts;
  audit: Audit;
  nudges: RecoverNudges;
  /** Creates what is missing: for the embedded host. */
  prepare(): Promise<void>;
}
