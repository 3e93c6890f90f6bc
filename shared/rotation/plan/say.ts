/** What the plan of a rotation is given, and what it may say. Types only; ../plan.ts judges. */
import type { Cluster, Fleet } from '../../fleet/fleet.ts';
import type {
  ConsumerSight,
  Credential,
  Did,
  KindName,
  Look,
  Orphans,
  Rotation,
  RotationApproval,
  RotationBinding,
} from '../rotation.ts';

export interface RotationInput {
  fleet: Fleet;
  cluster: Cluster;
  kind: KindName;
  fleetEntry: string;
  /** What fleet.yaml means by the credential now: an open one began with `Rotation.credential`. Undefined: not compared. */
  credential?: string;
  /** The open one. */
  rotation?: Rotation;
  /** Newest first, of the same credential. */
  earlier: Rotation[];
  look: Did<Look>;
  /** After a creation whose turn died. */
  orphans?: Did<Orphans>;
  /** What each store sink holds live, by name; only of an open one that has a fingerprint. */
  held: Record<string, Did<'fresh' | 'old' | 'other' | 'nothing'>>;
  /** SHA-256 (hex) of the fleet.yaml entry of each cluster that an approval may touch, by name: the consumers' too. */
  fleetEntries: Record<string, string>;
  /**
   * What each consumer's own reference leads to, by cluster: where a webhook's receiver brings it, being told is not being
   * there.
   */
  reads?: Record<string, Did<'fresh' | 'old' | 'other' | 'nothing'>>;
  /** When the one that is about to end was used last, as its provider shows, ms. Undefined: not asked, or not shown. */
  lastUsedAt?: Did<number | undefined>;
  /** Whether the new value can be had: held by this turn, or by a slot. */
  freshAtHand: boolean;
  oldAtHand: boolean;
  consumers: ConsumerSight[];
  /** Why nothing may be begun or changed now: recoveries, a hold, another rotation in the same cycle of seals. */
  blocked: { why: string; evenRepairs: boolean }[];
  approvals: RotationApproval[];
  /** A person asked for it now. */
  asked?: { by: string; byName: string; reason: string };
  now: number;
}

export type RotationPlan =
  | { do: 'nothing'; why: string; dueAt?: number }
  /** It must not be done: ends an open rotation, and is told to whoever asked. */
  | { do: 'refuse'; why: string }
  /** `current`: what the seal's reference reads; `fresh`: what is staged and not delivered yet. */
  | { do: 'renew'; which: 'current' | 'fresh'; why: string }
  | { do: 'open'; why: string; repairs: boolean }
  | { do: 'create'; why: string }
  | { do: 'adopt'; fresh: Credential; why: string }
  /** The creation whose turn died made nothing: begin again. */
  | { do: 'forget-creation'; why: string }
  /** Ends what was made and reached no sink; the row goes back to `due`. */
  | { do: 'discard'; refs: string[]; why: string }
  | { do: 'stage'; why: string }
  | { do: 'try'; why: string }
  | { do: 'deliver'; sink: string; why: string }
  | { do: 'note-change'; sink: string; why: string }
  | { do: 'note-shut'; shut: NonNullable<Rotation['shut']>; why: string }
  /** Somebody was seen to use what is about to end, at `at` (ms): whatever started before that has to start again. */
  | { do: 'note-use'; at: number; why: string }
  | { do: 'delivered'; why: string }
  | { do: 'verify'; why: string }
  | { do: 'in-use'; why: string }
  /** What was taken for in use is not: a node was added, or was seen with an older start. */
  | {
      do: 'not-in-use';
      why: string;
      /** Of `confirmed.nodes`: seen with an older start since. The word does not count for them any more. */
      voids?: string[];
    }
  /** What was delivered does not work any more, and the one before does. */
  | { do: 'turn-back'; why: string }
  | { do: 'step-down'; consumer: string; why: string }
  | { do: 'raise-minimum'; to: number; why: string }
  | { do: 'restore'; sink: string; why: string }
  | { do: 'restored'; why: string }
  | { do: 'end-old'; ref: string; why: string }
  | { do: 'end-fresh'; ref: string; why: string }
  | { do: 'finish'; outcome: 'retired' | 'rolled-back' | 'failed'; summary: string; left: string[] }
  | {
      do: 'wait';
      what: string;
      until: number;
      overdueAt: number;
      /** As of `not-in-use`. */
      voids?: string[];
    }
  | {
      do: 'approval';
      why: string;
      binding: RotationBinding;
      missing: number;
      /** How many people, of all clusters that it touches the most: where it is two, whoever asked does not count. */
      needed: number;
      until: number;
      overdueAt: number;
    };
