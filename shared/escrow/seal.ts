/** One share into one envelope, and back (rule 5). */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { additionalData } from './additional-data.ts';
import { fromBase64 } from './base64.ts';
import type { Custodian } from './custodian.ts';
import { custodianFailure, type EscrowResult } from './failure.ts';
import type { Envelope, GenerationIdentity } from './generation.ts';
import { Share } from './share.ts';

/** Random bytes of a cryptographic generator. The buffer is the asker's own. */
export type Random = (bytes: number) => Buffer;

const keyBytes = 32;
const ivBytes = 12;
const tagBytes = 16;

/** Encrypts a share under a key of its own, which the custodian wraps. The share stays its giver's to destroy. */
export async function sealShare(
  {
    identity,
    share,
    custodian,
    random,
  }: {
    identity: GenerationIdentity;
    share: Share;
    custodian: Custodian;
    random: Random;
  },
  signal: AbortSignal,
): Promise<EscrowResult<Envelope>> {
  const key = random(keyBytes);
  try {
    const wrapped = await custodian.wrap(key, signal);
    if (!wrapped.ok) {
      return { ok: false, failure: custodianFailure(share.index, custodian.name, wrapped.error) };
    }
    const { keyId, wrap, wrappedKey } = wrapped.value;
    const iv = random(ivBytes);
    const about = { index: share.index, custodian: custodian.name, keyId, wrap };
    const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes });
    cipher.setAAD(additionalData(identity, about));
    const ciphertext = share.use((bytes) => Buffer.concat([cipher.update(bytes), cipher.final()]));
    const value: Envelope = {
      ...about,
      wrappedKey: wrappedKey.toString('base64'),
      iv: iv.toString('base64'),
      ciphertext: ciphertext.toString('base64'),
      tag: cipher.getAuthTag().toString('base64'),
    };
    return { ok: true, value };
  } finally {
    key.fill(0);
  }
}

/** Opens an envelope by its custodian. The share is the caller's to destroy. */
export async function openShare(
  {
    identity,
    envelope,
    custodian,
  }: {
    identity: GenerationIdentity;
    envelope: Envelope;
    custodian: Custodian;
  },
  signal: AbortSignal,
): Promise<EscrowResult<Share>> {
  const { index, keyId, wrap } = envelope;
  const parts = partsOf(envelope);
  if (!parts || custodian.name !== envelope.custodian) return tampered(envelope);
  const unwrapped = await custodian.unwrap({ keyId, wrap, wrappedKey: parts.wrappedKey }, signal);
  if (!unwrapped.ok) {
    const { error } = unwrapped;
    // The custodian works and does not know this key: that is the envelope's fault, not the custodian's.
    if (error.code === 'refused') return tampered(envelope, error.message);
    return { ok: false, failure: custodianFailure(index, custodian.name, error) };
  }
  const key = unwrapped.value;
  try {
    const bytes = key.length === keyBytes ? decrypt(identity, envelope, parts, key) : undefined;
    return bytes ? { ok: true, value: new Share(index, bytes) } : tampered(envelope);
  } finally {
    key.fill(0);
  }
}

interface Parts {
  wrappedKey: Buffer;
  iv: Buffer;
  ciphertext: Buffer;
  tag: Buffer;
}

function partsOf(envelope: Envelope): Parts | undefined {
  const wrappedKey = fromBase64(envelope.wrappedKey);
  const iv = fromBase64(envelope.iv);
  const ciphertext = fromBase64(envelope.ciphertext);
  const tag = fromBase64(envelope.tag);
  if (!wrappedKey || !ciphertext || iv?.length !== ivBytes || tag?.length !== tagBytes) return undefined;
  return { wrappedKey, iv, ciphertext, tag };
}

function decrypt(
  identity: GenerationIdentity,
  envelope: Envelope,
  { iv, ciphertext, tag }: Parts,
  key: Buffer,
): Buffer | undefined {
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes });
  decipher.setAAD(additionalData(identity, envelope));
  decipher.setAuthTag(tag);
  const bytes = decipher.update(ciphertext);
  try {
    decipher.final();
    return bytes;
  } catch {
    // GCM says no: what was decrypted so far is not authentic and goes nowhere.
    bytes.fill(0);
    return undefined;
  }
}

function tampered({ index, custodian }: Envelope, why?: string): { ok: false; failure: FailureOf } {
  const message =
    why ??
    `share ${index} of custodian "${custodian}" was changed, or belongs to another cluster, generation or trust: ` +
      'restore the blob as it was written, or import the shares again';
  return { ok: false, failure: { code: 'tampered', index, custodian, message, recoverable: false } };
}

type FailureOf = Extract<EscrowResult<never>, { ok: false }>['failure'];
