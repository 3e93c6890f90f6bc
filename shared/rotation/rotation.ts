/** One credential's way (DESIGN, Words): its row, what is gathered of it, its kinds and sinks. Types only. */
import type { Approval } from '../people/person.ts';
import type { Tried } from '../readiness/readiness.ts';

export const kindNames = ['transit-token', 'transit-key', 'entra-secret', 'keyvault-key'] as const;
export type KindName = (typeof kindNames)[number];

export type Stage = 'due' | 'created' | 'delivered' | 'verified' | 'retired';

/** Row of table `rotations`, in the partition of the cluster whose fleet.yaml entry asks for it. Holds no secret. */
export interface Rotation {
  /** `CLUSTER.RANDOM`: names its partition. */
  id: string;
  cluster: string;
  kind: KindName;
  /** What is rotated, for people and for the lock: "token of payments at root". */
  credential: string;
  /** Person.id, or `app:rotate`. */
  by: string;
  byName: string;
  reason: string;
  /** ms. */
  requestedAt: number;
  /** SHA-256 (hex) of the cluster's fleet.yaml entry when it was opened. */
  fleetEntry: string;
  /** It mends a seal that would not unseal: allowed during an incident. */
  repairs: boolean;
  status: 'open' | 'ended';
  stage: Stage;
  /** `back`: a person asked for the old one again; what was made ends last. */
  direction: 'forward' | 'back';
  /** When each stage was reached, ms. */
  reached: Partial<Record<Stage, number>>;
  /** Of the turn that works on it; any turn may take over once `until` has passed. */
  lease?: { owner: string; until: number };
  /** Written before the request that makes the new one: a turn that died in it left one that nobody knows of. */
  creating?: { at: number; before?: string };
  /** The new one. */
  fresh?: Credential;
  /** The one before, as the next restart would have read it when this began. Undefined: there was none that worked. */
  old?: Credential & {
    /** Made by a rotation of ours: people's own are never ended. */
    ours: boolean;
  };
  /** `fingerprintOf` what the seal's own reference read when this began, whether it worked or not: sinks may lose that. */
  replaces?: string;
  /** When what was made was first seen to work, before any sink got it, ms. */
  triedAt?: number;
  sinks: Record<string, SinkRecord>;
  /** Of a rollback: when the last sink held the old one again, ms. */
  restoredAt?: number;
  /** Clusters that unseal with it. */
  consumers: string[];
  /** Since when every consumer was seen to use the new one (back: the old one), ms. */
  inUseAt?: number;
  /** When what is about to end was last seen used though every node was said to use the other one, ms. */
  usedAt?: number;
  /** A person's word that every node uses it, for what cannot be seen; bound to one direction. */
  confirmed?: {
    by: string;
    byName: string;
    at: number;
    why: string;
    direction: 'forward' | 'back';
    /** What the word is about: nodes (CLUSTER/NODE) or clusters that were not seen then. */
    nodes?: string[];
  };
  /** What it waits for, as last told. `since` survives other words in between. */
  waiting?: { what: string; since: number; until: number; overdueAt: number };
  /** What a person is asked to approve. */
  needs?: {
    why: string;
    binding: RotationBinding;
    missing: number;
    /** How many the plan asked for. */
    needed?: number;
  };
  /** Consumers that were told to step down, and when, ms. Written before the request. */
  steppedDown?: Record<string, number>;
  /** Of a key, by consumer: it led since `since` when what it is wrapped with was seen shut (disabled, below the minimum);
   * `openedAt`: when that was seen open again; only a leader of later than that has wrapped anew, ms. */
  shut?: Record<string, { since: number; openedAt?: number }>;
  /** Of a transit key: the minimum that was raised to, written before the request. */
  raising?: { to: number; at: number };
  /** Written before the request that ends the old or the new one: without an answer it may still come into effect. */
  ending?: { ref: string; at: number };
  /** Of the last creation whose answer never came, ms: it may have made one that nobody holds. */
  unanswered?: number;
  /** When a renewal was refused last, ms: not tried again within the hour. */
  unrenewed?: { current?: number; fresh?: number };
  /** How many were made and ended again because they never began to work. */
  discards?: number;
  /** What was tried last and failed; gone with the first step that succeeds. `times`: in a row. */
  failing?: { what: string; code: RotationFailure; message: string; since: number; times: number };
  ended?: {
    at: number;
    outcome: 'retired' | 'rolled-back' | 'refused' | 'failed';
    summary: string;
    /** What is left for people: old secrets that are theirs, versions that may be disabled. */
    left: string[];
  };
}

