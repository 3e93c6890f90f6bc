/** What an exercise of an azurekeyvault seal found out. Types only. */
import type { Tried } from '../readiness.ts';
import type { VaultFacts } from './vault-facts.ts';

/**
 * - `no-credential` its reference cannot be read, or what it yields cannot sign in at all;
 * - `secret-invalid`, `secret-expired`, `app-unknown`, `tenant-unknown` Entra's answers, by their AADSTS codes;
 * - `login-refused` any other refusal of Entra's: it may concern only the place that was asked from, or pass;
 * - `denied` Key Vault's 401 or 403: a right is missing; `firewall` the vault takes nobody from this network;
 * - `key-missing`, `key-disabled`, `key-expired` of the newest version; `not-unwrapped` it does not open what it closed;
 * - `throttled` 429; `unreachable` no answer, or 5xx; `timeout` an answer that does not come; `odd` any other answer.
 */
export type AzureFailure =
  | 'no-credential'
  | 'secret-invalid'
  | 'secret-expired'
  | 'app-unknown'
  | 'tenant-unknown'
  | 'login-refused'
  | 'denied'
  | 'firewall'
  | 'key-missing'
  | 'key-disabled'
  | 'key-expired'
  | 'not-unwrapped'
  | 'throttled'
  | 'unreachable'
  | 'timeout'
  | 'odd';

export interface AzureFailed {
  ok: false;
  code: AzureFailure;
  detail: string;
}

/** What is asked of whom: what a refusal then means. */
export type AzureStep = 'login' | 'get' | 'wrapKey' | 'unwrapKey' | 'list' | 'rotate';

/** Times in ms since the epoch. */
export interface KeyVersion {
  version: string;
  enabled: boolean;
  createdAt?: number;
  /** When one of its attributes was last changed. */
  updatedAt?: number;
  expiresAt?: number;
  /** "Recoverable+Purgeable": soft delete, without purge protection. */
  recoveryLevel?: string;
}

/** The life of the credential that the seal signs in with, ms. */
export interface CredentialLife {
  of: 'certificate' | 'secret';
  endsAt: number;
  lifeMs?: number;
  /** It may be any of so many, of which this one ends first. */
  oneOf?: number;
}

export interface AzureExercise {
  /** https://NAME.vault.azure.net */
  vault: string;
  key: string;
  /** The nodes' own identity cannot be borrowed: the key was only looked at, with Sealwatch's. */
  indirect: boolean;
  /** Token, get, wrap and unwrap with the newest version; indirect: get alone. */
  works: Tried<{ version: string }, AzureFailure>;
  newest: Tried<KeyVersion, AzureFailure>;
  versions: Tried<KeyVersion[], AzureFailure>;
  life: Tried<CredentialLife, AzureFailure>;
  /** Of the cluster itself, by our clock, ms: asked where an older version is disabled. Undefined: not seen. */
  leaderSince?: number;
  /** Undefined: seal.vaultId is not in fleet.yaml. */
  atVault?: { vaultId: string; facts: Tried<VaultFacts> };
}
