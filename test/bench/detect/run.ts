/**
 * `npm run bench -- detect`: from a tick of the timer to the alert at the receiver, for a node that was sealed just
 * before it. Real Vault over TLS with raft state read, real Azurite, the whole sweep; the timer's own wait is left out.
 */
import { performance } from 'node:perf_hooks';
import { startAzurite } from '../../../cli/start/azurite.ts';
import { systemClock } from '../../../shared/compose/clock.ts';
import { composeWatch } from '../../../shared/compose.ts';
import type { Fleet } from '../../../shared/fleet/fleet.ts';
import type { Limits } from '../../../shared/fleet/limits.ts';
import { parseFleet } from '../../../shared/fleet/parse.ts';
import { formatProblems } from '../../../shared/fleet/problem.ts';
import { connectState } from '../../../shared/state/azure/connect.ts';
import { sweep } from '../../../shared/work/sweep.ts';
import { startChatReceiver } from '../../fakes/chat/receiver.ts';
import { createAuthority } from '../../fakes/pki.ts';
import { findVault } from '../../servers/find-vault.ts';
import { type Cluster, startCluster } from '../../servers/vault-cluster.ts';
import { setupProbeLogin } from '../../servers/vault-logins.ts';

export interface DetectResult {
  /** The worst of the runs. */
  secondsAfterTick: number;
  runs: number[];
  vault: string;
}

export async function benchDetect(runs: number, say: (line: string) => void): Promise<DetectResult> {
  const found = await findVault({ env: process.env, progress: say });
  if (!found.found) throw new Error(found.why);
  const authority = await createAuthority('detect');
  const [cluster, azurite, chat] = await Promise.all([
    startCluster({ vaultPath: found.path, tls: authority, stableSeconds: 1 }),
    startAzurite(),
    startChatReceiver(),
  ]);
  try {
    await cluster.initialise();
    const login = await setupProbeLogin(cluster);
    const { host } = new URL(chat.url('slack'));
    const limits = { envPrefix: 'SEALWATCH_SECRET_', keyVaults: [], escrowVaults: [], endpointHosts: [host] };
    await connectState({ connectionString: azurite.connectionString }, systemClock).prepare();
    const deps = composeWatch(
      {
        SEALWATCH_STORAGE: azurite.connectionString,
        SEALWATCH_ENDPOINT_HOSTS: host,
        SEALWATCH_SECRET_ID: login.secretId,
        SEALWATCH_SECRET_SLACK: chat.url('slack'),
      },
      { write: () => undefined },
    );
    const loaded = { fleet: fleetOf(cluster, authority.certPem, login.roleId, limits), problems: [] };
    const tick = (): Promise<unknown> => sweep({ ...deps, loadFleet: () => Promise.resolve(loaded) });
    const seconds: number[] = [];
    for (let run = 0; run < runs; run += 1) {
      await allServing(cluster);
      await tick();
      const active = await cluster.awaitActive();
      const told = new Promise<number>((resolve) => {
        chat.onMessage(({ raw }) => {
          if (raw.includes(`${active.name} is sealed`)) resolve(performance.now());
        });
      });
      await cluster.seal(active.name);
      const startedAt = performance.now();
      await tick();
      seconds.push(((await told) - startedAt) / 1000);
      say(`run ${run + 1}: ${seconds.at(-1)?.toFixed(2)} s after the tick`);
      await cluster.unseal(active.name);
    }
    return { secondsAfterTick: Math.max(...seconds), runs: seconds, vault: found.version };
  } finally {
    await Promise.all([cluster.close(), azurite.close(), chat.close()]);
  }
}

/** A run begins with three serving nodes. */
async function allServing(cluster: Cluster): Promise<void> {
  for (const { name } of cluster.nodes) await cluster.awaitState(name, [200, 429], 60);
}

function fleetOf(cluster: Cluster, ca: string, roleId: string, limits: Limits): Fleet {
  const text = JSON.stringify({
    version: 1,
    channels: { chat: { kind: 'slack', url: 'env:SEALWATCH_SECRET_SLACK' } },
    clusters: {
      bench: {
        nodes: cluster.nodes.map(({ name, nodeId, address }) => ({ name, nodeId, address })),
        tls: { ca },
        login: { method: 'approle', roleId, secretId: 'env:SEALWATCH_SECRET_ID' },
      },
    },
  });
  const parsed = parseFleet(text, limits);
  if (!parsed.ok) throw new Error(formatProblems(parsed.problems, 'fleet.yaml of the benchmark'));
  return parsed.fleet;
}
