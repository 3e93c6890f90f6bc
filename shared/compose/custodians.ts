/** The custodians that fleet.yaml names for a cluster, made once and kept. */
import { randomBytes } from 'node:crypto';
import type { Custodian } from '../escrow/custodian.ts';
import { createKeyVaultCustodian } from '../escrow/custodians/key-vault.ts';
import { type KeyVaultConnection, keyVaultCalls } from '../escrow/custodians/key-vault-sdk.ts';
import { createLocalCustodian } from '../escrow/custodians/local.ts';
import type { CustodianEntry } from '../fleet/fleet.ts';
import type { RecoverDeps } from '../work/recover/deps.ts';
import { systemClock } from './clock.ts';
import type { Credential } from './state.ts';
import type { ResolveText } from './trust.ts';

export interface CustodianOptions {
  resolve: ResolveText;
  credential: Credential;
  /** An agent or trusted certificates; for tests and private networks. */
  keyVault?: KeyVaultConnection['options'];
}

export function custodiansBy(options: CustodianOptions): RecoverDeps['custodians'] {
  const made = new Map<string, Custodian>();
  return async ({ name: cluster, escrow }) => {
    const found = await Promise.all(
      escrow.custodians.map(async (entry): Promise<[string, Custodian]> => {
        const key = JSON.stringify([cluster, entry]);
        const kept = made.get(key) ?? (await make(entry, options));
        made.set(key, kept);
        return [entry.name, kept];
      }),
    );
    return new Map(found);
  };
}

async function make(entry: CustodianEntry, options: CustodianOptions): Promise<Custodian> {
  const { name, key, passphrase } = entry;
  if (key !== undefined) {
    const sdk = await import('@azure/keyvault-keys');
    const credential = await options.credential();
    const calls = keyVaultCalls({
      sdk,
      vault: new URL(key).origin,
      credential,
      ...(options.keyVault && { options: options.keyVault }),
    });
    return createKeyVaultCustodian({ name, key, calls, now: () => systemClock.now() });
  }
  return createLocalCustodian({
    name,
    random: randomBytes,
    async passphrase() {
      const read = await options.resolve(passphrase ?? '');
      return read.ok ? { ok: true, value: Buffer.from(read.value) } : { ok: false, why: read.message };
    },
  });
}
