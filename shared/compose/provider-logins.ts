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
  /** By `rotateLogin`, or else `login`, of the provider. Undefined: fleet.yaml has neither. */
  at(provider: Cluster, settings: Omit<VaultClientSettings, 'address'>): TransitPorts['ownToken'];
}

/** What this app may do at a provider is more than reading raft state: it may have a login of its own there. */
const loginAt = ({ rotateLogin, login }: Cluster) => rotateLogin ?? login;

/**
 * One source for each provider and address, kept from exercise to exercise: a login each time would pile up leases, and
 * a node that is dead must not answer for the others.
 */
export function createProviderLogins(resolve: Resolve, credential: Credential): ProviderLogins {
  const kept = new Map<string, { login: Cluster['login']; source: TokenSource | undefined }>();

  function sourceAt(provider: Cluster, address: string): TokenSource | undefined {
    const key = `${provider.name} ${address}`;
    const login = loginAt(provider);
    const known = kept.get(key);
    if (known && isDeepStrictEqual(known.login, login)) return known.source;
    const source = tokenSourceFor({ ...provider, ...(login && { login }) }, resolve, credential, systemClock);
    kept.set(key, { login, source });
    return source;
  }

  return {
    at(provider, settings) {
      if (!loginAt(provider)) return undefined;
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
