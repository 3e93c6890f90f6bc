/** Real clusters as recovery meets them: restarted, sealed, untouched. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
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

/** Watch looks every 30 s: what is away for so short, ms, it never sees away. */
const mostAwayMs = 300;

/**
 * One node killed and started so fast that no probe sees it away: at most 300 ms from the signal to a listener that
 * takes connections. Again where this machine took longer, and not for ever.
 */
export async function restartUnseen(cluster: Cluster, name: string): Promise<void> {
  const { hostname, port } = new URL(cluster.nodes.find((node) => node.name === name)?.address ?? '');
  const took: number[] = [];
  while (took.length < 5) {
    const killedAt = performance.now();
    await cluster.kill(name);
    const started = cluster.start(name);
    while (!(await listens(hostname, Number(port)))) await sleep(5);
    const awayMs = performance.now() - killedAt;
    await started;
    if (awayMs <= mostAwayMs) return;
    took.push(Math.round(awayMs));
  }
  throw new Error(`${name} was never back within ${mostAwayMs} ms: it took ${took.join(', ')}`);
}

async function listens(host: string, port: number): Promise<boolean> {
  const socket = connect(port, host);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
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