export interface Credential {
  /** Accessor of a token, keyId of a secret, version of a key: names it, opens nothing. */
  ref: string;
  /** ms. */
  madeAt?: number;
  endsAt?: number;
  /** When we renewed it last, ms, written after the request: that use of it was ours. */
  renewedAt?: number;
  /** `fingerprintOf` its value: tells what a sink holds. */
  fingerprint?: string;
}

export interface SinkRecord {
  /** Of the first request ever, ms: nodes that started before cannot have read the new one here. */
  firstAt?: number;
  /** Written before each request: what it holds is uncertain until it is read again. */
  startedAt?: number;
  /** When it was seen to hold (webhook: was told of) the new one, ms. */
  deliveredAt?: number;
  /** When it was seen to hold something else than it was given, ms; gone with the next delivery. */
  changedAt?: number;
  /** From then on a node that starts reads what was given last: `within` of the sink, ms. Undefined: at once. */
  settlesAt?: number;
  /** …the old one again. */
  restoredAt?: number;
  /** Where it is now: "version 0f3c…" */
  where?: string;
}

export type RotationStep = 'step-down' | 'raise-minimum';

/** What an approval of a rotation is for (rule 7). */
export interface RotationBinding {
  rotation: string;
  cluster: string;
  step: RotationStep;
  /** The consumer that steps down, or the version that becomes the minimum. */
  what: string;
  fleetEntry: string;
}

/** Row of table `rotations`, beside its rotation: a person, a binding. */
export interface RotationApproval extends Omit<Approval, 'binding'> {
  binding: RotationBinding;
}

/**
 * - `denied` a right is missing, and `detail` names it; `dead` the credential is not known any more;
 * - `not-yet` it does not work yet and may by itself (propagation); `throttled`; `unreachable` no answer, or 5xx; `sealed`;
 * - `outside-limits` a setting of the deployment does not allow it (rule 16); `not-configured` a field of fleet.yaml is missing;
 * - `wrong` an answer that must not be acted on: another creation path, another key, not what was stored; `odd` any other.
 */
export type RotationFailure =
  | 'denied'
  | 'dead'
  | 'not-yet'
  | 'throttled'
  | 'unreachable'
  | 'sealed'
  | 'outside-limits'
  | 'not-configured'
  | 'wrong'
  | 'odd';

export type Did<T> = Tried<T, RotationFailure>;

/** What a kind sees of its credential now. Times in ms. */
export interface Look {
  /** What the next restart would use. */
  current:
    | {
        state: 'works';
        ref?: string;
        madeAt?: number;
        /** When it ends unless it is renewed or replaced. */
        endsAt?: number;
        /** From its making, or its last renewal, to its end. */
        lifeMs?: number;
        /** A renewal puts the end off for its whole life. */
        renewable: boolean;
        /** Why a renewal is not enough, though it works: not periodic, policies too wide. */
        unfit?: string;
      }
    | { state: 'dead'; why: string }
    | { state: 'unknown'; why: string };
  /** Live ones that a rotation of ours made, by its id: the one in use at least. */
  ours: { rotation: string; ref: string; madeAt?: number; endsAt?: number }[];
  /** Lines for people: secrets that are theirs. */
  foreign: string[];
  /** Of a key: what its versions are and when each was made. */
  versions?: { version: string; madeAt: number; enabled: boolean }[];
  /** Of a transit key: versions below are not decrypted any more. */
  minimum?: number;
}

/** What is left of a creation whose turn died. */
export type Orphans =
  /** Nothing was made, or all that was is named. */
  | { state: 'known'; end: string[] }
  /** What was made is as good as any: go on with it. */
  | { state: 'adopt'; fresh: Credential }
  /** It cannot be seen; at the latest then it is gone or seen, ms. */
  | {
      state: 'unseen';
      until: number;
      /** From then on nobody can take out its value, though it may live on, ms. Undefined: that is not known. */
      usableUntil?: number;
      why: string;
    };

