/** Clients with limits small enough for tests. */
import { afterEach } from 'vitest';
import { systemClock } from '../../shared/compose/clock.ts';
import { isLinkLocal } from '../../shared/fleet/network.ts';
import type { VaultClient } from '../../shared/vault/client.ts';
import { createVaultClient, type VaultClientSettings } from '../../shared/vault/undici-client.ts';

const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

/** Closed after the test. */
export function closing<T extends { close(): Promise<void> }>(one: T): T {
  open.push(one);
  return one;
}

export function clientOf(
  address: string,
  over: Partial<Omit<VaultClientSettings, 'tls' | 'address'>> & {
    tls?: Partial<VaultClientSettings['tls']>;
  } = {},
): VaultClient {
  const { tls, ...rest } = over;
  return closing(
    createVaultClient({
      address,
      tls: { pins: [], ...tls },
      timeouts: { connectMs: 5_000, headersMs: 5_000, totalMs: 5_000 },
      maxResponseBytes: 64 * 1024,
      keepAliveMs: 60_000,
      clock: systemClock,
      isRefusedAddress: isLinkLocal,
      ...rest,
    }),
  );
}

/** For servers that never come to an end. */
export const impatient = { timeouts: { connectMs: 250, headersMs: 250, totalMs: 250 } };
