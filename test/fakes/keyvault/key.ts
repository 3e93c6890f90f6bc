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
  expiresOn?: Date;
}

const padding = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };

export async function newVersion(): Promise<KeyVersion> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  return { version: randomBytes(16).toString('hex'), privateKey, enabled: true, createdAt: new Date() };
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
export function bundleOf(id: string, { privateKey, enabled, createdAt, expiresOn }: KeyVersion): object {
  const { n, e } = createPublicKey(privateKey).export({ format: 'jwk' });
  const seconds = (date: Date) => Math.floor(date.getTime() / 1000);
  return {
    key: { kid: id, kty: 'RSA', key_ops: ['wrapKey', 'unwrapKey'], n, e },
    attributes: {
      enabled,
      created: seconds(createdAt),
      updated: seconds(createdAt),
      ...(expiresOn && { exp: seconds(expiresOn) }),
      recoveryLevel: 'Recoverable+Purgeable',
    },
  };
}
