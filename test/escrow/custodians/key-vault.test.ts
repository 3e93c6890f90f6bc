import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Custodian, CustodianError, Wrapped } from '../../../shared/escrow/custodian.ts';
import { type FakeKeyVaults, startKeyVaults } from '../../fakes/keyvault/server.ts';
import type { Fault } from '../../fakes/keyvault/vault.ts';
import { keyVaultCustodian } from './key-vaults.ts';

const signal = new AbortController().signal;

describe('a Key Vault custodian', () => {
  let fake: FakeKeyVaults;
  let first = '';
  let custodian: Custodian;
  beforeAll(async () => {
    fake = await startKeyVaults(['own', 'alien']);
    first = await fake.vault('own').rotate('escrow');
    await fake.vault('alien').rotate('escrow');
    custodian = keyVaultCustodian(fake, 'own');
  });
  afterAll(() => fake.close());
  afterEach(() => fake.vault('own').heal());

  async function wrapped(key = randomBytes(32)): Promise<Wrapped> {
    const result = await custodian.wrap(key, signal);
    if (!result.ok) throw new Error(result.error.message);
    return result.value;
  }

  const faults: { name: string; fault: Fault; error: Partial<CustodianError> }[] = [
    { name: '401', fault: { status: 401 }, error: { code: 'denied', recoverable: false } },
    { name: '403', fault: { status: 403 }, error: { code: 'denied', recoverable: false } },
    {
      name: '403 of a disabled key',
      fault: { status: 403, innerError: 'KeyDisabled' },
      error: { code: 'key-disabled', recoverable: false },
    },
    { name: '404', fault: { status: 404 }, error: { code: 'key-deleted', recoverable: false } },
    { name: '409', fault: { status: 409 }, error: { code: 'key-deleted', recoverable: false } },
    { name: '400', fault: { status: 400 }, error: { code: 'refused', recoverable: false } },
    { name: '429', fault: { status: 429 }, error: { code: 'throttled', recoverable: true } },
    {
      name: '429 with Retry-After',
      fault: { status: 429, retryAfter: '7' },
      error: { code: 'throttled', recoverable: true, retryAfterMs: 7000 },
    },
    { name: '500', fault: { status: 500 }, error: { code: 'unavailable', recoverable: true } },
    {
      name: '503 with Retry-After',
      fault: { status: 503, retryAfter: '2' },
      error: { code: 'unavailable', recoverable: true, retryAfterMs: 2000 },
    },
    { name: 'a reset', fault: 'reset', error: { code: 'unavailable', recoverable: true } },
  ];

  it.each(faults)(
    'answers $name with a closed code after one call, and copies no sentence',
    async ({ fault, error }) => {
      const sealed = await wrapped();
      const vault = fake.vault('own');
      vault.fail('unwrapKey', fault);
      const before = vault.calls.unwrapKey;
      const result = await custodian.unwrap(sealed, signal);
      expect(result).toMatchObject({ ok: false, error });
      expect(vault.calls.unwrapKey - before).toBe(1);
      expect('retryAfterMs' in (result.ok ? {} : result.error)).toBe('retryAfterMs' in error);
      expect(inspect(result)).not.toContain('its own sentence');
      expect(inspect(result)).toContain('custodian "own"');
      vault.heal();
      vault.fail('wrapKey', fault);
      expect(await custodian.wrap(randomBytes(32), signal)).toMatchObject({ ok: false, error });
      vault.heal();
      vault.fail('getKey', fault);
      expect(await custodian.wrap(randomBytes(32), signal)).toMatchObject({ ok: false, error });
      expect(await custodian.facts(undefined, signal)).toMatchObject({ ok: false, error });
    },
  );

  it('ends a call that hangs when its time is over', async () => {
    const sealed = await wrapped();
    fake.vault('own').fail('unwrapKey', 'hang');
    const result = await custodian.unwrap(sealed, AbortSignal.timeout(150));
    expect(result).toMatchObject({ ok: false, error: { code: 'timeout', recoverable: true } });
  });

  it('passes the anonymous challenge with verification on, and asks for a token of Key Vault only', async () => {
    const asked: unknown[] = [];
    const credential = {
      getToken: async (scopes: string | string[]) => {
        asked.push(scopes);
        return fake.credential.getToken();
      },
    };
    const before = fake.vault('own').challenges;
    const fresh = keyVaultCustodian(fake, 'own', { credential });
    expect(await fresh.facts(undefined, signal)).toMatchObject({ ok: true });
    expect(fake.vault('own').challenges - before).toBe(1);
    expect(asked).toEqual([['https://vault.azure.net/.default']]);
  });

  it('is denied without a good token', async () => {
    const credential = {
      getToken: async () => ({ token: 'forged', expiresOnTimestamp: Date.now() + 60_000 }),
    };
    const forged = keyVaultCustodian(fake, 'own', { credential });
    expect(await forged.unwrap(await wrapped(), signal)).toMatchObject({
      ok: false,
      error: { code: 'denied' },
    });
  });

  it('is denied when the identity gives no token, and repeats nothing of what the identity said', async () => {
    const credential = {
      getToken: async () => {
        throw Object.assign(new Error('client_secret=hunter2 is wrong'), {
          name: 'AuthenticationError',
          statusCode: 401,
        });
      },
    };
    const result = await keyVaultCustodian(fake, 'own', { credential }).unwrap(await wrapped(), signal);
    expect(result).toMatchObject({ ok: false, error: { code: 'denied' } });
    expect(inspect(result)).not.toContain('hunter2');
  });

  it('wraps with the newest version and unwraps with the one that wrapped', async () => {
    const key = randomBytes(32);
    const old = await wrapped(key);
    expect(old.keyId).toBe(first);
    const second = await fake.vault('own').rotate('escrow');
    expect((await wrapped()).keyId).toBe(second);
    expect(await custodian.unwrap(old, signal)).toEqual({ ok: true, value: key });
    expect(await custodian.unwrap({ ...old, keyId: second }, signal)).toMatchObject({
      error: { code: 'refused' },
    });
  });

  it('calls nobody for an envelope that names another vault, key, port or scheme', async () => {
    const sealed = await wrapped();
    const version = sealed.keyId.split('/').at(-1);
    const { origin } = new URL(sealed.keyId);
    const calls = () => ['own', 'alien'].map((name) => [fake.vault(name).calls, fake.vault(name).challenges]);
    const before = JSON.stringify(calls());
    for (const keyId of [
      `${fake.origin('alien')}/keys/escrow/${version}`,
      `${origin}/keys/other/${version}`,
      `${origin}/keys/escrow`,
      `${origin}/keys/escrow/`,
      `${origin}/keys/escrow/${version}/x`,
      `${origin}/keys/escrow/../other/${version}`,
      `${origin}/keys/escrow/${version}?x=1`,
      `${origin}/secrets/escrow/${version}`,
      `https://own.vault.azure.net/keys/escrow/${version}`,
      `http://own.vault.azure.net:${fake.port}/keys/escrow/${version}`,
      `https://own.vault.azure.net@alien.vault.azure.net:${fake.port}/keys/escrow/${version}`,
    ]) {
      const result = await custodian.unwrap({ ...sealed, keyId }, signal);
      expect(result, keyId).toMatchObject({ ok: false, error: { code: 'refused', recoverable: false } });
      expect(await custodian.facts(keyId, signal), keyId).toMatchObject({ error: { code: 'refused' } });
    }
    expect(JSON.stringify(calls())).toBe(before);
  });

  it('tells a disabled, an expired and a deleted key apart', async () => {
    const vault = await startKeyVaults(['states']);
    try {
      const own = keyVaultCustodian(vault, 'states');
      const id = await vault.vault('states').rotate('escrow');
      const sealed = await own.wrap(randomBytes(32), signal);
      if (!sealed.ok) throw new Error(sealed.error.message);
      vault.vault('states').set(id, { enabled: false });
      expect(await own.unwrap(sealed.value, signal)).toMatchObject({ error: { code: 'key-disabled' } });
      expect(await own.wrap(randomBytes(32), signal)).toMatchObject({ error: { code: 'key-disabled' } });
      expect(await own.facts(id, signal)).toMatchObject({ ok: true, value: { keyId: id, enabled: false } });
      // Plain 403s, as a firewall or an older service gives: the key itself tells.
      vault.vault('states').fail('unwrapKey', { status: 403 });
      expect(await own.unwrap(sealed.value, signal)).toMatchObject({ error: { code: 'key-disabled' } });
      vault.vault('states').heal();

      const expiresOn = new Date('2020-01-01T00:00:00Z');
      vault.vault('states').set(id, { enabled: true, expiresOn });
      expect(await own.wrap(randomBytes(32), signal)).toMatchObject({ error: { code: 'key-expired' } });
      // Key Vault still unwraps with it, so a recovery must not be refused by the SDK's own check.
      const fresh = keyVaultCustodian(vault, 'states');
      const { getKey } = vault.vault('states').calls;
      expect(await fresh.unwrap(sealed.value, signal)).toMatchObject({ ok: true });
      expect(vault.vault('states').calls.getKey).toBe(getKey);
      expect(await own.facts(id, signal)).toMatchObject({ value: { expiresAt: expiresOn.getTime() } });

      vault.vault('states').delete('escrow');
      expect(await own.unwrap(sealed.value, signal)).toMatchObject({ error: { code: 'key-deleted' } });
      expect(await own.facts(undefined, signal)).toMatchObject({ error: { code: 'key-deleted' } });
    } finally {
      await vault.close();
    }
  });

  it('needs one call to unwrap, once it has its token', async () => {
    const sealed = await wrapped();
    const vault = fake.vault('own');
    await custodian.unwrap(sealed, signal);
    const before = { ...vault.calls, challenges: vault.challenges };
    await custodian.unwrap(sealed, signal);
    const after = { ...vault.calls, challenges: vault.challenges };
    expect(after).toEqual({ ...before, unwrapKey: before.unwrapKey + 1 });
  });

  it('takes no vault whose certificate it does not trust', async () => {
    const impostor = await startKeyVaults(['own']);
    try {
      await impostor.vault('own').rotate('escrow');
      const fooled = keyVaultCustodian({ ...impostor, agent: fake.agent }, 'own');
      expect(await fooled.wrap(randomBytes(32), signal)).toMatchObject({ error: { code: 'unavailable' } });
      expect(impostor.vault('own')).toMatchObject({
        challenges: 0,
        calls: { getKey: 0, wrapKey: 0, unwrapKey: 0 },
      });
    } finally {
      await impostor.close();
    }
  });
});
