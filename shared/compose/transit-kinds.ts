/** The kinds of credentials of transit seals, bound to one cluster and its provider, at hosts that the deployment lists. */
import { randomBytes } from 'node:crypto';
import type { Cluster, Fleet } from '../fleet/fleet.ts';
import { unfitToken } from '../readiness/judge/seal-token.ts';
import { transitKey } from '../rotation/kinds/transit-key.ts';
import { transitToken } from '../rotation/kinds/transit-token.ts';
import type { TransitTokenPorts } from '../rotation/kinds/transit-token-ports.ts';
import type { Kind } from '../rotation/rotation.ts';
import { createRotationClient, type RotationClient } from '../vault/rotation-client.ts';
import { makingNothing } from './making-nothing.ts';
import { providerOf, type TransitSealOptions } from './transit-seal.ts';

export type TransitKindBuilt =
  | { ok: true; kind: Kind; close: () => Promise<void> }
  /** The field of fleet.yaml or the setting, and the fix. */
  | { ok: false; why: string };

/** For one request to a provider, ms: above the 5 s that a Vault without its storage takes to say so. */
const timeoutMs = 8_000;
/** For how long a new token waits to be unwrapped, seconds (VAULT-FACTS). */
const wrapTtlSeconds = 120;

/**
 * Nothing is asked for yet. Rejects for nothing. Where fleet.yaml does not ask for the rotation (any more), a kind that makes
 * nothing: a rotation that is open is taken back with it.
 */
export async function transitKind(
  name: 'transit-token' | 'transit-key',
  { clusters }: Pick<Fleet, 'clusters'>,
  cluster: Cluster,
  options: TransitSealOptions & { clock: TransitTokenPorts['clock'] },
): Promise<TransitKindBuilt> {
  const { seal, rotation } = cluster;
  if (seal.type !== 'transit') return refuse(`${cluster.name} has no transit seal`);
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
  const tokenKind = () => {
    const own = { ...ports, cluster: cluster.name, wrapTtlSeconds, unfit: unfitToken };
    const role = rotation?.token?.role;
    return role === undefined
      ? makingNothing(withoutRole(own), 'rotation.token')
      : transitToken({ ...own, role });
  };
  const keyKind = () => {
    const built = transitKey({ ...ports, sealToken });
    return rotation?.transitKey ? built : makingNothing(built, 'rotation.transitKey');
  };
  const kind = name === 'transit-key' ? keyKind() : tokenKind();
  return {
    ok: true,
    kind,
    close: async () => {
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}

/** Leads nowhere: nothing is sent for it. */
const noRole = '/';

/** What its tokens are is seen by the role that the seal's own one was made through. */
function withoutRole(ports: Omit<TransitTokenPorts, 'role'>): Kind {
  let role = noRole;
  const kind = () => transitToken({ ...ports, role });
  return {
    ...kind(),
    async look(value) {
      role = (value && (await roleOf(value, ports.clients))) ?? role;
      return kind().look(value);
    },
    orphans: (id, creating) => kind().orphans(id, creating),
  };
}

/** Undefined: it was made through none, or that is not seen. */
async function roleOf(value: Buffer, clients: readonly RotationClient[]): Promise<string | undefined> {
  for (const client of clients) {
    const looked = await client.lookupSelf(value.toString().trim(), { timeoutMs });
    if (looked.ok) return looked.body.role === '' ? undefined : looked.body.role;
    if (looked.error.status !== undefined && looked.error.status < 500) return undefined;
  }
  return undefined;
}

function refuse(why: string): { ok: false; why: string } {
  return { ok: false, why };
}
