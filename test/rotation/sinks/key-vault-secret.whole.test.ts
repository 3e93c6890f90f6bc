import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { done, stamp, storeSinkContract } from '../../contract/sink.ts';
import { leaks } from '../../fakes/hostile/disguises.ts';
import { type KeyVaultUnderTest, keyVaultTroubles, keyVaultUnderTest } from './key-vault-under-test.ts';

storeSinkContract('Key Vault secret', keyVaultTroubles, keyVaultUnderTest);

describe('a Key Vault secret as sink', () => {
  let under: KeyVaultUnderTest;
  beforeEach(async () => {
    under = await keyVaultUnderTest();
  });
  afterEach(() => under.close());

  const [old, fresh] = [Buffer.from('hvs.CAESIJ-the-old-one'), Buffer.from('hvs.CAESIK-the-fresh-one')];
  const address = () => `${under.fake.origin('kv-seals')}/secrets/payments-seal`;

  it('writes a version with its end, its tags and its type, from now on', async () => {
    const where = done(await under.sink().write('live', fresh, stamp));
    expect(under.newest('live')).toEqual({
      version: where.replace('version ', ''),
      value: fresh.toString(),
      enabled: true,
      exp: (stamp.endsAt ?? 0) / 1000,
      tags: {
        'sealwatch-rotation': stamp.rotation,
        'sealwatch-cluster': stamp.cluster,
        'sealwatch-kind': stamp.kind,
      },
      contentType: 'text/plain',
    });
  });

  it('gives a version no end when the credential has none', async () => {
    const { rotation, cluster, kind } = stamp;
    done(await under.sink().write('live', fresh, { rotation, cluster, kind }));
    expect(under.newest('live')).not.toHaveProperty('exp');
  });

  it('writes no second version of what the newest one holds already, and a new one where an older one does', async () => {
    for (const value of [old, old, fresh, fresh, old]) done(await under.sink().write('live', value, stamp));
    expect(under.vault.secrets.versions('payments-seal').map(({ value }) => value)).toEqual(
      [old, fresh, old].map(String),
    );
  });

  it('leaves older versions of the live secret enabled: a node may be bound to one', async () => {
    for (const value of [old, fresh]) done(await under.sink().write('live', value, stamp));
    expect(under.vault.secrets.versions('payments-seal').map(({ enabled }) => enabled)).toEqual([true, true]);
  });

  it('disables what it replaces in a slot of its own, so that at most one version there can be read', async () => {
    for (const value of [old, fresh]) done(await under.sink().write('next', value, stamp));
    expect(under.vault.secrets.versions('payments-seal-next').map(({ enabled }) => enabled)).toEqual([
      false,
      true,
    ]);
    done(await under.sink().clear('next'));
    expect(under.vault.secrets.versions('payments-seal-next').map(({ enabled }) => enabled)).toEqual([
      false,
      false,
    ]);
  });

  it('never deletes, never lists, and writes to three names only', async () => {
    for (const slot of ['live', 'next', 'previous'] as const)
      done(await under.sink().write(slot, old, stamp));
    for (const slot of ['next', 'previous'] as const) done(await under.sink().clear(slot));
    expect(under.vault.secrets.names()).toEqual([
      'payments-seal',
      'payments-seal-next',
      'payments-seal-previous',
    ]);
    const used = new Set(
      under.fake.received.map(({ method, path }) => `${method} ${path.replace(/\/[0-9a-f]{32}|\?.*/g, '')}`),
    );
    expect(
      [...used].filter(
        (call) => !/^(GET|PUT|PATCH) \/secrets\/payments-seal(-next|-previous)?\/?$/.test(call),
      ),
    ).toEqual([]);
  });

  it('never sends a value before it has shown who it is', async () => {
    done(await under.sink().write('live', fresh, stamp));
    const anonymous = under.fake.received.filter(({ headers }) => headers.authorization === undefined);
    expect(anonymous.length).toBeGreaterThan(0);
    expect(leaks(anonymous, [fresh.toString()])).toEqual([]);
  });

  it('says that a live secret whose newest version is disabled cannot be read, and a new version mends it', async () => {
    done(await under.sink().write('live', old, stamp));
    Object.assign(under.newest('live') ?? {}, { enabled: false });
    expect(await under.sink().read('live')).toEqual({
      ok: false,
      code: 'wrong',
      detail: `sink "nodes": ${address()}: its newest version is disabled, so a node that starts now cannot read it: enable it, or write a new version (HTTP 403)`,
    });
    expect(await under.sink().reference()).toMatchObject({ ok: false, code: 'wrong' });
    done(await under.sink().write('live', old, stamp));
    expect(done(await under.sink().read('live'))).toEqual(old);
  });

  it.each(['next', 'previous'] as const)(
    'takes a disabled %s for empty: so it clears it itself',
    async (slot) => {
      done(await under.sink().write(slot, old, stamp));
      Object.assign(under.newest(slot) ?? {}, { enabled: false });
      expect(await under.sink().read(slot)).toEqual({ ok: true, value: undefined });
    },
  );

  it('reads an expired version, and one that is not valid yet, as Key Vault does', async () => {
    under.vault.secrets.put('payments-seal', old.toString(), { exp: 1, nbf: 4_102_444_800 });
    expect(done(await under.sink().read('live'))).toEqual(old);
    expect(done(await under.sink().write('live', old, stamp))).toBe(
      `version ${under.newest('live')?.version}`,
    );
    expect(under.vault.secrets.calls.setSecret).toBe(0);
  });

  it("refers to the newest live version, also to a person's", async () => {
    done(await under.sink().write('live', old, stamp));
    const { version } = under.vault.secrets.put('payments-seal', 'by hand');
    expect(await under.sink().reference()).toEqual({ ok: true, value: `keyvault:${address()}/${version}` });
  });

  it('refers to nothing where there is nothing', async () => {
    expect(await under.sink().reference()).toMatchObject({
      ok: false,
      code: 'wrong',
      detail: expect.stringContaining('no such secret') as string,
    });
  });

  it('says what to do about a deleted secret of its name', async () => {
    done(await under.sink().write('live', old, stamp));
    under.vault.secrets.delete('payments-seal');
    expect(await under.sink().read('live')).toEqual({ ok: true, value: undefined });
    expect(await under.sink().write('live', fresh, stamp)).toMatchObject({
      ok: false,
      code: 'odd',
      detail: `sink "nodes": ${address()}: a deleted secret of this name is in the way: recover it, or purge it (HTTP 409)`,
    });
  });

  it('names the missing right', async () => {
    under.vault.fail('any', { status: 403, innerError: 'ForbiddenByRbac' });
    for (const did of [
      await under.sink().read('next'),
      await under.sink().clear('next'),
      await under.sink().write('live', old, stamp),
    ])
      expect(did).toMatchObject({
        ok: false,
        code: 'denied',
        detail: expect.stringContaining('get and set on secrets') as string,
      });
  });

  it.each([
    ['a hang', 'the vault did not answer in time'],
    ['a cut connection', 'the vault cannot be reached or does not work'],
    ['no token', "rotate's own identity gets no token for Key Vault"],
    ['429', 'the vault asks to be called less often (HTTP 429)'],
  ])('tells %s from other failures', async (what, words) => {
    await under.troubles.find(([name]) => name === what)?.[1]();
    expect(await under.sink().read('live')).toMatchObject({
      ok: false,
      detail: expect.stringContaining(words) as string,
    });
  });

  it('comes through when the answer to a write is lost: the next try finds it written', async () => {
    under.vault.fail('setSecret', 'lost', 1);
    expect(await under.sink().write('live', fresh, stamp)).toMatchObject({ ok: false, code: 'unreachable' });
    done(await under.sink().write('live', fresh, stamp));
    expect(under.vault.secrets.versions('payments-seal')).toHaveLength(1);
  });

  it('tells of a superseded version that it could not disable, and holds the new value nevertheless', async () => {
    done(await under.sink().write('next', old, stamp));
    under.vault.fail('updateSecret', { status: 503 });
    expect(await under.sink().write('next', fresh, stamp)).toMatchObject({ ok: false, code: 'unreachable' });
    expect(done(await under.sink().read('next'))).toEqual(fresh);
    expect(await under.sink().write('next', fresh, stamp)).toMatchObject({ ok: true });
  });

  it('refuses bytes that Key Vault would not give back', async () => {
    const did = await under.sink().write('live', Buffer.from([0x68, 0xff, 0xfe]), stamp);
    expect(did).toMatchObject({ ok: false, code: 'wrong' });
    expect(under.fake.received).toEqual([]);
  });
});
