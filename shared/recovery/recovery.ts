/** One attempt to bring a cluster back: the row, its steps, and what a plan may say. */

import type { GenerationRow } from '../escrow/generation.ts';
import type { Cluster } from '../fleet/fleet.ts';
import type { Approval, ApprovalBinding } from '../people/person.ts';
import type { VaultError } from '../vault/answer.ts';
import type { SealStatus } from '../vault/answers.ts';

export type Way = 'automatic' | 'manual' | 'break-glass';

/** Row of table `recoveries`, in its cluster's partition. */
export interface Recovery {
  /** `CLUSTER.RANDOM`: names its partition. */
  id: string;
  cluster: string;
  kind: 'unseal' | 'rebind';
  way: Way;
  /** Person.id, or `app:recover`. */
  by: string;
  byName: string;
  reason: string;
  /** ms. */
  requestedAt: number;
  dryRun: boolean;
  /** Nodes that a person called lost for good (`--lost`). */
  lost: string[];
  /** SHA-256 (hex) of the cluster's fleet.yaml entry when it was requested. */
  fleetEntry: string;
  status: 'open' | 'ended';
  /** Of the pass that works on it; any pass may take over once `until` has passed. */
  lease?: { owner: string; pass: number; until: number };
  passes: number;
  /** Of the newest pass that sent shares. Persisted before each round of requests (rule 3). */
  intents: Intent[];
  /** What it waits for, as last told; `steps`: which kinds of waiting it is made of. */
  waiting?: { what: string; until: number; steps?: Step['kind'][] };
  /** The plan's word to people, as last told: why it needs their approval, of what, and of how many. */
  needs?: {
    kind: 'approval';
    why: string;
    approvals: { needed: number; missing: number };
    binding: ApprovalBinding;
  };
  /** Trouble seen on the way, newest last, at most 20: interference, custodians away, nodes that refused. */
  troubles: Trouble[];
  /** Nodes unsealed by it. */
  unsealed: string[];
  /** How often each of them was: for the restart cap. A row without it: once. */
  unseals?: Record<string, number>;
  /** How many sets of shares were begun at each node: bounds what a node that refuses them is sent. */
  sets?: Record<string, number>;
  /** Since when, ms, what its plans wait for has held: `waitingSince` of ./plan/since.ts, at each look. */
  since?: Record<string, number>;
  ended?: {
    at: number;
    outcome:
      | 'recovered'
      | 'nothing-to-do'
      | 'dry-run'
      | 'refused'
      | 'rejected'
      | 'failed'
      | 'taken-over'
      | 'expired';
    /** One line: "3 of 3 nodes serving after 42 s". */
    summary: string;
    /** The same in its parts, where a person must do something. */
    refusal?: { why: string; remedy: string };
  };
}

/** "In pass N this node is about to get share I of that generation." */
export interface Intent {
  pass: number;
  node: string;
  generation: number;
  revision: number;
  index: number;
  /** 1 for the first share of the set. */
  position: number;
  at: number;
  /** Of the answer to our first share, known from the second intent on. */
  nonce?: string;
}

export interface Trouble {
  at: number;
  code:
    | 'unseal-interference'
    | 'foreign-progress'
    | 'custodian'
    | 'node-failed'
    | 'wrong-generation'
    | 'trust'
    | 'envelope';
  /** Node or custodian. */
  where: string;
  message: string;
}

/** What one node showed, over a connection with the generation's trust. */
export interface NodeSight {
  node: string;
  address: string;
  state:
    | { kind: 'serving'; role: 'active' | 'standby' | 'other' }
    /** 474, or a standby whose cluster has no active node. */
    | { kind: 'leaderless' }
    | { kind: 'sealed'; seal: SealStatus }
    | { kind: 'joiner' }
    | { kind: 'uninitialised' }
    | { kind: 'removed' }
    /** health 500: storage has no leader or is away. */
    | { kind: 'storage-unavailable' }
    | { kind: 'unreachable'; error: VaultError };
  /** Process start, ms, where metrics are readable without a token. */
  start?: number;
}

/** Row of table `starts`: this app's own note of a node that it saw unsealed (rule 6). */
export interface StartNote {
  cluster: string;
  node: string;
  /** Process start, ms. */
  start: number;
  /** When it was last seen unsealed with it, ms. */
  at: number;
}

/** What *watch* remembers; it may only disprove a restart. `proof`: "watch saw the same process unsealed (same connection)". */
export type Disproof = { node: string; proof: string };

export interface Budget {
  /** Failed automatic attempts in the window, and how many are allowed. */
  failed: number;
  allowed: number;
  /** Automatic unseals of each node in the restart window, and how many are allowed. */
  unseals: Record<string, number>;
  allowedUnseals: number;
}

export interface PlanInput {
  cluster: Cluster;
  /** SHA-256 (hex) of the cluster's entry in the fleet.yaml in force. */
  fleetEntry: string;
  recovery: Recovery;
  /** Ended ones of late: what came of a set of theirs may never have been learnt. */
  earlier?: Pick<Recovery, 'intents' | 'unsealed' | 'troubles'>[];
  nodes: NodeSight[];
  notes: StartNote[];
  disproofs: Disproof[];
  /** The newest accepted one. `trustChanged`: fields in which fleet.yaml differs from its binding. */
  generation:
    | { state: 'none' }
    | { state: 'unreadable'; why: string }
    | {
        state: 'ready';
        row: GenerationRow;
        threshold: number;
        count: number;
        kind: 'unseal' | 'recovery';
        trustChanged: string[];
      };
  approvals: Approval[];
  hold?: { by: string; reason: string; until: number };
  budget: Budget;
  /** Last known raft configuration, for a cluster that lost its quorum for good. */
  raft?: { at: number; servers: { nodeId: string; address: string; voter: boolean }[] };
  now: number;
}

/** One thing to do next; those of one plan may be done at the same time. */
export type Step =
  | { kind: 'unseal-node'; node: string; address: string; reset: boolean }
  | { kind: 'await-joiner'; node: string }
  | { kind: 'await-leader' }
  | { kind: 'await-restart'; node: string }
  | { kind: 'await-storage' }
  | { kind: 'verify' };

export type Plan =
  | { kind: 'act'; steps: Step[]; why: string }
  /** `until`: when to look again at the latest, ms. `giveUpAt`: when waiting becomes a refusal. */
  | { kind: 'wait'; steps: Step[]; what: string; until: number; giveUpAt: number }
  | { kind: 'needs-approval'; why: string; binding: ApprovalBinding; missing: number }
  /** Nothing that we may do helps: what a person must do. */
  | {
      kind: 'refuse';
      code: RefusalCode;
      why: string;
      remedy: string;
      /** The end of `why` that stays the same while nodes come and go: what has this was told. Undefined: all of it. */
      lasting?: string;
    }
  /** `recovered`: serving, and what is left of it that does not. */
  | { kind: 'nothing'; outcome: 'recovered' | 'nothing-to-do'; summary: string };

export type RefusalCode =
  | 'auto-unseal'
  | 'removed-peers'
  | 'uninitialised'
  | 'escrow-missing'
  | 'escrow-bad'
  | 'escrow-trust-changed'
  | 'quorum-lost'
  | 'hold'
  | 'budget'
  | 'restart-cap'
  | 'seal-migration'
  | 'foreign-progress'
  | 'unreachable'
  | 'gave-up';
