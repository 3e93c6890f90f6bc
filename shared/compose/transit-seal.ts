/** What a transit seal is exercised with: its own token, at hosts that the deployment lists. */
import type { Cluster, Tls } from '../fleet/fleet.ts';
import { isLinkLocal } from '../fleet/network.ts';
import { mayTakeSealToken } from '../fleet/seal-hosts.ts';
import type { Given } from '../readiness/exercise/transit.ts';
import { createTransitClient } from '../vault/transit-client.ts';
import type { VaultClientSettings } from '../vault/undici-client.ts';
import type { TransitAccess } from '../work/rotate/deps.ts';
import { systemClock } from './clock.ts';
import type { ProviderLogins } from './provider-logins.ts';
import type { Resolve } from './secrets.ts';
import { readTrust, trustProblem } from './trust.ts';

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
  { seal }: Cluster,
  provider: Cluster,
  { sealHosts, resolve, logins }: TransitSealOptions,
): Promise<TransitAccess> {
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
  const trust = await trustOf(provider.tls, resolve);
  if (!trust.ok) return refuse(`clusters.${provider.name}: ${trust.problem}`);
  const settings: Omit<VaultClientSettings, 'address'> = {
    tls: trust.tls,
    timeouts,
    maxResponseBytes,
    keepAliveMs: 10_000,
    clock: systemClock,
    isRefusedAddress: isLinkLocal,
  };
  const clients = addresses.map((address) => createTransitClient({ ...settings, address }));
  return {
    ok: true,
    ports: {
      clients,
      token: async () => sealToken(await resolve(token, { exact: true, fresh: true })),
      ownToken: logins.at(provider, settings),
    },
    close: async () => {
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}

function refuse(why: string): TransitAccess {
  return { ok: false, why };
}

async function trustOf(tls: Tls, resolve: Resolve): ReturnType<typeof readTrust> {
  const trust = await readTrust(tls, resolve);
  const problem = trust.ok ? trustProblem(trust.tls) : undefined;
  return problem === undefined ? trust : { ok: false, problem };
}

/** Files and terminals add a line break, which is no part of the token. */
function sealToken(resolved: Awaited<ReturnType<Resolve>>): Given {
  if (!resolved.ok) return { ok: false, why: `seal.token: ${resolved.message}` };
  const value = resolved.value.trim();
  if (value === resolved.value) return { ok: true, value };
  if (value === '') return { ok: false, why: 'seal.token: what it refers to is nothing but white space' };
  const note =
    'The reference to the token has white space around it, which was left out here: a seal that is given it as it is cannot start.';
  return { ok: true, value, note };
}
