/**
 * Keeps the calls of one vault from this process below Key Vault's limits, whatever a regional restart asks for at once:
 * a bucket that holds a burst and fills again. Key Vault takes 4,000 calls a vault and 10 s with RSA 2048 keys in software
 * and 2,000 in an HSM (service limits); what larger keys allow is less, and told by 429, which is handled.
 */
import type { Clock } from '../../clock.ts';
import type { KeyVaultCalls } from './key-vault.ts';

/**
 * Calls that may go out at once, and calls a second after them: 1,000 in any 10 s. A turn is waited for inside the
 * caller's own time limit, so the pace must not be much slower than what a restart of 200 clusters needs.
 */
const burst = 400;
const perSecond = 60;

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
