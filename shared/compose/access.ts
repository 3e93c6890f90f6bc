/** Clients for the nodes of a fleet: made once, kept warm between sweeps, made anew when what they rest on changes. */
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../clock.ts';
import type { Cluster, Fleet, ProbeSettings, Tls } from '../fleet/fleet.ts';
import type { ClusterAccess } from '../probe/gather.ts';
import type { VaultError } from '../vault/answer.ts';
import type { VaultClient } from '../vault/client.ts';
import type { TokenSource } from '../vault/login.ts';
import type { TlsSettings } from '../vault/transport/settings.ts';
import { createVaultClient, type VaultClientSettings } from '../vault/undici-client.ts';

export type ResolveText = (
  reference: string,
) => Promise<{ ok: true; value: string } | { ok: false; message: string }>;

export interface AccessOptions {
  clock: Clock;
  /** Resolves references; text that is none is passed on as it is. */
  resolve: ResolveText;
  tokens: (cluster: Cluster) => TokenSource | undefined;
  /** How long an idle connection is kept, ms: above the sweep's interval. */
  keepAliveMs: number;
  /** In place of the network; for tests. */
  dispatcher?: (address: string) => NonNullable<VaultClientSettings['dispatcher']>;
}

interface Kept {
  cluster: Cluster;
  probe: ProbeSettings;
  tls: TlsSettings | VaultError;
  resolvedAt: number;
  access: ClusterAccess;
}

/** References are read again after this time: certificates and keys are renewed in place. */
const referenceLifeMs = 5 * 60_000;

export class AccessPool {
  readonly #options: AccessOptions;
  readonly #kept = new Map<string, Kept>();
  #fleetHash = '';

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  async access(cluster: Cluster, fleet: Fleet): Promise<ClusterAccess> {
    this.#forgetLeft(fleet);
    const now = this.#options.clock.elapsed();
    const fresh = this.#kept.get(cluster.name);
    if (fresh && sameAccess(fresh, cluster, fleet.probe) && now - fresh.resolvedAt < referenceLifeMs) {
      return fresh.access;
    }
    const tls = await this.#resolveTls(cluster.tls);
    // Looked up again: another sweep may have opened it meanwhile.
    const kept = this.#kept.get(cluster.name);
    const failed = 'code' in tls;
    // What cannot be read is looked at again in the next sweep.
    const resolvedAt = failed ? Number.NEGATIVE_INFINITY : now;
    if (kept && sameAccess(kept, cluster, fleet.probe)) {
      // A Key Vault that is away must not blind the watch over Vaults that were reached a moment ago.
      const stillGood = failed && !('code' in kept.tls);
      if (stillGood || isDeepStrictEqual(kept.tls, tls)) {
        kept.resolvedAt = resolvedAt;
        return kept.access;
      }
    }
    const access = this.#open(cluster, fleet.probe, tls);
    this.#kept.set(cluster.name, { cluster, probe: fleet.probe, tls, resolvedAt, access });
    if (kept) closeAll(kept.access);
    return access;
  }

  close(): void {
    for (const { access } of this.#kept.values()) closeAll(access);
    this.#kept.clear();
  }

  #forgetLeft(fleet: Fleet): void {
    if (fleet.hash === this.#fleetHash) return;
    this.#fleetHash = fleet.hash;
    const names = new Set(fleet.clusters.map(({ name }) => name));
    for (const [name, { access }] of this.#kept) {
      if (names.has(name)) continue;
      closeAll(access);
      this.#kept.delete(name);
    }
  }

  #open(cluster: Cluster, probe: ProbeSettings, tls: TlsSettings | VaultError): ClusterAccess {
    const tokens = this.#options.tokens(cluster);
    return {
      clients: new Map(
        cluster.nodes.map(({ name, address }) => [
          name,
          'code' in tls ? { ok: false, error: tls } : { ok: true, client: this.#client(address, probe, tls) },
        ]),
      ),
      ...(tokens && { tokens }),
      startsAsked: new Map(),
    };
  }

  #client(address: string, probe: ProbeSettings, tls: TlsSettings): VaultClient {
    const { clock, keepAliveMs, dispatcher } = this.#options;
    return createVaultClient({
      address,
      tls,
      timeouts: {
        connectMs: probe.connectTimeoutMs,
        headersMs: probe.headersTimeoutMs,
        totalMs: probe.totalTimeoutMs,
      },
      maxResponseBytes: probe.maxResponseBytes,
      keepAliveMs,
      clock,
      ...(dispatcher && { dispatcher: dispatcher(address) }),
    });
  }

  async #resolveTls(tls: Tls): Promise<TlsSettings | VaultError> {
    const resolved: Partial<Record<'ca' | 'cert' | 'key', string>> = {};
    const wanted = { ca: tls.ca, cert: tls.clientCertificate, key: tls.clientKey };
    for (const [name, reference] of Object.entries(wanted) as ['ca' | 'cert' | 'key', string | undefined][]) {
      if (reference === undefined) continue;
      const result = await this.#options.resolve(reference);
      if (!result.ok) return unresolved(fieldOf[name], result.message);
      resolved[name] = result.value;
    }
    return { ...resolved, ...(tls.serverName && { serverName: tls.serverName }), pins: tls.pins };
  }
}

const fieldOf = { ca: 'tls.ca', cert: 'tls.clientCertificate', key: 'tls.clientKey' };

function unresolved(field: string, message: string): VaultError {
  return {
    code: 'tls-untrusted',
    message: `${field} of fleet.yaml cannot be read: ${message}`,
    recoverable: true,
  };
}

/** Whether what was opened still serves: thresholds and labels may change without a new connection. */
function sameAccess(kept: Kept, cluster: Cluster, probe: ProbeSettings): boolean {
  if (kept.cluster === cluster && kept.probe === probe) return true;
  const parts = ({ nodes, tls, login }: Cluster) => ({ nodes, tls, login });
  return isDeepStrictEqual(parts(kept.cluster), parts(cluster)) && isDeepStrictEqual(kept.probe, probe);
}

function closeAll(access: ClusterAccess): void {
  for (const target of access.clients.values()) {
    if (target.ok) void target.client.close();
  }
}
