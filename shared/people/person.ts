/** Who asks, and what they said. */

/** A person is tenant and object id (rule 7); the name is for messages only. */
export interface Person {
  /** `tid/oid`; of the embedded host's own issuer: `local/NAME`. */
  id: string;
  /** Shown to people; never compared. */
  name: string;
  roles: Role[];
}

/** App roles of the Entra registration. Each route names the one it needs. */
export type Role =
  /** Sees recoveries and generations. */
  | 'Sealwatch.Read'
  /** Requests recoveries, sets holds, imports. */
  | 'Sealwatch.Operate'
  /** Approves and rejects. */
  | 'Sealwatch.Approve';

export type StepKind =
  | 'unseal-node'
  | 'await-joiner'
  | 'await-leader'
  | 'await-restart'
  | 'await-storage'
  | 'verify'
  | 'rebind';

/** Exactly what an approval is for (rule 7): a plan that needs anything else needs another one. */
export interface ApprovalBinding {
  recovery: string;
  cluster: string;
  /** Sorted, each once. */
  steps: StepKind[];
  /** SHA-256 (hex) of the cluster's fleet.yaml entry. */
  fleetEntry: string;
  generation?: { generation: number; revision: number };
  /**
   * Of a rebind: SHA-256 (hex) of the trust that shares would be bound to. What fleet.yaml refers to (a CA file) may
   * change without the entry's own hash.
   */
  trust?: string;
}

/** Row of table `approvals`. */
export interface Approval {
  binding: ApprovalBinding;
  /** Person.id */
  by: string;
  name: string;
  /** ms. */
  at: number;
  /** At most 60 minutes after `at`. */
  expiresAt: number;
}

/** One blob of container audit-recover, created and never overwritten: who, when, why, which recovery. */
export interface AuditEntry {
  /** ms. */
  at: number;
  /** Person.id, `app:recover` for automation, `break-glass:USER@HOST` for the CLI. */
  who: string;
  /** As they were called then: ids say little years later, and people leave the directory. */
  name?: string;
  what:
    | 'requested'
    | 'approved'
    | 'rejected'
    | 'hold-set'
    | 'hold-ended'
    | 'generation-accepted'
    | 'key-opened'
    | 'step'
    | 'ended';
  cluster: string;
  recovery?: string;
  why: string;
  /** Closed facts: node, share index, custodian, key id, outcome. Never a secret. */
  facts: Record<string, string | number | boolean>;
}
