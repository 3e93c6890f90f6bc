import type { CustodianError } from '../custodian.ts';
import { failed } from './answer-in-time.ts';
import type { KeyVaultFailure } from './key-vault-failure.ts';

/** A failure in our words: which custodian, which key, and the fix. */
export function failing(
  { name, key }: { name: string; key: string },
  { code, status, retryAfterMs }: KeyVaultFailure,
): { ok: false; error: CustodianError } {
  const { host } = new URL(key);
  const says = status === undefined ? '' : ` (${status})`;
  const why: Record<KeyVaultFailure['code'], string> = {
    denied:
      `Key Vault does not let this identity use ${key}${says}: grant it get, wrapKey and unwrapKey on that key, ` +
      "and check the vault's firewall",
    throttled: `Key Vault ${host} asks to be called less often${says}: ask again later`,
    unavailable: `Key Vault ${host} cannot be reached or does not work${says}: check its name, its network rules and Azure's status`,
    timeout: `Key Vault ${host} did not answer in time: check its network rules and Azure's status`,
    'key-disabled': `the version of ${key} that is needed is disabled or not valid yet: enable it in Key Vault`,
    'key-deleted': `${key}, or the version that is needed, is not there${says}: recover it in Key Vault`,
    'key-expired': `the newest version of ${key} has expired: make a new version, or move its end`,
    refused: `the envelope's key is not of ${key}, or was changed: restore the blob, or the key in fleet.yaml`,
  };
  return failed(code, `custodian "${name}": ${why[code]}`, retryAfterMs);
}
