/** One cluster of a fleet under test, gathered; and what its clients were asked for, with which limits. */
import type { Clock } from '../../shared/clock.ts';
import type { Cluster } from '../../shared/fleet/fleet.ts';
import { type ClusterAccess, gatherCluster, Sweeping } from '../../shared/probe/gather.ts';
import type { ClusterObservation } from '../../shared/probe/observation.ts';
import type { RequestOptions, VaultClient } from '../../shared/vault/client.ts';
import type { FleetUnderTest } from '../work/fleet-under-test.ts';

export interface Gathering {
  cluster: Cluster;
  access: ClusterAccess;
  sweeping: () => Sweeping;
  /** One sweep of its own. */
  gather: () => Promise<ClusterObservation>;
}

export async function gathering(fleet: FleetUnderTest, clock: Clock = fleet.clock): Promise<Gathering> {
  const parsed = fleet.fleet;
  const [cluster] = parsed.clusters;
  if (!cluster) throw new Error('a fleet without clusters');
  const access = await fleet.pool(clock).access(cluster, parsed);
  const sweeping = () => new Sweeping(clock, parsed.probe);
  return { cluster, access, sweeping, gather: () => gatherCluster(cluster, access, sweeping()) };
}

/** Time limits of requests as the client got them, and what of the sweep was left. */
export interface Limited {
  call: string;
  timeoutMs: number | undefined;
  remainingMs: number;
}

/** Clients that do as before, and note the limit of each request. */
export function noting(access: ClusterAccess, sweeping: Sweeping, limits: Limited[]): ClusterAccess {
  const clients: ClusterAccess['clients'] = new Map();
  for (const [name, target] of access.clients) {
    clients.set(name, target.ok ? { ok: true, client: noted(target.client, sweeping, limits) } : target);
  }
  return { ...access, clients };
}

function noted(client: VaultClient, sweeping: Sweeping, limits: Limited[]): VaultClient {
  const note = (call: string, options: RequestOptions | undefined) => {
    limits.push({ call, timeoutMs: options?.timeoutMs, remainingMs: sweeping.remainingMs() });
    return options;
  };
  return {
    address: client.address,
    health: (options) => client.health(note('health', options)),
    sealStatus: (options) => client.sealStatus(note('sealStatus', options)),
    leader: (options) => client.leader(note('leader', options)),
    sealBackendStatus: (options) => client.sealBackendStatus(note('sealBackendStatus', options)),
    processStart: (options) => client.processStart(note('processStart', options)),
    autopilotState: (token, options) => client.autopilotState(token, note('autopilotState', options)),
    autopilotConfiguration: (token, options) =>
      client.autopilotConfiguration(token, note('autopilotConfiguration', options)),
    raftConfiguration: (token, options) =>
      client.raftConfiguration(token, note('raftConfiguration', options)),
    login: (path, body, options) => client.login(path, body, note('login', options)),
    renewSelf: (token, options) => client.renewSelf(token, note('renewSelf', options)),
    certificate: () => client.certificate(),
    disconnect: () => client.disconnect(),
    close: () => client.close(),
  };
}
