/** Connections stay warm from sweep to sweep: a handshake a node and sweep is what they save. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { composeWatch } from '../../shared/compose.ts';
import type { WatchDeps } from '../../shared/work/deps.ts';
import { healthy } from '../fakes/hostile/behaviours.ts';
import { type Endpoint, startEndpoint } from '../fakes/hostile/endpoint.ts';
import { createAuthority } from '../fakes/pki.ts';
import { memoryState } from '../fakes/state/memory.ts';
import { file, fleetOf } from '../fleet/builders.ts';

const intervalMs = 30_000;

let vault: Endpoint;
let deps: WatchDeps;
beforeEach(async () => {
  const authority = await createAuthority('keep-alive CA');
  const certificate = await authority.issue({ names: ['127.0.0.1'] });
  vault = await startEndpoint({ behaviour: healthy, certificate });
  const env = {
    SEALWATCH_STORAGE: 'UseDevelopmentStorage=true',
    SEALWATCH_SCHEDULE: '*/30 * * * * *',
    SEALWATCH_SECRET_CA: authority.certPem,
  };
  deps = composeWatch(env, { state: memoryState(), write: () => undefined });
  // undici's idle timers: an interval passes without anybody waiting for it.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(async () => {
  vi.useRealTimers();
  await vault.close();
});

it('a connection outlives two sweeps that were missed', async () => {
  const text = file(['tls: {ca: "env:SEALWATCH_SECRET_CA"}']).replace('https://vault-0:8200', vault.address);
  const fleet = fleetOf(text);
  const [cluster] = fleet.clusters;
  if (!cluster) throw new Error('no cluster');
  const ask = async () => {
    const [target] = (await deps.access(cluster, fleet)).clients.values();
    if (!target?.ok) throw new Error('no client');
    expect(await target.client.health()).toMatchObject({ ok: true });
    return target.client;
  };
  await ask();
  await vi.advanceTimersByTimeAsync(3 * intervalMs);
  const client = await ask();
  expect(vault.connections).toHaveLength(1);
  await client.close();
});
