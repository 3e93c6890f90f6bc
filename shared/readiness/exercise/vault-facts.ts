/** What Azure Resource Manager says of a seal's vault. Types only. */
import type { Tried } from '../readiness.ts';

/** Patterns as Azure has them: `*` is any text, upper and lower case are the same. */
export interface Permissions {
  actions: string[];
  notActions: string[];
  dataActions: string[];
  notDataActions: string[];
}

/** A role that the nodes' identity, or a group that it is in, has at this scope: the vault, above or below it. */
export interface GrantedRole {
  name: string;
  scope: string;
  permissions: Permissions[];
}

/** Of a vault that goes by access policies: rights by the names that Azure gives them. */
export interface VaultPolicies {
  /** Of the principal's own: on keys. */
  keys: string[];
  /** Of the principal's own: on everything else, with what it is on. */
  others: string[];
  /** On keys, of all the other policies. */
  ofOthers: string[];
}

export interface VaultFacts {
  softDelete: boolean;
  purgeProtection: boolean;
  /** Of the identity that the nodes sign in with; undefined: fleet.yaml does not say which that is. */
  rights?: Tried<VaultRights>;
}

export interface VaultRights {
  roles: GrantedRole[];
  /** Undefined: the vault goes by roles (RBAC). */
  policies?: VaultPolicies;
}
