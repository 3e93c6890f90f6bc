/** Transit kinds, with limits small enough for tests, at a provider behind a way on which things get lost. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../shared/clock.ts';
import { systemClock } from '../../../shared/compose/clock.ts';
import { isLinkLocal } from '../../../shared/fleet/network.ts';
import { unfitToken } from '../../../shared/readiness/judge/seal-token.ts';
import type { TransitTokenPorts } from '../../../shared/rotation/kinds/transit-token-ports.ts';
import { createRotationClient, type RotationClient } from '../../../shared/vault/rotation-client.ts';
import type { KindUnderTest } from '../../contract/rotation-kind.ts';
import { type Endpoint, startEndpoint } from '../../fakes/hostile/endpoint.ts';
import type { IssuedCertificate } from '../../fakes/pki.ts';
import { FakeTokenProvider } from '../../fakes/vault/token-provider.ts';
import { type Serve, type Way, wayTo } from '../../fakes/vault/way.ts';

export interface ProviderUnderTest {
  endpoint: Endpoint;
  way: Way;
  client: RotationClient;
  close: () => Promise<void>;
}

const totalMs = 10_000;

/** @param hangs nothing will be answered: there is nothing to wait for. */
export function rotationClientAt(address: string, ca: string, hangs = () => false): RotationClient {
  const clock: Clock = {
    ...systemClock,
    after: (ms, callback) => systemClock.after(hangs() ? Math.min(ms, 20) : ms, callback),
  };
  return createRotationClient({
    address,
    tls: { pins: [], ca },
    timeouts: { connectMs: totalMs, headersMs: totalMs, totalMs },
    maxResponseBytes: 64 * 1024,
    keepAliveMs: 10_000,
    clock,
    isRefusedAddress: isLinkLocal,
  });
}

export async function startProviderUnderTest(
  certificate: IssuedCertificate,
  ca: string,
  serve: Serve,
): Promise<ProviderUnderTest> {
  const way = wayTo(serve);
  const endpoint = await startEndpoint({ certificate, behaviour: way.behaviour });
  const client = rotationClientAt(endpoint.address, ca, way.hangs);
  return {
    endpoint,
    way,
    client,
    async close() {
      await client.close();
      await endpoint.close();
    },
  };
}

export function transitPorts(
  clients: RotationClient[],
  over: Partial<TransitTokenPorts> = {},
): TransitTokenPorts {
  return {
    clients,
    ownToken: undefined,
    provider: 'root',
    mount: 'transit',
    key: 'payments',
    cluster: 'payments',
    role: 'seal-payments',
    wrapTtlSeconds: 120,
    unfit: unfitToken,
    random: randomBytes,
    clock: systemClock,
    timeoutMs: totalMs,
    ...over,
  };
}

/** A fake provider, its own token for rotate and for the seal; in front of it as many nodes as asked for. */
export async function startFakeProvider(certificate: IssuedCertificate, ca: string, nodes = 1) {
  const fake = new FakeTokenProvider();
  const own = fake.add({ policies: ['root'] });
  const seal = fake.add({ period: 86_400 });
  const all: ProviderUnderTest[] = [];
  for (let n = 0; n < nodes; n += 1) all.push(await startProviderUnderTest(certificate, ca, fake.serve));
  const ports = {
    ...transitPorts(
      all.map(({ client }) => client),
      {
        ownToken: async () => ({ ok: true, value: own }),
        clock: { ...systemClock, now: () => fake.now * 1000 },
      },
    ),
    sealToken: async () => ({ ok: true, value: seal }) as const,
  };
  /** Paths that reached the nodes, in order, without `/v1/`. */
  const asked = () =>
    all.map(({ endpoint }) => endpoint.received.map(({ path }) => path.slice('/v1/'.length)));
  const close = async () => {
    await Promise.all(all.map((one) => one.close()));
  };
  return { fake, own, seal, ports, nodes: all, asked, close };
}

/** What a transit kind may say of each fault. */
export const transitExpects: KindUnderTest['expects'] = {
  unreachable: ['unreachable'],
  hang: ['unreachable'],
  throttled: ['throttled'],
  denied: ['denied', 'dead'],
  echo: ['odd'],
};
