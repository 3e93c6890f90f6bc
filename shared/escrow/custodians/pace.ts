/**
 * Keeps the calls of one vault below Key Vault's limits, whatever a regional restart asks for at once: a bucket that
 * holds a burst and fills again. Limits a vault and 10 s, by key: 4,000 for RSA 2048 in software, 250 for RSA 4096 in an
 * HSM (Key Vault service limits). The smallest counts: other users of the vault are there, too.
 */
import type { Clock } from '../../clock.ts';
import type { KeyVaultCalls } from './key-vault.ts';

/** Calls that may go out at once, and calls a second after them: 230 in any 10 s. */
const burst = 50;
const perSecond = 18;

export function paced(calls: KeyVaultCalls, clock: Pick<Clock, 'elapsed' | 'sleep'>): KeyVaultCalls {
  /** When the bucket would be full, by `elapsed`; each call moves it on by its share of a second. */
  let fullAt = clock.elapsed();

  async function turn(signal: AbortSignal): Promise<void> {
    const now = clock.elapsed();
    const each = 1000 / perSecond;
    fullAt = Math.max(fullAt, now) + each;
    const waitMs = fullAt - now - burst * each;
    if (waitMs > 0) await clock.sleep(waitMs, signal);
  }

  return {
    async getKey(name, version, signal) {
      await turn(signal);
      return calls.getKey(name, version, signal);
    },
    async wrapKey(keyId, key, signal) {
      await turn(signal);
      return calls.wrapKey(keyId, key, signal);
    },
    async unwrapKey(keyId, wrapped, signal) {
      await turn(signal);
      return calls.unwrapKey(keyId, wrapped, signal);
    },
  };
}
