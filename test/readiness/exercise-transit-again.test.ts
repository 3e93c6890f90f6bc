/** Who is asked again, and when; and what is read of a key's versions. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../shared/compose/clock.ts';
import { isLinkLocal } from '../../shared/fleet/network.ts';
import type { AskLeaderSince } from '../../shared/readiness/exercise/leader-since.ts';
import { exerciseTransit, type TransitPorts } from '../../shared/readiness/exercise/transit.ts';
import { createTransitClient } from '../../shared/vault/transit-client.ts';
import { answer } from '../fakes/hostile/behaviours.ts';
import { createAuthority, type TestAuthority } from '../fakes/pki.ts';
import { closing } from '../vault/clients.ts';
import { seal } from './examples.ts';
import { type Provider, startProvider, tokenBody } from './provider.ts';

let authority: TestAuthority;
let first: Provider;
let second: Provider;
beforeAll(async () => {
  authority = await createAuthority('Provider CA');
  const certificate = await authority.issue({ names: ['127.0.0.1'] });
  [first, second] = await Promise.all([startProvider(certificate), startProvider(certificate)]);
});
afterAll(async () => {
  await Promise.all([first.close(), second.close()]);
});
beforeEach(() => {
  for (const provider of [first, second]) {
    provider.manners({});
    provider.received.length = 0;
  }
});

const now = tokenBody.creation_time * 1000 + 3_600_000;
const errors = (status: number) => answer(status, { errors: [] });

const clientAt = (address: string) =>
  closing(
    createTransitClient({
      address,
      tls: { pins: [], ca: authority.certPem },
      timeouts: { connectMs: 500, headersMs: 500, totalMs: 500 },
      maxResponseBytes: 64 * 1024,
      keepAliveMs: 10_000,
      clock: systemClock,
      isRefusedAddress: isLinkLocal,
    }),
  );

const exercise = (addresses: string[], over: Partial<TransitPorts> = {}) =>
  exerciseTransit(seal, {
    clients: addresses.map(clientAt),
    token: async () => ({ ok: true, value: 'hvs.seal' }),
    ownToken: async () => ({ ok: true, value: 'hvs.own' }),
    random: (bytes) => Buffer.alloc(bytes, 7),
    clock: { ...systemClock, now: () => now },
    timeoutMs: 500,
    ...over,
  });

describe('a provider that does not serve', () => {
  it('is asked once more, at all nodes, 10 s after it was asked first', async () => {
    const slept: number[] = [];
    let elapsed = 0;
    first.manners({ encrypt: errors(500) });
    second.manners({ encrypt: errors(503) });
    const clock = {
      now: () => now,
      after: (ms: number, callback: () => void) => systemClock.after(ms, callback),
      // The first time took 3 s.
      elapsed: () => (elapsed += 3_000),
      sleep: async (ms: number) => {
        slept.push(ms);
        second.manners({});
      },
    };
    expect(await exercise([first.address, second.address], { clock })).toMatchObject({
      address: second.address,
      roundTrip: { ok: true },
    });
    expect(slept).toEqual([7_000]);
  });

  it('is not asked again where a node denied: that is an answer', async () => {
    first.manners({ encrypt: errors(403) });
    await exercise([first.address]);
    expect(first.asked().filter((path) => path === 'encrypt')).toHaveLength(1);
  });
});

describe('a key that was rotated', () => {
  it('tells when the oldest version that decrypts was made, where that is a time', async () => {
    const key = { latest_version: 3, min_decryption_version: 2, deletion_allowed: false };
    const readAs = async (keys: unknown) => {
      first.manners({ keys: answer(200, { data: { ...key, keys } }) });
      return (await exercise([first.address])).key;
    };
    expect(await readAs({ 2: 1_795_000_000, 3: 1_795_000_100 })).toMatchObject({
      value: { minDecryptionVersion: 2, minMadeAt: 1_795_000_000_000 },
    });
    expect(await readAs({ 2: { name: 'ecdsa' } })).not.toHaveProperty('value.minMadeAt');
  });

  it('asks since when its cluster has its leader, only where versions no longer decrypt', async () => {
    const led = async (min: number, leaderSince: AskLeaderSince | undefined) => {
      const key = { latest_version: 3, min_decryption_version: min, deletion_allowed: false };
      first.manners({ keys: answer(200, { data: key }) });
      return exercise([first.address], leaderSince && { leaderSince });
    };
    let asked = 0;
    const since = async () => {
      asked += 1;
      return now - 1;
    };
    expect(await led(1, since)).not.toHaveProperty('leaderSince');
    expect(asked).toBe(0);
    expect(await led(2, since)).toMatchObject({ leaderSince: now - 1, roundTrip: { ok: true } });
    for (const unseen of [
      async () => undefined,
      async () => Promise.reject(new Error('no')),
      // It takes no more time than what is asked beside it.
      () => new Promise<never>(() => undefined),
      undefined,
    ]) {
      const found = await led(2, unseen);
      expect(found).toMatchObject({ roundTrip: { ok: true }, token: { ok: true } });
      expect(found).not.toHaveProperty('leaderSince');
    }
  });

  it('asks nothing of a leader where the seal does not work anyway', async () => {
    const key = { latest_version: 3, min_decryption_version: 2, deletion_allowed: false };
    first.manners({ keys: answer(200, { data: key }), encrypt: errors(403) });
    const asked = await exercise([first.address], { leaderSince: async () => now });
    expect(asked).not.toHaveProperty('leaderSince');
  });
});
