import { describe, expect, it } from 'vitest';
import { systemClock } from '../../shared/compose/clock.ts';
import { isLinkLocal } from '../../shared/fleet/network.ts';
import { readUnseal } from '../../shared/vault/read/unseal-answer.ts';
import { createSecretClient } from '../../shared/vault/undici-client.ts';
import type { UnsealAnswer } from '../../shared/vault/unseal.ts';
import { answer, echo, text } from '../fakes/hostile/behaviours.ts';
import { leaks } from '../fakes/hostile/disguises.ts';
import { type Behaviour, startEndpoint } from '../fakes/hostile/endpoint.ts';
import { closing } from './clients.ts';

const key = 'b2YtYS1zaGFyZS10aGF0LW5vYm9keS1tYXktc2VlIQ==';
const status = {
  type: 'shamir',
  initialized: true,
  sealed: true,
  t: 3,
  n: 5,
  progress: 2,
  nonce: 'f47411a8-cf5b-d566-f6bd-f6c19d0d2b77',
  version: '1.21.0',
};

async function unsealing(behaviour: Behaviour): Promise<UnsealAnswer> {
  const server = closing(await startEndpoint({ behaviour }));
  const client = closing(
    createSecretClient({
      address: server.address,
      tls: { pins: [] },
      timeouts: { connectMs: 1000, headersMs: 1000, totalMs: 1000 },
      maxResponseBytes: 65_536,
      keepAliveMs: 10_000,
      clock: systemClock,
      isRefusedAddress: isLinkLocal,
    }),
  );
  return client.unseal(Buffer.from(JSON.stringify({ key })));
}

/** Vault's own words: seen on Vault 1.21.0, or from vault/core.go, http/sys_seal.go and shamir/shamir.go. */
const refusals: [said: string, status: number, code: string][] = [
  [
    'unable to retrieve stored keys: invalid key: failed to decrypt keys from storage: error decrypting seal wrapped ' +
      'value\nerror decrypting using seal shamir: cipher: message authentication failed',
    400,
    'authentication-failed',
  ],
  ['Unseal failed, invalid key', 400, 'authentication-failed'],
  ["'key' must be a valid hex or base64 string", 400, 'malformed'],
  ['invalid key: key is shorter than minimum 16 bytes', 400, 'malformed'],
  ['invalid key: key is longer than maximum 33 bytes', 400, 'malformed'],
  ['invalid key: failed to compute combined key: all parts must be the same length', 400, 'malformed'],
  ['invalid key: failed to compute combined key: duplicate part detected', 400, 'duplicate'],
  ['vault is unsealed', 400, 'already-unsealed'],
  ['Vault is not initialized', 400, 'not-initialised'],
  ['node was removed from a HA cluster', 500, 'node-removed'],
  ['migrate option not provided and seal migration is pending', 500, 'migration'],
  ["can't perform a seal migration, no migration seal found", 500, 'migration'],
  ['context deadline exceeded', 500, 'no-leader-or-storage'],
  ['local node not active but active cluster node not found', 500, 'no-leader-or-storage'],
  ['something that no Vault has said so far', 500, 'no-leader-or-storage'],
  ['request path is rate limited', 429, 'other'],
];

describe('sys/unseal', () => {
  it('is answered with numbers and a nonce, and nothing else of what came', async () => {
    const given = await unsealing(answer(200, { ...status, cluster_name: key, version: key }));
    const { sealed, t, n, progress, nonce } = status;
    expect(given).toMatchObject({ ok: true, body: { sealed, t, n, progress, nonce } });
    expect(leaks(given, [key])).toEqual([]);
  });

  it('has no nonce where the set has ended', async () => {
    const given = await unsealing(answer(200, { ...status, progress: 0, nonce: '' }));
    expect(given.ok && given.body).toEqual({ sealed: true, t: 3, n: 5, progress: 0 });
  });

  it.each(refusals)('refused with %j is a closed code', async (said, httpStatus, code) => {
    const given = await unsealing(answer(httpStatus, { errors: [said] }));
    expect(given).toMatchObject({ ok: false, code, error: { code: 'http', status: httpStatus } });
    expect(leaks(given, [said.slice(0, 30)])).toEqual([]);
  });

  it.each<[string, Behaviour, string]>([
    ['a nonce that is none', answer(200, { ...status, nonce: key }), 'not-vault'],
    ['numbers that hold more than a count', answer(200, { ...status, n: 1e12 }), 'not-vault'],
    ['HTML', text(200, `<h1>${key}</h1>`), 'not-json'],
    ['its own request, with 200', echo(200), 'not-vault'],
    ['its own request, with 400', echo(400), 'other'],
    ['its own request, with 500', echo(500), 'no-leader-or-storage'],
    ['a redirect', echo(307), 'other'],
  ])('answered with %s gives nothing of the share back', async (_what, behaviour, code) => {
    const given = await unsealing(behaviour);
    expect(given).toMatchObject({ ok: false, code });
    expect(leaks(given, [key, Buffer.from(key, 'base64').toString()])).toEqual([]);
  });

  it('zeroes what came, once it was read', () => {
    const chunks = [Buffer.from(JSON.stringify({ errors: [key] }))];
    const read = readUnseal({ status: 400, location: undefined, chunks, connection: undefined });
    expect(read).toMatchObject({ refusal: 'other' });
    expect(chunks.flatMap((chunk) => [...chunk]).every((byte) => byte === 0)).toBe(true);
  });
});
