/** Asks the nodes of a cluster what they show to everybody: their time, the start of their process, and who leads. */
import type { Clock } from '../clock.ts';
import type { Cluster } from '../fleet/fleet.ts';
import { isLinkLocal } from '../fleet/network.ts';
import type { ConsumerSight } from '../rotation/rotation.ts';
import { type NodeAnswers, sightOf } from '../rotation/sight.ts';
import type { VaultClient } from '../vault/client.ts';
import { createVaultClient, type VaultClientSettings } from '../vault/undici-client.ts';
import type { ResolveText } from './trust.ts';
import { readUsableTrust } from './trust.ts';

export interface NodesOptions {
  resolve: ResolveText;
  clock: Clock;
}

const timeouts = { connectMs: 3_000, headersMs: 4_000, totalMs: 5_000 };

/** With the trust of fleet.yaml. @returns why there is none. */
export async function nodeSettings(
  { tls }: Pick<Cluster, 'tls'>,
  { resolve, clock }: NodesOptions,
): Promise<{ ok: true; settings: Omit<VaultClientSettings, 'address'> } | { ok: false; problem: string }> {
  const trust = await readUsableTrust(tls, resolve);
  if (!trust.ok) return trust;
  const settings = {
    tls: trust.tls,
    timeouts,
    maxResponseBytes: 64 * 1024,
    keepAliveMs: 10_000,
    clock,
    isRefusedAddress: isLinkLocal,
  };
  return { ok: true, settings };
}

/** Rejects for nothing: what is not seen says why. */
export function consumerSightBy(options: NodesOptions): (cluster: Cluster) => Promise<ConsumerSight> {
  const { clock } = options;
  return async (cluster) => {
    const { name, nodes } = cluster;
    const at = await nodeSettings(cluster, options);
    if (!at.ok) {
      const unseen = `${name} cannot be asked: ${at.problem}`;
      return {
        cluster: name,
        nodes: nodes.map(({ name: node }) => ({ node, unseen })),
        leaderUnseen: unseen,
      };
    }
    const answers = await Promise.all(
      nodes.map(async (node) => {
        const client = createVaultClient({ ...at.settings, address: node.address });
        try {
          return await ask(node.name, client, clock);
        } finally {
          await client.close();
        }
      }),
    );
    return sightOf(name, answers, clock.now());
  };
}

async function ask(node: string, client: VaultClient, clock: Clock): Promise<NodeAnswers> {
  const before = clock.now();
  const leader = await client.leader();
  // Nobody is there: the others would only take as long again.
  if (!leader.ok && leader.error.status === undefined)
    return { node, leader, start: leader, health: leader, asked: before, answered: clock.now() };
  const start = await client.processStart();
  // Last, over a connection that is open: the way back and forth is then all that its time is old.
  const asked = clock.now();
  const health = await client.health();
  return { node, leader, start, health, asked, answered: clock.now() };
}
