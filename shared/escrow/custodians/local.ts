/**
 * A passphrase as custodian: for the embedded host and offline copies. It is what it is: whoever has the blob and the
 * passphrase opens the shares, nothing counts guesses, and nothing can be revoked.
 */
import { createCipheriv, createDecipheriv, scrypt } from 'node:crypto';
import type { Custodian, CustodianResult, KeyFacts, Wrapped } from '../custodian.ts';
import { answerInTime, failed } from './answer-in-time.ts';

/** About 0.4 s and 128 MiB a guess. */
const cost = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 1024 * 1024 };
const leastPassphrase = 12;
const saltBytes = 16;
const ivBytes = 12;
const tagBytes = 16;
const keyBytes = 32;
const wrap = 'scrypt-A256GCM';
const domain = Buffer.from('sealwatch/escrow/local-custodian/1');

export interface LocalSettings {
  name: string;
  /** The buffer is zeroed after use. `why`: our own words, no value. */
  passphrase: () => Promise<{ ok: true; value: Buffer } | { ok: false; why: string }>;
  /** Cryptographic. */
  random: (bytes: number) => Buffer;
}

/** What it wraps is salt, iv, ciphertext and tag in a row. */
export function createLocalCustodian({ name, passphrase, random }: LocalSettings): Custodian {
  const keyId = `local:${name}`;
  // One salt for what is wrapped together, and one derivation for what is unwrapped at the same time.
  let ownSalt: Buffer | undefined;
  const running = new Map<string, { key: Promise<CustodianResult<Buffer>>; users: number }>();

  async function withPassphrase<T>(
    use: (secret: Buffer) => Promise<CustodianResult<T>>,
  ): Promise<CustodianResult<T>> {
    const secret = await passphrase();
    if (!secret.ok) {
      const message = `the passphrase of local custodian "${name}" cannot be read: ${secret.why}`;
      return { ok: false, error: { code: 'unavailable', message, recoverable: false } };
    }
    try {
      return secret.value.length < leastPassphrase ? tooShort(name) : await use(secret.value);
    } finally {
      secret.value.fill(0);
    }
  }

  const derive = (salt: Buffer) =>
    withPassphrase(async (secret) => ({ ok: true, value: await scrypted(secret, salt) }));

  /** The key lives while somebody uses it. */
  async function withKey<T>(
    salt: Buffer,
    use: (key: Buffer) => CustodianResult<T>,
  ): Promise<CustodianResult<T>> {
    const id = salt.toString('hex');
    const shared = running.get(id) ?? { key: derive(salt), users: 0 };
    running.set(id, shared);
    shared.users += 1;
    try {
      const key = await shared.key;
      return key.ok ? use(key.value) : key;
    } finally {
      shared.users -= 1;
      if (shared.users === 0) {
        running.delete(id);
        const key = await shared.key.catch(() => undefined);
        if (key?.ok) key.value.fill(0);
      }
    }
  }

  const late = failed('timeout', `local custodian "${name}" did not answer in time: the machine is busy`);
  const refused = failed(
    'refused',
    `an envelope is not of local custodian "${name}", or its passphrase was changed`,
  );

  return {
    name,
    async wrap(key, signal) {
      const salt = (ownSalt ??= random(saltBytes));
      const seal = (kek: Buffer): CustodianResult<Wrapped> => {
        const iv = random(ivBytes);
        const cipher = createCipheriv('aes-256-gcm', kek, iv, { authTagLength: tagBytes }).setAAD(domain);
        const ciphertext = Buffer.concat([cipher.update(key), cipher.final()]);
        const wrappedKey = Buffer.concat([salt, iv, ciphertext, cipher.getAuthTag()]);
        return { ok: true, value: { keyId, wrap, wrappedKey } };
      };
      return answerInTime(signal, late, () => withKey(salt, seal), ignore);
    },
    async unwrap(wrapped, signal) {
      const { wrappedKey } = wrapped;
      const length = saltBytes + ivBytes + keyBytes + tagBytes;
      if (wrapped.wrap !== wrap || wrapped.keyId !== keyId || wrappedKey.length !== length) return refused;
      const open = (kek: Buffer): CustodianResult<Buffer> => {
        const value = unsealed(kek, wrappedKey.subarray(saltBytes));
        return value ? { ok: true, value } : refused;
      };
      const ask = () => withKey(wrappedKey.subarray(0, saltBytes), open);
      return answerInTime(signal, late, ask, (value) => value.fill(0));
    },
    async facts(asked, signal) {
      if (asked !== undefined && asked !== keyId) return refused;
      const known = async (): Promise<CustodianResult<KeyFacts>> => ({
        ok: true,
        value: { keyId, enabled: true },
      });
      return answerInTime(signal, late, () => withPassphrase(known), ignore);
    },
  };
}

function unsealed(kek: Buffer, sealed: Buffer): Buffer | undefined {
  const iv = sealed.subarray(0, ivBytes);
  const decipher = createDecipheriv('aes-256-gcm', kek, iv, { authTagLength: tagBytes }).setAAD(domain);
  decipher.setAuthTag(sealed.subarray(ivBytes + keyBytes));
  const key = decipher.update(sealed.subarray(ivBytes, ivBytes + keyBytes));
  try {
    decipher.final();
    return key;
  } catch {
    // Another passphrase, or changed bytes: GCM cannot tell which.
    key.fill(0);
    return undefined;
  }
}

function scrypted(passphrase: Buffer, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(passphrase, salt, keyBytes, cost, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

function tooShort(name: string): CustodianResult<never> {
  return failed(
    'refused',
    `the passphrase of local custodian "${name}" is shorter than ${leastPassphrase} bytes: use a longer one`,
  );
}

/** What is wrapped or told holds no key. */
function ignore(): void {
  return undefined;
}
