/** Three real Vault servers with raft storage, over TLS with a CA of their own. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAuthority } from '../test/fakes/pki.ts';
import { startCluster } from '../test/servers/vault-cluster.ts';
import { setupProbeLogin } from '../test/servers/vault-logins.ts';
import type { FleetUnderTest } from './fleet-under-test.ts';

/**
 * Vault's default is 10 s, and it is the longest wait of the demo: how long a node that came back must stay well
 * until autopilot lets it vote.
 */
const stableSeconds = 3;
const logLines = 12;

/** @param folder where the cluster's own temporary folder is made. */
export async function startRealFleet(options: {
  vaultPath: string;
  server: string;
  name: string;
  folder: string;
}): Promise<FleetUnderTest> {
  const authority = await createAuthority('Sealwatch demo CA');
  const cluster = await startCluster({
    vaultPath: options.vaultPath,
    folder: options.folder,
    name: options.name,
    tls: authority,
    stableSeconds,
  });
  return {
    server: options.server,
    nodes: cluster.nodes,
    ca: authority.certPem,
    initialise: async () => {
      const { rootToken } = await cluster.initialise();
      const active = await cluster.awaitActive();
      const reply = await cluster.request(
        active.name,
        'POST',
        'sys/storage/raft/autopilot/configuration',
        { cleanup_dead_servers: true, min_quorum: cluster.nodes.length },
        rootToken,
      );
      if (reply.status !== 204) throw new Error(`autopilot configuration: ${JSON.stringify(reply)}`);
    },
    probeLogin: async () => {
      const { roleId, secretId } = await setupProbeLogin(cluster);
      return { roleId, secretId };
    },
    active: async () => (await cluster.awaitActive()).name,
    kill: (node) => cluster.kill(node),
    start: (node) => cluster.start(node),
    unseal: (node) => cluster.unseal(node),
    seal: (node) => cluster.seal(node),
    logTail: (node) =>
      readFileSync(join(cluster.folder, `${node}.log`), 'utf8')
        .trimEnd()
        .split('\n')
        .slice(-logLines)
        .join('\n'),
    close: () => cluster.close(),
  };
}
