/** Real clusters as recovery meets them: restarted, sealed, untouched. */
import { z } from 'zod';
import { until } from '../../servers/until.ts';
import type { Cluster } from '../../servers/vault-cluster.ts';
import { entryOf } from '../probing/watched-cluster.ts';
import { custodiansEntry, type Entry } from './recovering.ts';

/** Its part of fleet.yaml: automatic, escrowed with the custodians of `spread`. */
export function automatic(cluster: Cluster, over: Entry = {}): Entry {
  return entryOf(cluster, {
    recovery: { policy: 'automatic', nodeUnseals: 50, attempts: 20 },
    escrow: custodiansEntry(),
    ...over,
  });
}

/** Killed and started at once: all nodes, or those named. */
export async function restart(cluster: Cluster, ...nodes: string[]): Promise<void> {
  const names = nodes.length > 0 ? nodes : cluster.nodes.map(({ name }) => name);
  await Promise.all(names.map((name) => cluster.kill(name)));
  await Promise.all(names.map((name) => cluster.start(name)));
}

/** Until no process is so young that its start could be taken for its successor's: shared/work/recover/starts.ts. */
export async function untilTellable(cluster: Cluster): Promise<void> {
  const last = Math.max(...cluster.nodes.map(({ startedAt }) => startedAt));
  await until('old enough processes', 5, async () => performance.now() - last > 2_500 || undefined);
}

const Status = z.object({ sealed: z.boolean(), progress: z.number(), nonce: z.string() });

export async function sealStatus(cluster: Cluster, node: string): Promise<z.infer<typeof Status>> {
  return Status.parse((await cluster.request(node, 'GET', 'sys/seal-status')).body);
}

/** Names of sealed nodes; those that do not answer are not among them. */
export async function sealed(cluster: Cluster): Promise<string[]> {
  const seen = await Promise.all(
    cluster.nodes.map(async ({ name, alive }) =>
      alive && (await sealStatus(cluster, name)).sealed ? [name] : [],
    ),
  );
  return seen.flat();
}
