/**
 * `npm run bench -- recover`: three real nodes, all restarted and sealed, until all three serve: our automatic pass
 * (looks, plans, persisted intents, custodians, rounds) against what somebody with the shares in plain text would do,
 * parallel unseal calls and a wait for the leader. Both in one run, in turns.
 */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { systemClock } from '../../../shared/compose/clock.ts';
import { composeRecoverDeps } from '../../../shared/compose/recover.ts';
import type { RecoverDeps } from '../../../shared/work/recover/deps.ts';
import { runPass } from '../../../shared/work/recover/pass.ts';
import { MemoryCustodian } from '../../escrow/build.ts';
import { createAuthority } from '../../fakes/pki.ts';
import { memoryRecoverState } from '../../fakes/state/recover-memory.ts';
import { findVault } from '../../servers/find-vault.ts';
import { type Cluster, startCluster } from '../../servers/vault-cluster.ts';
import { escrow, fleetOf, median } from './fleet.ts';

export interface RecoverResult {
  /** Median of the rounds' ratios: ours to plain. */
  ratio: number;
  /** Medians, seconds from the first request until all three serve. */
  ours: number;
  plain: number;
  rounds: { ours: number; plain: number }[];
  vault: string;
}

/** Issue 4: what going by plans, intents and custodians may cost, next to plain calls with the shares at hand. */
const mostRatio = 1.3;

/** What makes a run a failure, in a line. A ratio that is no number is one, too. */
export function slowness({ ratio }: Pick<RecoverResult, 'ratio'>, most = mostRatio): string | undefined {
  if (ratio <= most) return undefined;
  return `FAILED: recovery took ${ratio.toFixed(2)} times as long as plain calls, and may take ${most}`;
}

const holdings = { a: [1, 2, 5], b: [2, 3, 4], c: [1, 3, 4, 5] };

/** @param fast raft's shortest timeouts: less of the time is the election's. */
export async function benchRecover(
  rounds: number,
  fast: boolean,
  say: (line: string) => void,
): Promise<RecoverResult> {
  const found = await findVault({ env: process.env, progress: say });
  if (!found.found) throw new Error(found.why);
  const authority = await createAuthority('recover');
  const cluster = await startCluster({
    vaultPath: found.path,
    tls: authority,
    stableSeconds: 1,
    fastElections: fast,
  });
  try {
    const keys = await cluster.initialise();
    const deps = await appOver(cluster, authority.certPem);
    const ways = { ours: () => ours(deps), plain: () => plain(cluster, keys.shares.slice(0, 3)) };
    const done: RecoverResult['rounds'] = [];
    for (let round = 0; round < rounds; round += 1) {
      const seconds = { ours: 0, plain: 0 };
      // Each way goes first in every other round.
      for (const way of round % 2 === 0 ? (['ours', 'plain'] as const) : (['plain', 'ours'] as const)) {
        await restartAll(cluster);
        const startedAt = performance.now();
        await ways[way]();
        seconds[way] = (performance.now() - startedAt) / 1000;
        await allServing(cluster);
      }
      done.push(seconds);
      say(`round ${round + 1}: ours ${seconds.ours.toFixed(2)} s, plain ${seconds.plain.toFixed(2)} s`);
    }
    return {
      ratio: median(done.map((one) => one.ours)) / median(done.map((one) => one.plain)),
      ours: median(done.map((one) => one.ours)),
      plain: median(done.map((one) => one.plain)),
      rounds: done,
      vault: found.version,
    };
  } finally {
    await cluster.close();
  }
}

async function appOver(cluster: Cluster, ca: string): Promise<RecoverDeps> {
  const custodians = new Map(Object.keys(holdings).map((name) => [name, new MemoryCustodian(name)]));
  const vaults = Object.keys(holdings).map((name) => `https://${name}.vault.azure.net`);
  const entries = Object.entries(holdings).map(([name, shares]) => [
    name,
    { key: `https://${name}.vault.azure.net/keys/escrow`, shares },
  ]);
  const fleet = fleetOf(
    {
      bench: {
        nodes: cluster.nodes.map(({ name, nodeId, address }) => ({ name, nodeId, address })),
        tls: { ca },
        unknownSealCause: 'automatic',
        recovery: { policy: 'automatic', nodeUnseals: 50 },
        escrow: { custodians: Object.fromEntries(entries) },
      },
    },
    vaults,
  );
  const composed = composeRecoverDeps(
    { SEALWATCH_STORAGE: 'UseDevelopmentStorage=true' },
    { state: memoryRecoverState(), write: () => undefined },
  );
  const deps: RecoverDeps = {
    ...composed,
    loadFleet: async () => ({ fleet, problems: [] }),
    facts: async () => undefined,
    custodians: async () => custodians,
  };
  const [one] = fleet.clusters;
  if (one && cluster.keys) await escrow(deps, one, cluster.keys.shares, cluster.keys.threshold);
  return deps;
}

/** A nudge, and its one pass. */
async function ours(deps: RecoverDeps): Promise<void> {
  await runPass(deps, 'bench');
  const [newest] = (await deps.state.recoveries.list('bench', 0)).rows.toSorted(
    (a, b) => b.requestedAt - a.requestedAt,
  );
  if (newest?.ended?.outcome !== 'recovered' || !newest.ended.summary.startsWith('3 of 3')) {
    throw new Error(`not recovered: ${JSON.stringify(newest)}`);
  }
}

/** Every node at once, share after share; then until one is active and the others stand by. */
async function plain(cluster: Cluster, shares: readonly string[]): Promise<void> {
  const agent = new Agent({ connect: { ca: cluster.ca ?? '' } });
  try {
    await Promise.all(
      cluster.nodes.map(async ({ address }) => {
        for (const key of shares) {
          const answer = await request(`${address}/v1/sys/unseal`, {
            dispatcher: agent,
            method: 'POST',
            body: JSON.stringify({ key }),
          });
          await answer.body.dump();
          if (answer.statusCode !== 200) throw new Error(`unseal: ${answer.statusCode}`);
        }
      }),
    );
    const endsAt = systemClock.elapsed() + 60_000;
    const health = async (address: string) => {
      const answer = await request(`${address}/v1/sys/health`, { dispatcher: agent });
      await answer.body.dump();
      return answer.statusCode;
    };
    for (;;) {
      const states = await Promise.all(cluster.nodes.map(({ address }) => health(address)));
      if (
        states.filter((state) => state === 200).length === 1 &&
        states.every((state) => state === 200 || state === 429)
      )
        return;
      if (systemClock.elapsed() > endsAt) throw new Error(`not serving within 60 s: ${states.join(' ')}`);
      await sleep(100);
    }
  } finally {
    await agent.destroy();
  }
}

async function restartAll(cluster: Cluster): Promise<void> {
  await Promise.all(cluster.nodes.map(({ name }) => cluster.kill(name)));
  await Promise.all(cluster.nodes.map(({ name }) => cluster.start(name)));
}

async function allServing(cluster: Cluster): Promise<void> {
  for (const { name } of cluster.nodes) await cluster.awaitState(name, [200, 429], 60);
}
