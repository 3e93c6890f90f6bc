/**
 * Clients for the nodes of a fleet: made once, kept between sweeps, made anew when what they rest on changes. Their
 * connections are kept, too, of as many nodes as `probe.warmNodes` says.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../clock.ts';
import type { Cluster, Fleet, ProbeSettings } from '../fleet/fleet.ts';
import { isLinkLocal } from '../fleet/network.ts';
import type { ClusterAccess } from '../probe/gather.ts';
import type { VaultClient } from '../vault/client.ts';
import type { TokenSource } from '../vault/login.ts';
import type { TlsSettings } from '../vault/transport/settings.ts';
import { createVaultClient, type VaultClientSettings } from '../vault/undici-client.ts';
import type { LeasedAccess } from '../work/deps.ts';
import { NotSwept } from '../work/not-swept.ts';
import { closeAll, Leases, Opened } from './leases.ts';
import { type ResolveText, readTrust, type Trust, trustProblem } from './trust.ts';

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
  tls: TlsSettings;
  /** When its references were read, by `clock.elapsed()`. */
  readAt: number;
  opened: Opened;
}

/** References are read again after this time: certificates and keys are renewed in place. */
const referenceLifeMs = 5 * 60_000;

export class AccessPool {
  readonly #options: AccessOptions;
  readonly #kept = new Map<string, Kept>();
  readonly #leases = new Leases();
  #fleetHash = '';

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  /**
   * Connections stay open until it is released, and afterwards as `probe.warmNodes` allows: those of the clusters
   * that were used last. Clients, tokens and TLS sessions are kept in any case.
   *
   * Rejects with NotSwept where fleet.yaml's `tls` gives nothing to connect with and never did: that is no fault of
   * the cluster, of which nothing is known then.
   */
  access(cluster: Cluster, fleet: Fleet): LeasedAccess | Promise<LeasedAccess> {
    this.#forgetLeft(fleet);
    this.#leases.mostNodes = fleet.probe.warmNodes;
    const now = this.#options.clock.elapsed();
    const fresh = this.#kept.get(cluster.name);
    if (fresh && sameAccess(fresh, cluster, fleet.probe) && now - fresh.readAt < referenceLifeMs) {
      return this.#leases.lease(fresh.opened);
    }
    return this.#renewed(cluster, fleet, now);
  }

  async #renewed(cluster: Cluster, fleet: Fleet, now: number): Promise<LeasedAccess> {
    const read = await readTrust(cluster.tls, this.#options.resolve);
    // Looked up again: another sweep may have opened it meanwhile.
    const kept = this.#kept.get(cluster.name);
    const trust = checked(read, kept?.tls);
    // A Key Vault that is away must not blind the watch over Vaults that were reached a moment ago.
    const last = kept && isDeepStrictEqual(kept.cluster.tls, cluster.tls) ? kept.tls : undefined;
    const tls = trust.ok ? trust.tls : (last ?? notSwept(trust.problem));
    // What cannot be read or used is looked at again in the next sweep.
    const readAt = trust.ok ? now : Number.NEGATIVE_INFINITY;
    if (kept && sameAccess(kept, cluster, fleet.probe) && isDeepStrictEqual(kept.tls, tls)) {
      kept.readAt = readAt;
      return this.#leases.lease(kept.opened);
    }
    const opened = new Opened(this.#open(cluster, fleet.probe, tls));
    this.#kept.set(cluster.name, { cluster, probe: fleet.probe, tls, readAt, opened });
    if (kept) this.#leases.giveUp(kept.opened);
    return this.#leases.lease(opened);
  }

  /** Closes all, used or not. */
  close(): void {
    for (const { opened } of this.#kept.values()) closeAll(opened);
    this.#kept.clear();
  }

  #forgetLeft(fleet: Fleet): void {
    if (fleet.hash === this.#fleetHash) return;
    this.#fleetHash = fleet.hash;
    const names = new Set(fleet.clusters.map(({ name }) => name));
    for (const [name, kept] of this.#kept) {
      if (names.has(name)) continue;
      this.#kept.delete(name);
      this.#leases.giveUp(kept.opened);
    }
  }

  #open(cluster: Cluster, probe: ProbeSettings, tls: TlsSettings): ClusterAccess {
    const tokens = this.#options.tokens(cluster);
    return {
      clients: new Map(
        cluster.nodes.map(({ name, address }) => [
          name,
          { ok: true, client: this.#client(address, probe, tls) },
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
      ...clientLimits(probe),
      keepAliveMs,
      clock,
      isRefusedAddress: isLinkLocal,
      ...(dispatcher && { dispatcher: dispatcher(address) }),
    });
  }
}

/** What is as it was is not looked into again: a bundle is a hundred certificates. */
function checked(read: Trust, before: TlsSettings | undefined): Trust {
  if (!read.ok || isDeepStrictEqual(read.tls, before)) return read;
  const problem = trustProblem(read.tls);
  return problem === undefined ? read : { ok: false, problem };
}

function notSwept(problem: string): never {
  throw new NotSwept(problem);
}

/** Whether what was opened still serves: thresholds and labels may change without a new connection. */
function sameAccess(kept: Kept, cluster: Cluster, probe: ProbeSettings): boolean {
  if (kept.cluster === cluster && kept.probe === probe) return true;
  const parts = ({ nodes, tls, login }: Cluster) => ({ nodes, tls, login });
  return (
    isDeepStrictEqual(parts(kept.cluster), parts(cluster)) &&
    isDeepStrictEqual(clientLimits(kept.probe), clientLimits(probe))
  );
}

/** Of how nodes are asked, what a client is made with. */
function clientLimits(probe: ProbeSettings): Pick<VaultClientSettings, 'timeouts' | 'maxResponseBytes'> {
  return {
    timeouts: {
      connectMs: probe.connectTimeoutMs,
      headersMs: probe.headersTimeoutMs,
      totalMs: probe.totalTimeoutMs,
    },
    maxResponseBytes: probe.maxResponseBytes,
  };
}
