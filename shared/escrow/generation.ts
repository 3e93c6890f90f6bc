/** What is kept of one set of shares: wrapped envelopes and what they are bound to. No plaintext, no secret. */

/**
 * Where shares of a generation may go (rule 2): seen at import, confirmed by a person, and part of what every
 * envelope authenticates. A fleet.yaml entry that differs in any of it refuses recovery.
 */
export interface TrustBinding {
  /** Origins of the nodes, sorted: https://host:8200. */
  addresses: string[];
  /** Name that certificates must carry, where it differs from the address's host. */
  serverName?: string;
  /** CA certificates that may sign the nodes' certificates: base64 of the DER, sorted; empty: the system's roots. */
  ca: string[];
  /** base64 SHA-256 of SubjectPublicKeyInfo (`tls.pins`), sorted. */
  pins: string[];
  /** How careful recovery was when the trust was confirmed: loosening it counts as a change (rule 2). */
  recovery?: { policy: 'manual' | 'automatic'; approvals: 1 | 2; unknownSealCause: 'approval' | 'automatic' };
}

/** One share, encrypted. AES-256-GCM under a key of its own, that one custodian's key wraps. */
export interface Envelope {
  /** 1 to count. */
  index: number;
  /** Name of the custodian in fleet.yaml. */
  custodian: string;
  /** Versioned: https://VAULT.vault.azure.net/keys/NAME/VERSION, or `local:NAME`. */
  keyId: string;
  /** Algorithm of the wrap: RSA-OAEP-256 by Key Vault, or scrypt and AES-256-GCM by a passphrase. */
  wrap: 'RSA-OAEP-256' | 'scrypt-A256GCM';
  /** base64. */
  wrappedKey: string;
  /** base64, 12 bytes. */
  iv: string;
  /** base64. */
  ciphertext: string;
  /** base64, 16 bytes. */
  tag: string;
}

/** What every envelope of a generation authenticates besides its own index, custodian and key (rule 5). */
export interface GenerationIdentity {
  cluster: string;
  /** Counts imports of this cluster, from 1. */
  generation: number;
  /** What the shares are: unseal keys, or recovery keys of an auto-unseal cluster (never used by automation). */
  kind: 'unseal' | 'recovery';
  threshold: number;
  count: number;
  trust: TrustBinding;
}

/** One blob: a generation as of one revision. Created once, never overwritten. */
export interface Generation extends GenerationIdentity {
  schema: 1;
  /** Counts rewraps and rebinds of the generation, from 1. */
  revision: number;
  /** ms. */
  createdAt: number;
  /** Person (`tid/oid`, or `local:NAME`) whose login created the blob. */
  createdBy: string;
  /** In the order of their indexes. */
  envelopes: Envelope[];
}

/** Row of table `generations`: what *recover* accepted and learned. The blob holds the envelopes. */
export interface GenerationRow {
  cluster: string;
  generation: number;
  revision: number;
  /** SHA-256 (hex) of the blob's bytes: another blob under the same name is not the one that was accepted. */
  digest: string;
  /** ms. */
  acceptedAt: number;
  acceptedBy: string;
  /** Set by a real unseal with this generation; until then `escrow-unproven`. ms. */
  provenAt?: number;
  /** Rule 4 only. */
  bad?: { at: number; node: string; recovery: string };
  /** The last one that was proven before it: what people may go back to while this one is not proven. */
  previous?: { generation: number; revision: number; digest: string; provenAt: number };
  /** Key versions that blobs before this one are wrapped by, and this one is not; newest last, at most 20. */
  oldKeys?: OldKeyVersion[];
  /** Findings of the daily upkeep, by envelope; replaced by each. */
  upkeep?: { at: number; problems: UpkeepProblem[] };
}

export interface OldKeyVersion {
  custodian: string;
  /** Versioned. */
  keyId: string;
  /** Set by the upkeep: something that is kept needs it, and it does not open now. */
  gone?: 'disabled' | 'deleted';
}

export interface UpkeepProblem {
  /** Undefined: the whole generation. */
  index?: number;
  custodian?: string;
  code:
    | 'custodian-away'
    | 'key-disabled'
    | 'key-deleted'
    | 'key-expiring'
    | 'denied'
    | 'tampered'
    | 'trust-changed'
    | 'single-point'
    | 'old-key-version'
    /** An older version that something kept needs is disabled or deleted; what is in use opens. */
    | 'old-key-gone';
  /** One line, names the custodian or index and the fix; no secret. */
  message: string;
}

/** Blob name of a generation's revision, in container `escrow`. */
export function generationBlobName({
  cluster,
  generation,
  revision,
}: Pick<Generation, 'cluster' | 'generation' | 'revision'>): string {
  return `${cluster}/${String(generation).padStart(4, '0')}.${String(revision).padStart(4, '0')}.json`;
}

/** The numbers in a blob's name; undefined: it is no name of a generation's blob of that cluster. */
export function generationIn(
  name: string,
  cluster: string,
): { generation: number; revision: number } | undefined {
  const [, of, generation, revision] = /^([^/]+)\/(\d{4,15})\.(\d{4,15})\.json$/.exec(name) ?? [];
  return of === cluster ? { generation: Number(generation), revision: Number(revision) } : undefined;
}
