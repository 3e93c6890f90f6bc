/** A key of the fake Key Vault: real RSA, one pair a version. */
import {
  constants,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import { promisify } from 'node:util';

export interface KeyVersion {
  version: string;
  privateKey: KeyObject;
  enabled: boolean;
  createdAt: Date;
  /** Default: never changed since it was made. */
  updatedAt?: Date;
  expiresOn?: Date;
  /** Default: soft delete without purge protection. */
  recoveryLevel?: string;
}

const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };

export async function newVersion(createdAt: Date): Promise<KeyVersion> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  return { version: randomBytes(16).toString('hex'), privateKey, enabled: true, createdAt };
}

export function wrapWith({ privateKey }: KeyVersion, value: Buffer): Buffer {
  return publicEncrypt({ key: createPublicKey(privateKey), ...padding }, value);
}

/** Undefined: not wrapped by this version. */
export function unwrapWith({ privateKey }: KeyVersion, value: Buffer): Buffer | undefined {
  try {
    return privateDecrypt({ key: privateKey, ...padding }, value);
  } catch {
    // OpenSSL says no: the service answers 400.
    return undefined;
  }
}

/** The answer to GET, as the service has it. */
export function bundleOf(id: string, key: KeyVersion): object {
  const { n, e } = createPublicKey(key.privateKey).export({ format: 'jwk' });
  return {
    key: { kid: id, kty: 'RSA', key_ops: ['wrapKey', 'unwrapKey'], n, e },
    attributes: attributesOf(key),
  };
}

/** An entry of the list of versions, which shows no key. */
export function itemOf(id: string, key: KeyVersion): object {
  return { kid: id, attributes: attributesOf(key) };
}

function attributesOf({ enabled, createdAt, updatedAt, expiresOn, recoveryLevel }: KeyVersion): object {
  const seconds = (date: Date) => Math.floor(date.getTime() / 1000);
  return {
    enabled,
    created: seconds(createdAt),
    updated: seconds(updatedAt ?? createdAt),
    ...(expiresOn && { exp: seconds(expiresOn) }),
    recoveryLevel: recoveryLevel ?? 'Recoverable+Purgeable',
  };
}
