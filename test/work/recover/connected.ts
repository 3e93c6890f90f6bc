/** The simulated nodes behind the real share client, with an eye on each request of sys/unseal. */
import { openShareClient } from '../../../shared/vault/share-client.ts';
import type { ShareClient } from '../../../shared/vault/unseal.ts';
import type { RecoverDeps } from '../../../shared/work/recover/deps.ts';
import type { Stopper } from '../../fakes/state/stopping.ts';
import { simulationDispatcher } from '../../fakes/vault/dispatcher.ts';
import type { RecoveryUnderTest } from './recovery-under-test.ts';

const totalMs = 5000;

export interface Sent {
  cluster: string;
  node: string;
  body: string;
  /** Of the process that sent it. */
  owner: string;
  /** What the request may take, ms. */
  timeoutMs: number;
  /** Number of the share; undefined: a reset. */
  share?: number;
}

export function connectTo(world: RecoveryUnderTest, owner: string, stopper: Stopper): RecoverDeps['connect'] {
  return async (cluster, trust) => {
    const nodes = cluster.nodes.map(({ name, address }) => {
      const opened = openShareClient(address, trust, {
        timeouts: { connectMs: 1000, headersMs: 5000, totalMs },
        maxResponseBytes: 1_000_000,
        keepAliveMs: 10_000,
        clock: world.clock,
        isRefusedAddress: () => false,
        dispatcher: () => simulationDispatcher(world.simulationOf(cluster.name), name),
      });
      const about = { cluster: cluster.name, node: name, owner };
      const client = opened.ok ? watched(world, about, opened.client, stopper) : opened.error;
      return { node: name, address, client };
    });
    return { nodes, close: async () => undefined };
  };
}

function watched(
  world: RecoveryUnderTest,
  about: Pick<Sent, 'cluster' | 'node' | 'owner'>,
  client: ShareClient,
  stopper: Stopper,
): ShareClient {
  const unseal = client.unseal.bind(client);
  client.unseal = (body, options) =>
    stopper.effect(`unseal ${about.node}`, async () => {
      const text = body.toString();
      const share = numberOf(text);
      const timeoutMs = options?.timeoutMs ?? totalMs;
      const sent: Sent = { ...about, body: text, timeoutMs, ...(share !== undefined && { share }) };
      world.bodies.push(body);
      await world.rules.onSent(sent);
      world.sent.push(sent);
      world.onUnseal(about.node, 'before');
      const answer = await unseal(body, options);
      world.onUnseal(about.node, 'after');
      return answer;
    });
  return client;
}

/** The last byte of a share is its number (shamir/shamir.go). */
function numberOf(body: string): number | undefined {
  const { key } = JSON.parse(body) as { key?: string };
  return key === undefined ? undefined : Buffer.from(key, 'base64').at(-1);
}
