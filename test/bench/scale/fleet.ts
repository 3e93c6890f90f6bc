/** The fleet of a run: its nodes, played by other processes, and the fleet.yaml that names them. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startTargets } from '../sweep/children.ts';
import type { Fleet as Targets } from '../sweep/rounds.ts';

export interface PlayedFleet {
  targets: Targets;
  clusters: number;
  close(): void;
}

/** Processes that play nodes: each has two files open a node and worker. */
const players = 2;

/** Nodes with a loopback address each: connections to one address and port share 28,000 ports, here each has its own. */
export async function playFleet(nodes: number, tls: boolean): Promise<PlayedFleet> {
  const each = Math.ceil(nodes / players);
  const starting = Array.from({ length: players }, (_, player) => {
    const first = player * each;
    return startTargets(Math.min(each, nodes - first), tls, 0, { network: networkOf(process.pid), first });
  });
  const started = await Promise.all(starting);
  const [some] = started;
  return {
    targets: {
      ca: started.map(({ fleet }) => fleet.ca).join('\n'),
      addresses: started.flatMap(({ fleet }) => fleet.addresses),
      ...(some?.fleet.serverName !== undefined && { serverName: some.fleet.serverName }),
    },
    clusters: Math.ceil(nodes / 3),
    close: () => {
      for (const player of started) player.close();
    },
  };
}

/** Two benchmarks at the same time have hardly ever the same: 127.2 to 127.251. */
const networkOf = (pid: number): number => 2 + (pid % 250);

/**
 * Writes fleet.yaml, three nodes a cluster, with the defaults of everything.
 *
 * @param batch clusters of the smallest fleet that is split, and of a batch; without it as by default.
 * @returns its path.
 */
export async function writeFleet(folder: string, targets: Targets, batch?: number): Promise<string> {
  const lines = ['version: 1'];
  if (batch !== undefined) lines.push('probe:', `  batches: { from: ${batch}, clusters: ${batch} }`);
  lines.push('clusters:');
  const { addresses, serverName } = targets;
  const ca = join(folder, 'ca.pem');
  if (serverName !== undefined) await writeFile(ca, targets.ca);
  for (let first = 0; first < addresses.length; first += 3) {
    lines.push(`  c${first / 3}:`, `    nodes: [${addresses.slice(first, first + 3).join(', ')}]`);
    if (serverName !== undefined) lines.push(`    tls: { ca: "file:${ca}", serverName: ${serverName} }`);
  }
  const path = join(folder, 'fleet.yaml');
  await writeFile(path, `${lines.join('\n')}\n`);
  return path;
}
