/**
 * A key in Azure Key Vault as custodian: RSA-OAEP-256, which the service does (RSA-OAEP would be wrapped locally, with
 * no check of permission or key state), and always by versioned key id.
 */
import type { Custodian, CustodianResult, KeyFacts } from '../custodian.ts';
import { answerInTime } from './answer-in-time.ts';
import { type OwnKey, ownKeyOf } from './key-id.ts';
import { failureOf, type KeyVaultFailure } from './key-vault-failure.ts';
import { failing } from './key-vault-words.ts';

/** One vault, as the SDK reaches it: ./key-vault-sdk.ts. Rejects with what the SDK throws. */
export interface KeyVaultCalls {
  /** `version` undefined: the newest. */
  getKey(name: string, version: string | undefined, signal: AbortSignal): Promise<KeyVaultKeyState>;
  wrapKey(keyId: string, key: Buffer, signal: AbortSignal): Promise<Uint8Array>;
  unwrapKey(keyId: string, wrapped: Buffer, signal: AbortSignal): Promise<Uint8Array>;
}

export interface KeyVaultKeyState {
  /** Versioned. */
  id?: string | undefined;
  enabled?: boolean | undefined;
  notBefore?: Date | undefined;
  expiresOn?: Date | undefined;
}

export interface KeyVaultSettings {
  name: string;
  /** https://VAULT.vault.azure.net/keys/NAME */
  key: string;
  calls: KeyVaultCalls;
  /** ms */
  now: () => number;
}

const wrap = 'RSA-OAEP-256';
const keyBytes = 32;
/** What RSA keys of 2048, 3072 and 4096 bits wrap into; shorter, with a leading zero cut off, is the same number. */
const wrappedBytes = [256, 384, 512];

/** @throws Error when `key` is not https://VAULT/keys/NAME: fleet.yaml's schema lets no other pass. */
export function createKeyVaultCustodian({ name, key, calls, now }: KeyVaultSettings): Custodian {
  const own = requiredKey(name, key);
  const asked = { name, key };

  /** `look`: a refusal that can mean a key's state is looked into, where the identity may. */
  async function calling<T>(
    signal: AbortSignal,
    ask: () => Promise<CustodianResult<T>>,
    discard: (value: T) => void,
    look?: string,
  ): Promise<CustodianResult<T>> {
    const careful = async (): Promise<CustodianResult<T>> => {
      try {
        return await ask();
      } catch (error) {
        const failure = failureOf(error, now());
        const version = failure.status === 403 && failure.code === 'denied' ? look : undefined;
        return failing(asked, version === undefined ? failure : await lookAt(version, failure, signal));
      }
    };
    return answerInTime(signal, failing(asked, { code: 'timeout' }), careful, discard);
  }

  async function state(version: string | undefined, signal: AbortSignal): Promise<CustodianResult<KeyFacts>> {
    const { id, enabled, notBefore, expiresOn } = await calls.getKey(own.name, version, signal);
    if (id === undefined || own.versionOf(id) === undefined) return failing(asked, { code: 'refused' });
    const usable = enabled !== false && !(notBefore && notBefore.getTime() > now());
    return {
      ok: true,
      value: { keyId: id, enabled: usable, ...(expiresOn && { expiresAt: expiresOn.getTime() }) },
    };
  }

  async function lookAt(
    version: string,
    failure: KeyVaultFailure,
    signal: AbortSignal,
  ): Promise<KeyVaultFailure> {
    try {
      const seen = await state(version, signal);
      const code = seen.ok ? unusable(seen.value, now()) : undefined;
      return code ? { ...failure, code } : failure;
    } catch (error) {
      return failureOf(error, now()).code === 'key-disabled' ? { ...failure, code: 'key-disabled' } : failure;
    }
  }

  return {
    name,
    wrap: (plain, signal) =>
      calling(
        signal,
        async () => {
          const newest = await state(undefined, signal);
          if (!newest.ok) return newest;
          const code = unusable(newest.value, now());
          if (code) return failing(asked, { code });
          const { keyId } = newest.value;
          const wrapped = await calls.wrapKey(keyId, plain, signal);
          return { ok: true, value: { keyId, wrap, wrappedKey: Buffer.from(wrapped) } };
        },
        ignore,
      ),
    async unwrap({ keyId, wrap: algorithm, wrappedKey }, signal) {
      const version = own.versionOf(keyId);
      // An envelope names its key: it must not make us call another vault, or use another key.
      if (version === undefined || algorithm !== wrap || !wrappedBytes.includes(wrappedKey.length)) {
        return failing(asked, { code: 'refused' });
      }
      return calling(
        signal,
        async () => {
          const result = await calls.unwrapKey(
            `${own.vault}/keys/${own.name}/${version}`,
            wrappedKey,
            signal,
          );
          const value = Buffer.from(result.buffer, result.byteOffset, result.byteLength);
          if (value.length === keyBytes) return { ok: true, value };
          value.fill(0);
          return failing(asked, { code: 'refused' });
        },
        (value) => value.fill(0),
        version,
      );
    },
    async facts(keyId, signal) {
      const version = keyId === undefined ? undefined : own.versionOf(keyId);
      if (keyId !== undefined && version === undefined) return failing(asked, { code: 'refused' });
      return calling(signal, () => state(version, signal), ignore);
    },
  };
}

function unusable({ enabled, expiresAt }: KeyFacts, now: number): 'key-disabled' | 'key-expired' | undefined {
  if (!enabled) return 'key-disabled';
  return expiresAt !== undefined && expiresAt <= now ? 'key-expired' : undefined;
}

function requiredKey(custodian: string, key: string): OwnKey {
  const own = ownKeyOf(key);
  if (own) return own;
  throw new Error(`custodian "${custodian}": its key must be https://VAULT.vault.azure.net/keys/NAME`);
}

/** What is wrapped or told holds no key. */
function ignore(): void {
  return undefined;
}
