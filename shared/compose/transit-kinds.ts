/** The kinds of credentials of transit seals, bound to one cluster and its provider, at hosts that the deployment lists. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Cluster, Fleet } from '../fleet/fleet.ts';
import { unfitToken } from '../readiness/judge/seal-token.ts';
import { transitKey } from '../rotation/kinds/transit-key.ts';
import { transitToken } from '../rotation/kinds/transit-token.ts';
import type { Kind } from '../rotation/rotation.ts';
import { createRotationClient } from '../vault/rotation-client.ts';
import { providerOf, type TransitSealOptions } from './transit-seal.ts';

export type TransitKindBuilt =
  | { ok: true; kind: Kind; close: () => Promise<void> }
  /** The field of fleet.yaml or the setting, and the fix. */
  | { ok: false; why: string };

/** For one request to a provider, ms: above the 5 s that a Vault without its storage takes to say so. */
const timeoutMs = 8_000;
/** For how long a new token waits to be unwrapped, seconds (VAULT-FACTS). */
const wrapTtlSeconds = 120;

/** Nothing is asked for yet. Rejects for nothing. */
export async function transitKind(
  name: 'transit-token' | 'transit-key',
  { clusters }: Pick<Fleet, 'clusters'>,
  cluster: Cluster,
  options: TransitSealOptions & { clock: Pick<Clock, 'now'> },
): Promise<TransitKindBuilt> {
  const { seal, rotation } = cluster;
  if (seal.type !== 'transit') return refuse(`${cluster.name} has no transit seal`);
  const role = rotation?.token?.role;
  if (name === 'transit-token' && role === undefined) return refuse('rotation.token is not in fleet.yaml');
  const provider = clusters.find((other) => other.name === seal.provider);
  if (!provider) return refuse(`seal.provider: ${seal.provider} is no cluster of fleet.yaml`);
  const at = await providerOf(cluster, provider, options);
  if (!at.ok) return at;
  const { addresses, settings, sealToken } = at;
  const clients = addresses.map((address) => createRotationClient({ ...settings, address }));
  const ports = {
    clients,
    ownToken: options.logins.at(provider, settings),
    provider: provider.name,
    mount: seal.mount,
    key: seal.key,
    random: randomBytes,
    clock: options.clock,
    timeoutMs,
  };
  const kind =
    name === 'transit-token' && role !== undefined
      ? transitToken({ ...ports, cluster: cluster.name, role, wrapTtlSeconds, unfit: unfitToken })
      : transitKey({ ...ports, sealToken });
  return {
    ok: true,
    kind,
    close: async () => {
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}

function refuse(why: string): { ok: false; why: string } {
  return { ok: false, why };
}
