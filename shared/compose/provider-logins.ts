/** Sealwatch's own tokens at providers of seals. */
import { isDeepStrictEqual } from 'node:util';
import type { Cluster } from '../fleet/fleet.ts';
import type { TransitPorts } from '../readiness/exercise/transit.ts';
import type { TokenSource } from '../vault/login.ts';
import { createVaultClient, type VaultClientSettings } from '../vault/undici-client.ts';
import { systemClock } from './clock.ts';
import { tokenSourceFor } from './logins.ts';
import type { Resolve } from './secrets.ts';
import type { Credential } from './state.ts';

export interface ProviderLogins {
  /** Undefined: fleet.yaml has no login there. */
  at(provider: Cluster, settings: Omit<VaultClientSettings, 'address'>): TransitPorts['ownToken'];
}

/**
 * One source for each provider and address, kept from exercise to exercise: a login each time would pile up leases, and
 * a node that is dead must not answer for the others.
 */
export function createProviderLogins(resolve: Resolve, credential: Credential): ProviderLogins {
  const kept = new Map<string, { login: Cluster['login']; source: TokenSource | undefined }>();

  function sourceAt(provider: Cluster, address: string): TokenSource | undefined {
    const key = `${provider.name} ${address}`;
    const { login } = provider;
    const known = kept.get(key);
    if (known && isDeepStrictEqual(known.login, login)) return known.source;
    const source = tokenSourceFor(provider, resolve, credential, systemClock);
    kept.set(key, { login, source });
    return source;
  }

  return {
    at(provider, settings) {
      if (!provider.login) return undefined;
      return async ({ address }, refused) => {
        const source = sourceAt(provider, address);
        if (!source) return { ok: false, why: `${provider.name} has no login in fleet.yaml` };
        if (refused) source.invalidate();
        const client = createVaultClient({ ...settings, address });
        try {
          const login = await source.token(client);
          return login.ok
            ? { ok: true, value: login.token }
            : { ok: false, why: `the login at ${address} fails: ${login.error.code}` };
        } finally {
          await client.close();
        }
      };
    },
  };
}
