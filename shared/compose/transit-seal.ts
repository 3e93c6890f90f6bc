/** What a transit seal is exercised with: its own token, at hosts that the deployment lists. */
import type { Cluster } from '../fleet/fleet.ts';
import { isLinkLocal } from '../fleet/network.ts';
import { mayTakeSealToken } from '../fleet/seal-hosts.ts';
import type { Given } from '../readiness/exercise/transit.ts';
import { createTransitClient } from '../vault/transit-client.ts';
import type { VaultClientSettings } from '../vault/undici-client.ts';
import type { TransitAccess } from '../work/rotate/deps.ts';
import { systemClock } from './clock.ts';
import type { ProviderLogins } from './provider-logins.ts';
import type { Resolve } from './secrets.ts';
import { readUsableTrust } from './trust.ts';

const timeouts = { connectMs: 3_000, headersMs: 8_000, totalMs: 8_000 };
const maxResponseBytes = 64 * 1024;

export interface TransitSealOptions {
  /** Hosts of SEALWATCH_SEAL_HOSTS. */
  sealHosts: readonly string[];
  resolve: Resolve;
  logins: ProviderLogins;
}

/**
 * Clients at the provider, with its trust; the seal's own token, and one of Sealwatch's own for the key's versions. Nothing
 * is resolved before every address is known to be allowed: fleet.yaml says where the provider is (rule 16).
 */
export async function transitSealAccess(
  cluster: Cluster,
  provider: Cluster,
  options: TransitSealOptions,
): Promise<TransitAccess> {
  const at = await providerOf(cluster, provider, options);
  if (!at.ok) return at;
  const { addresses, settings, sealToken } = at;
  const clients = addresses.map((address) => createTransitClient({ ...settings, address }));
  return {
    ok: true,
    ports: { clients, token: sealToken, ownToken: options.logins.at(provider, settings) },
    close: async () => {
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}

export type ProviderAt =
  | {
      ok: true;
      /** Where the seal's token may be sent, and is. */
      addresses: string[];
      settings: Omit<VaultClientSettings, 'address'>;
      /** As stored now, without white space around it. */
      sealToken: () => Promise<Given>;
    }
  | { ok: false; why: string };

/** Where a cluster's seal finds its provider, within the deployment's limits. */
export async function providerOf(
  { seal }: Cluster,
  provider: Cluster,
  { sealHosts, resolve }: Pick<TransitSealOptions, 'sealHosts' | 'resolve'>,
): Promise<ProviderAt> {
  if (seal.type !== 'transit') return refuse('its seal is not transit');
  const { token } = seal;
  if (token === undefined)
    return refuse("seal.token is not in fleet.yaml: refer to the token that the nodes' seal uses");
  const addresses =
    seal.address === undefined ? provider.nodes.map(({ address }) => address) : [seal.address];
  const other = addresses.map((address) => new URL(address)).find((url) => !mayTakeSealToken(url, sealHosts));
  if (other) {
    const field = seal.address === undefined ? `clusters.${provider.name}.nodes` : 'seal.address';
    return refuse(
      `${field}: ${other.host} is not among the hosts that a seal's token may be sent to (setting SEALWATCH_SEAL_HOSTS)`,
    );
  }
  const trust = await readUsableTrust(provider.tls, resolve);
  if (!trust.ok) return refuse(`clusters.${provider.name}: ${trust.problem}`);
  const settings = {
    tls: trust.tls,
    timeouts,
    maxResponseBytes,
    keepAliveMs: 10_000,
    clock: systemClock,
    isRefusedAddress: isLinkLocal,
  };
  const sealToken = async () => trimmed(await resolve(token, { exact: true, fresh: true }));
  return { ok: true, addresses, settings, sealToken };
}

function refuse(why: string): { ok: false; why: string } {
  return { ok: false, why };
}

/** Files and terminals add a line break, which is no part of the token. */
function trimmed(resolved: Awaited<ReturnType<Resolve>>): Given {
  if (!resolved.ok) return { ok: false, why: `seal.token: ${resolved.message}` };
  const value = resolved.value.trim();
  if (value === resolved.value) return { ok: true, value };
  if (value === '') return { ok: false, why: 'seal.token: what it refers to is nothing but white space' };
  const note =
    'The reference to the token has white space around it, which was left out here: a seal that is given it as it is cannot start.';
  return { ok: true, value, note };
}