export interface Made {
  fresh: Credential;
  /**
   * The secret itself, once: the receiver zeroes it. Undefined: a key's version, which nobody carries. Where what was made
   * cannot be taken, or is not what it should be, this fails: `fresh` is on record by then, and is ended by its `ref`.
   */
  value?: () => Promise<Did<Buffer>>;
}

/** Of a creation that failed: certainly nothing was made. */
export interface NotMade {
  nothingMade?: true;
}

/** One kind of credential, bound to one cluster. Never throws for what a server or network does; each call, of `value` of
 * what was made, too, ends within 80 s (kinds/deadline.ts). */
export interface Kind {
  readonly name: KindName;
  /** `value`: what the seal's own reference resolves to now. */
  look: (value: Buffer | undefined) => Promise<Did<Look>>;
  /** Only where `look` says `renewable`. */
  renew?: (value: Buffer) => Promise<Did<void>>;
  /** Makes a new one that carries the rotation's id. */
  create: (id: string) => Promise<Did<Made> & NotMade>;
  /** After a creation whose turn died: `creating` of the row. */
  orphans: (id: string, creating: { at: number; before?: string }) => Promise<Did<Orphans>>;
  /** As the next restart uses it: `not-yet` where it may still begin to work by itself. */
  exercise: (fresh: Credential, value: Buffer | undefined) => Promise<Did<void>>;
  /** Ends one of ours. One that is gone already is ended. Undefined: old versions of this kind stay (rule 11). */
  end?: (ref: string) => Promise<Did<void>>;
  /** When somebody renewed it last, as its provider shows, ms: it was in use then. Undefined: never, or it is gone. */
  lastUsed?: (ref: string) => Promise<Did<number | undefined>>;
  /** Hands a value over without showing it: a wrapping token for it. */
  wrap?: (value: Buffer, ttlSeconds: number) => Promise<Did<string>>;
  /** Of a transit key: versions below `to` are not decrypted any more. */
  raiseMinimum?: (to: number) => Promise<Did<void>>;
}

/** One of the places from which nodes are given the credential. */
export type Sink = StoreSink | NoticeSink;

/** A slot beside the live one keeps a value over turns: `next` until it works, `previous` for a rollback. */
export type Slot = 'live' | 'next' | 'previous';

export interface Stamp {
  rotation: string;
  cluster: string;
  kind: KindName;
  /** Of the credential, ms. */
  endsAt?: number;
}

/** Holds values. All calls are idempotent, and what they say holds once they resolve. */
export interface StoreSink {
  readonly name: string;
  readonly holds: 'value';
  /** The value as it is stored now, exactly: the receiver zeroes it. Undefined: the slot is empty. */
  read(slot: Slot): Promise<Did<Buffer | undefined>>;
  /** Atomic: readers see the old value or the new one. @returns where it is, for people: "version 0f3c…" */
  write(slot: Slot, value: Buffer, stamp: Stamp): Promise<Did<string>>;
  /** Empties `next` or `previous`. */
  clear(slot: 'next' | 'previous'): Promise<Did<void>>;
  /** What a notice may name: a Key Vault secret with its version. */
  reference?: () => Promise<Did<string>>;
}

/** Is told where a value is, never the value. */
export interface NoticeSink {
  readonly name: string;
  readonly holds: 'notice';
  /** `what`: a Key Vault reference, or a wrapping token for one reader. The same `id` for every try of one delivery. */
  tell(
    what: { reference: string } | { wrappingToken: string; ttlSeconds: number },
    stamp: Stamp,
    id: string,
  ): Promise<Did<string>>;
}

/** What rotate itself sees of a cluster that unseals with it. All times by our clock, ms: nodes' clocks are corrected. */
export interface ConsumerSight {
  cluster: string;
  nodes: { node: string; startedAt?: number; unseen?: string }[];
  /** Since when its active node leads: from then on its keys are wrapped with the newest version. */
  leaderSince?: number;
  leaderUnseen?: string;
}
