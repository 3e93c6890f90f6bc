import { z } from 'zod';
import { until } from './until.ts';
import type { Cluster } from './vault-cluster.ts';
import type { Reply } from './vault-request.ts';

/** What `init` returned. Of a test cluster, kept in memory only. */
export interface Keys {
  /** base64. With a transit seal these are recovery shares, which unseal nothing by themselves. */
  shares: string[];
  threshold: number;
  rootToken: string;
}

const InitAnswer = z.object({
  keys_base64: z.array(z.string()),
  recovery_keys_base64: z.array(z.string()).optional(),
  root_token: z.string(),
});
const SealStatus = z.object({ initialized: z.boolean(), sealed: z.boolean(), progress: z.number() });
const Autopilot = z.object({ data: z.object({ voters: z.array(z.string()) }) });

/** Initialises the first node; the others join it by retry_join and are unsealed as soon as they have. */
export async function initialiseCluster(
  cluster: Cluster,
  options: { shares: number; threshold: number; autoUnseal: boolean; stableSeconds?: number },
): Promise<Keys> {
  const first = cluster.nodes[0];
  if (!first) throw new Error('a cluster without nodes');
  const counts = options.autoUnseal
    ? { recovery_shares: options.shares, recovery_threshold: options.threshold }
    : { secret_shares: options.shares, secret_threshold: options.threshold };
  const reply = await cluster.request(first.name, 'POST', 'sys/init', counts);
  expectStatus(reply, 200, `init ${first.name}`);
  const answer = InitAnswer.parse(reply.body);
  const keys: Keys = {
    shares: options.autoUnseal ? (answer.recovery_keys_base64 ?? []) : answer.keys_base64,
    threshold: options.threshold,
    rootToken: answer.root_token,
  };

  if (!options.autoUnseal) await unsealNode(cluster, first.name, keys);
  const active = await cluster.awaitActive();
  if (options.stableSeconds !== undefined) {
    const set = await cluster.request(
      active.name,
      'POST',
      'sys/storage/raft/autopilot/configuration',
      { server_stabilization_time: `${options.stableSeconds}s` },
      keys.rootToken,
    );
    expectStatus(set, 204, 'autopilot configuration');
  }
  await Promise.all(
    cluster.nodes.slice(1).map(async ({ name }) => {
      if (options.autoUnseal) await awaitUnsealed(cluster, name);
      else await unsealNode(cluster, name, keys);
    }),
  );
  await cluster.awaitActive();
  if (options.stableSeconds !== undefined) await awaitVoters(cluster, keys.rootToken);
  return keys;
}

/** Sends a threshold of shares to a node that has data (or has joined), and waits until it is unsealed. */
export async function unsealNode(cluster: Cluster, name: string, keys: Keys): Promise<void> {
  await until(`${name} is initialised or has joined`, 60, async () =>
    (await sealStatus(cluster, name)).initialized ? true : undefined,
  );
  for (const share of keys.shares.slice(0, keys.threshold)) {
    expectStatus(await cluster.request(name, 'POST', 'sys/unseal', { key: share }), 200, `unseal ${name}`);
  }
  // A joiner takes the last share with `sealed: true` and unseals a moment later (VAULT-FACTS).
  await awaitUnsealed(cluster, name);
}

async function awaitUnsealed(cluster: Cluster, name: string): Promise<void> {
  await until(`${name} is unsealed`, 60, async () =>
    (await sealStatus(cluster, name)).sealed ? undefined : true,
  );
}

async function awaitVoters(cluster: Cluster, token: string): Promise<void> {
  let seen: string[] = [];
  await until(
    'every node is a voter',
    120,
    async () => {
      const active = await cluster.awaitActive();
      const path = 'sys/storage/raft/autopilot/state';
      const reply = await cluster.request(active.name, 'GET', path, undefined, token);
      seen = Autopilot.safeParse(reply.body).data?.data.voters ?? [];
      return seen.length === cluster.nodes.length ? true : undefined;
    },
    () => `Voters: ${seen.join(', ')}`,
  );
}

async function sealStatus(cluster: Cluster, name: string): Promise<z.infer<typeof SealStatus>> {
  const reply = await cluster.request(name, 'GET', 'sys/seal-status');
  expectStatus(reply, 200, `seal-status of ${name}`);
  return SealStatus.parse(reply.body);
}

function expectStatus(reply: Reply, status: number, what: string): void {
  if (reply.status !== status) {
    throw new Error(`${what}: ${reply.failed ?? `${reply.status} ${JSON.stringify(reply.body)}`}`);
  }
}
