/** The custodians that fleet.yaml names, made once and kept. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Custodian } from '../escrow/custodian.ts';
import { createKeyVaultCustodian, type KeyVaultCalls } from '../escrow/custodians/key-vault.ts';
import { createLocalCustodian } from '../escrow/custodians/local.ts';
import { paced } from '../escrow/custodians/pace.ts';
import type { CustodianEntry } from '../fleet/fleet.ts';
import type { RecoverDeps } from '../work/recover/deps.ts';
import { systemClock } from './clock.ts';
import { type KeyVaultConnection, keyVaultCalls } from './key-vault-sdk.ts';
import type { Credential } from './state.ts';
import type { ResolveText } from './trust.ts';

export interface CustodianOptions {
  resolve: ResolveText;
  credential: Credential;
  /** An agent or trusted certificates; for tests and private networks. */
  keyVault?: KeyVaultConnection['options'];
  /** Default: the system's. */
  clock?: Pick<Clock, 'now' | 'elapsed' | 'sleep'>;
  /** A custodian that cannot be made now is left out. */
  onFailure?: (custodian: string, error: unknown) => void;
}

export function custodiansBy(options: CustodianOptions): RecoverDeps['custodians'] {
  const { clock = systemClock } = options;
  const made = new Map<string, Custodian>();
  const vaults = new Map<string, Promise<KeyVaultCalls>>();

  /** One a vault: its challenge, its connections and its pace are shared by every cluster. */
  const callsOf = (vault: string): Promise<KeyVaultCalls> => {
    const kept = vaults.get(vault) ?? openVault(vault, options);
    vaults.set(vault, kept);
    // One that could not be opened is tried anew: the login's endpoint may have been late.
    kept.catch(() => {
      if (vaults.get(vault) === kept) vaults.delete(vault);
    });
    return kept;
  };

  const make = async (entry: CustodianEntry): Promise<Custodian> => {
    const { name, key, passphrase } = entry;
    if (key === undefined) return local(name, passphrase ?? '', options.resolve);
    const calls = await callsOf(new URL(key).origin);
    return createKeyVaultCustodian({ name, key, calls, now: () => clock.now() });
  };

  return async ({ escrow }) => {
    const found = await Promise.all(
      escrow.custodians.map(async (entry): Promise<[string, Custodian][]> => {
        const { name, key = '', passphrase = '' } = entry;
        const id = JSON.stringify([name, key, passphrase]);
        try {
          const kept = made.get(id) ?? (await make(entry));
          made.set(id, kept);
          return [[name, kept]];
        } catch (error) {
          // The others may reach the threshold without it; envelopes of it are told as of one that is not at hand.
          options.onFailure?.(name, error);
          return [];
        }
      }),
    );
    return new Map(found.flat());
  };
}

async function openVault(
  vault: string,
  { credential, keyVault, clock = systemClock }: CustodianOptions,
): Promise<KeyVaultCalls> {
  const sdk = await import('@azure/keyvault-keys');
  const connection = { sdk, vault, credential: await credential(), ...(keyVault && { options: keyVault }) };
  return paced(keyVaultCalls(connection), clock);
}

function local(name: string, reference: string, resolve: ResolveText): Custodian {
  return createLocalCustodian({
    name,
    random: randomBytes,
    async passphrase() {
      const read = await resolve(reference);
      return read.ok ? { ok: true, value: Buffer.from(read.value) } : { ok: false, why: read.message };
    },
  });
}
