/** The key of an azurekeyvault seal, as composed: the real SDK against a fake of Key Vault. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Look } from '../../../shared/rotation/rotation.ts';
import { must } from '../../contract/rotation-kind.ts';
import { AzureKindsUnderTest } from './azure-kinds-under-test.ts';

const second = 1_000;
let azure: AzureKindsUnderTest;
beforeEach(async () => {
  azure = await AzureKindsUnderTest.start();
});
afterEach(() => azure.close());

const vault = () => azure.under.vault;
const look = async (): Promise<Look> => must(await azure.keyKind().look(undefined));
const newest = () => versionOf(vault().versionsOf('unseal').at(-1));
const versionOf = (id: string | undefined) => id?.split('/').at(-1) ?? '';

describe('a new version', () => {
  it('is made by Key Vault, and is what the seal is tried with', async () => {
    const kind = azure.keyKind();
    const { fresh, value } = must(await kind.create('payments.one'));
    expect(fresh).toEqual({ ref: newest(), madeAt: expect.any(Number) });
    expect(value).toBeUndefined();
    expect(vault().versionsOf('unseal')).toHaveLength(2);
    expect(await kind.exercise(fresh, undefined)).toEqual({ ok: true, value: undefined });
    const used = azure.under.vaults.received.filter(({ path }) => /\/(un)?wrapkey/.test(path));
    expect(used.every(({ path }) => path.includes(fresh.ref))).toBe(true);
    expect(vault().calls).toMatchObject({ rotate: 1, wrapKey: 1, unwrapKey: 1 });
  });

  it('is asked for once, whatever comes back: a second request would make a second one', async () => {
    vault().fail('rotate', { status: 503 });
    expect(await azure.keyKind().create('payments.one')).toMatchObject({ code: 'unreachable' });
    expect(vault().calls.rotate).toBe(1);
  });

  it("is never made where the vault's own policy makes them: those are gone on with", async () => {
    azure.by = 'vault';
    const kind = azure.keyKind();
    const before = newest();
    expect(await kind.create('payments.one')).toMatchObject({
      code: 'wrong',
      detail: expect.stringContaining("vault's own policy"),
    });
    expect(vault().calls.rotate).toBe(0);
    await vault().rotate('unseal');
    expect(must(await kind.orphans('payments.one', { at: azure.now, before }))).toMatchObject({
      state: 'adopt',
      fresh: { ref: newest() },
    });
  });

  it('that a killed run made is gone on with; where none is new, nothing was made', async () => {
    const kind = azure.keyKind();
    const creating = { at: azure.now, before: newest() };
    expect(must(await kind.orphans('payments.one', creating))).toEqual({ state: 'known', end: [] });
    vault().fail('rotate', 'lost', 1);
    expect(await kind.create('payments.one')).toMatchObject({ code: 'unreachable' });
    const left = must(await kind.orphans('payments.one', creating));
    expect(left).toMatchObject({ state: 'adopt', fresh: { ref: newest() } });
    if (left.state === 'adopt')
      expect(await kind.exercise(left.fresh, undefined)).toMatchObject({ ok: true });
  });

  it('of another key under the same name is not gone on with', async () => {
    const creating = { at: azure.now, before: newest() };
    vault().delete('unseal');
    await vault().rotate('unseal');
    const told = await azure.keyKind().orphans('payments.one', creating);
    expect(told).toMatchObject({ code: 'wrong', detail: expect.stringContaining('another key') });
  });

  it('made still later is as good: a restart uses the newest', async () => {
    const kind = azure.keyKind();
    const { fresh } = must(await kind.create('payments.one'));
    await vault().rotate('unseal');
    expect(await kind.exercise(fresh, undefined)).toMatchObject({ ok: true });
    expect(await kind.exercise({ ref: 'nobody-made-this' }, undefined)).toMatchObject({ code: 'wrong' });
  });

  it('that is disabled or refused to the seal does not work', async () => {
    const kind = azure.keyKind();
    const { fresh } = must(await kind.create('payments.one'));
    vault().fail('unwrapKey', { status: 403 }, 1);
    expect(await kind.exercise(fresh, undefined)).toMatchObject({
      code: 'denied',
      detail: expect.stringContaining('unwrapKey'),
    });
    vault().set(vault().versionsOf('unseal').at(-1) ?? '', { enabled: false });
    expect(await kind.exercise(fresh, undefined)).toMatchObject({ code: 'wrong' });
  });

  it('is not tried without the credential of the seal, and the field is named', async () => {
    delete azure.under.secrets['env:SEALWATCH_SECRET_SEAL'];
    expect(await azure.keyKind().exercise({ ref: newest() }, undefined)).toMatchObject({
      code: 'not-configured',
      detail: expect.stringContaining('seal.clientSecret'),
    });
  });
});

describe('a look', () => {
  it('tells every version, the newest last', async () => {
    const [first = ''] = vault().versionsOf('unseal');
    const second = await vault().rotate('unseal');
    vault().set(first, { enabled: false, createdAt: new Date(azure.now - 90 * 86_400_000) });
    const { current, versions } = await look();
    expect(current).toMatchObject({ state: 'works', ref: versionOf(second), renewable: false });
    expect(versions).toEqual([
      { version: versionOf(first), enabled: false, madeAt: expect.any(Number) },
      { version: versionOf(second), enabled: true, madeAt: expect.any(Number) },
    ]);
  });

  it('knows the newest also of those that were made in the same second', async () => {
    const createdAt = new Date(azure.now);
    for (let times = 0; times < 4; times += 1) await vault().rotate('unseal');
    for (const id of vault().versionsOf('unseal')) vault().set(id, { createdAt });
    const { versions = [] } = await look();
    const last = versions.at(-1);
    expect(last?.version).toBe(newest());
    expect(versions.slice(0, -1).every(({ madeAt }) => madeAt < (last?.madeAt ?? 0))).toBe(true);
  });

  it.each<[string, () => unknown]>([
    ['disabled', () => vault().set(vault().versionsOf('unseal').at(-1) ?? '', { enabled: false })],
    [
      'expired',
      () =>
        vault().set(vault().versionsOf('unseal').at(-1) ?? '', { expiresOn: new Date(azure.now - second) }),
    ],
  ])('finds a key whose newest version is %s', async (state, spoil) => {
    spoil();
    expect((await look()).current).toEqual({ state: 'dead', why: expect.stringContaining(state) });
  });

  it('knows when a version ends', async () => {
    const endsAt = Math.floor(azure.now / second) * second + 50 * second;
    vault().set(vault().versionsOf('unseal').at(-1) ?? '', { expiresOn: new Date(endsAt) });
    expect((await look()).current).toMatchObject({ state: 'works', endsAt });
  });
});

describe('a managed identity, which cannot be borrowed', () => {
  const managed = () => {
    const { clientSecret: _none, ...seal } = azure.under.withSecret;
    return azure.keyKind({ ...azure.cluster(), seal: { ...seal, identity: 'managed' } });
  };

  it('is said, and its key only looked at', async () => {
    const kind = managed();
    expect(must(await kind.look(undefined)).foreign).toEqual([expect.stringContaining('cannot borrow')]);
    const { fresh } = must(await kind.create('payments.one'));
    expect(await kind.exercise(fresh, undefined)).toMatchObject({ ok: true });
    expect(vault().calls).toMatchObject({ wrapKey: 0, unwrapKey: 0 });
    expect(azure.under.entra.received).toEqual([]);
  });
});

describe('a right that is missing', () => {
  it.each([
    ['getKey', 'keys/get'],
    ['list', 'keys/list'],
    ['rotate', 'keys/rotate'],
  ] as const)('%s: %s is named', async (operation, right) => {
    vault().fail(operation, { status: 403 });
    const kind = azure.keyKind();
    const told =
      operation === 'rotate'
        ? [await kind.create('payments.one')]
        : [await kind.look(undefined), await kind.orphans('payments.one', { at: azure.now })];
    for (const did of told) {
      expect(did).toMatchObject({
        code: 'denied',
        detail: expect.stringContaining(`needs ${right} on key unseal`),
      });
    }
  });

  it('is not what a network is that the vault takes nobody from', async () => {
    vault().fail('rotate', { status: 403, innerError: 'ForbiddenByFirewall' });
    expect(await azure.keyKind().create('payments.one')).toMatchObject({
      code: 'denied',
      detail: expect.stringContaining("Sealwatch's network"),
    });
  });
});
