/** What an exercise of a transit seal found out. Types only. */
import type { Tried } from '../readiness.ts';

/**
 * - `no-credential` its reference cannot be read; `stopped` our own deadline came first; `odd-answer` not a Vault's;
 * - `encrypt-denied`, `decrypt-denied`, `denied` 403: the token is dead, its policy lacks the path, or the key is gone;
 * - `key-missing` no such key, or no such mount; `key-unusable` the provider refuses to use it, or it no longer opens
 *   what it closed;
 * - `provider-sealed`, `provider-unreachable`, `provider-tls` no node of the provider served the request;
 * - `refused` a refusal that says nothing of the credential: a quota, a redirect.
 */
export type TransitFailure =
  | 'no-credential'
  | 'stopped'
  | 'odd-answer'
  | 'encrypt-denied'
  | 'decrypt-denied'
  | 'denied'
  | 'key-missing'
  | 'key-unusable'
  | 'provider-sealed'
  | 'provider-unreachable'
  | 'provider-tls'
  | 'refused';

/** From auth/token/lookup-self, ms. */
export interface SealToken {
  /** Left. A token that never ends has 0 here and in `creationTtlMs`. */
  ttlMs: number;
  /** 0: not periodic. */
  periodMs: number;
  creationTtlMs: number;
  /** 0: none. */
  explicitMaxTtlMs: number;
  /** Since it was made. */
  ageMs: number;
  orphan: boolean;
  renewable: boolean;
  /** Names that can be shown. */
  policies: string[];
  /**
   * Made by a token role: what that limits, the token does not show (VAULT-FACTS). `seen`: it is in the fields above. `gone`:
   * nothing renews the token any more.
   */
  role?: { name: string; limits: 'seen' | 'gone' } | { name: string; limits: 'unseen'; why: string };
}

/** Rights by path, from sys/capabilities-self; only paths that were asked for, and words of Vault's. */
export type Rights = Record<string, string[]>;

export interface TransitExercise {
  /** Of the provider's node that served, or of the first that did not. */
  address: string;
  /** Nodes of the provider that did not serve while another did, a line each. */
  passedOver: string[];
  /** Random bytes, encrypted and decrypted with the seal's own token. */
  roundTrip: Tried<{ keyVersion: number }, TransitFailure>;
  token: Tried<SealToken, TransitFailure>;
  rights: Tried<Rights, TransitFailure>;
  /** With a login of Sealwatch's own at the provider: the seal's policy cannot read it. */
  key: Tried<
    {
      latestVersion: number;
      minDecryptionVersion: number;
      /** When the oldest version that decrypts was made, ms; undefined: the provider does not say. */
      minMadeAt?: number;
      deletionAllowed: boolean;
    },
    TransitFailure
  >;
  /** Of the cluster itself, by our clock, ms: asked where versions no longer decrypt. Undefined: not seen. */
  leaderSince?: number;
  /** What is odd about the reference to the token. */
  note?: string;
}
