/** The targets as a fleet, three nodes a cluster. Without a login it is one request a node, as on the other side. */
import type { Fleet } from '../../../shared/fleet/fleet.ts';
import { parseFleet } from '../../../shared/fleet/parse.ts';
import type { Fleet as Targets } from './rounds.ts';

const limits = { envPrefix: 'SEALWATCH_SECRET_', keyVaults: [], escrowVaults: [], endpointHosts: [] };

export function fleetOf({ addresses, ca }: Targets, withRaft = false): Fleet {
  const clusters: Record<string, unknown> = {};
  for (let first = 0; first < addresses.length; first += 3) {
    const nodes = addresses
      .slice(first, first + 3)
      .map((address, id) => ({ address, ...(withRaft && { nodeId: `raft-${id}` }) }));
    clusters[`c${first / 3}`] = {
      nodes,
      ...(addresses[0]?.startsWith('https') && { tls: { ca } }),
      ...(withRaft && { login: { method: 'token', token: 'env:SEALWATCH_SECRET_TOKEN' } }),
    };
  }
  const parsed = parseFleet(JSON.stringify({ version: 1, clusters }), limits);
  if (!parsed.ok)
    throw new Error(parsed.problems.map(({ path, message }) => `${path} ${message}`).join('; '));
  return parsed.fleet;
}
