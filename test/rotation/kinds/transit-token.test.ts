/** The token of a transit seal: what the contract of kinds does not say. On a real Vault: test/live/rotation/transit-kinds.test.ts. */
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { transitToken } from '../../../shared/rotation/kinds/transit-token.ts';
import type { TransitTokenPorts } from '../../../shared/rotation/kinds/transit-token-ports.ts';
import type { Look } from '../../../shared/rotation/rotation.ts';
import { must } from '../../contract/rotation-kind.ts';
import { leaks } from '../../fakes/hostile/disguises.ts';
import { createAuthority, type IssuedCertificate, type TestAuthority } from '../../fakes/pki.ts';
import type { FakeToken } from '../../fakes/vault/token-provider.ts';
import { startFakeProvider } from './transit-under-test.ts';

let authority: TestAuthority;
let certificate: IssuedCertificate;
beforeAll(async () => {
  authority = await createAuthority('Provider CA');
  certificate = await authority.issue({ names: ['127.0.0.1'] });
});

let world: Awaited<ReturnType<typeof startFakeProvider>>;
beforeEach(async () => {
  world = await startFakeProvider(certificate, authority.certPem, 2);
});
afterEach(() => world.close());

const kindWith = (over: Partial<TransitTokenPorts> = {}) => transitToken({ ...world.ports, ...over });
const value = (token = world.seal) => Buffer.from(token);
const look = async (token: string | undefined = world.seal): Promise<Look> =>
  must(await kindWith().look(token === '' ? undefined : value(token)));
const day = 86_400_000;
const matching = (pattern: RegExp) => expect.stringMatching(pattern) as string;

describe('nodes of the provider', () => {
  it('are asked in order: one that is sealed or away is passed over', async () => {
    for (const fault of ['unreachable', 'hang', 'echo'] as const) {
      world.nodes[0]?.way.fault(fault);
      expect((await look()).current).toMatchObject({ state: 'works' });
      const made = must(await kindWith().create('payments.one'));
      expect(must(await kindWith().orphans('payments.one', { at: 0 }))).toEqual({
        state: 'known',
        end: [made.fresh.ref],
      });
      expect(await kindWith().end?.(made.fresh.ref)).toMatchObject({ ok: true });
    }
  });

  it('are not asked for a second token when the answer about the first was lost', async () => {
    const before = world.fake.accessors().length;
    world.nodes[0]?.way.loseNextAnswer(/\/create\//);
    const lost = await kindWith().create('payments.one');
    expect(lost).toMatchObject({ ok: false, code: 'unreachable' });
    expect(lost).not.toHaveProperty('nothingMade');
    expect(world.fake.accessors()).toHaveLength(before + 1);
    expect(world.asked()[1]).toEqual([]);
  });

  it.each(['unreachable', 'denied', 'throttled', 'hang'] as const)(
    'that are all %s were not asked for a new token, and that is said: nobody need look for one',
    async (fault) => {
      const before = world.fake.accessors();
      for (const { way } of world.nodes) way.fault(fault);
      expect(await kindWith().create('payments.one')).toMatchObject({ ok: false, nothingMade: true });
      expect(world.fake.accessors()).toEqual(before);
    },
  );
});

describe('a new token', () => {
  it('carries the rotation and the cluster, and ends when its role says', async () => {
    const { fresh } = must(await kindWith().create('payments.one'));
    const [, made] = world.fake.byAccessor(fresh.ref) ?? [];
    expect(made?.meta).toEqual({ 'sealwatch-rotation': 'payments.one', 'sealwatch-cluster': 'payments' });
    expect(fresh).toMatchObject({ endsAt: world.fake.now * 1000 + day, madeAt: world.fake.now * 1000 });
  });

  it.each<[string, () => void, RegExp]>([
    [
      'was wrapped elsewhere',
      () => void (world.fake.creationPath = 'cubbyhole/response'),
      /not made by auth\/token\/create\/seal-payments: somebody else/,
    ],
    ['is no orphan', () => void (world.fake.makes = { orphan: false }), /differs from its role \(orphan\)/],
    ['has a maximum', () => void (world.fake.makes = { explicit_max_ttl: 5 }), /\(explicit_max_ttl\)/],
    [
      'may do more',
      () => void (world.fake.makes = { policies: ['default', 'seal-payments', 'x'] }),
      /\(policies\)/,
    ],
    [
      'may not look itself up',
      () => void (world.fake.makes = { policies: ['seal-payments'] }),
      /\(no policy default\)/,
    ],
    ['lives shorter', () => void (world.fake.makes = { creation_ttl: 60 }), /\(period\)/],
  ])('that %s is not used, and ended at once', async (_what, change, told) => {
    const before = world.fake.accessors();
    change();
    expect(await kindWith().create('payments.one')).toMatchObject({
      ok: false,
      code: 'wrong',
      detail: matching(told),
    });
    expect(world.fake.accessors()).toEqual(before);
  });

  it('is not made without its role, which is named with what lacks', async () => {
    world.fake.role = undefined;
    expect(await kindWith().create('payments.one')).toMatchObject({
      code: 'wrong',
      detail: matching(/no token role/),
    });
    expect(world.fake.accessors()).toHaveLength(1);
  });

  it('is not made without a login, and the field is named', async () => {
    expect(await kindWith({ ownToken: undefined }).create('payments.one')).toMatchObject({
      code: 'not-configured',
      detail: 'clusters.root has no login in fleet.yaml',
    });
  });

  it('is made with another login where the one that was kept has been revoked', async () => {
    const ownToken: TransitTokenPorts['ownToken'] = async (_client, refused) => ({
      ok: true,
      value: refused ? world.own : 'hvs.revoked-since',
    });
    expect(await kindWith({ ownToken }).create('payments.one')).toMatchObject({ ok: true });
  });

  it('that is another than was wrapped is not handed out', async () => {
    const made = must(await kindWith().create('payments.one'));
    const [wrapped] = world.fake.wrapped.values();
    const other = world.fake.add();
    if (wrapped) wrapped.made = { token: other };
    const did = await made.value?.();
    expect(did).toMatchObject({ ok: false, code: 'wrong', detail: matching(/another token came out/) });
    expect(leaks(did, [other])).toEqual([]);
  });

  it('comes out once', async () => {
    const made = must(await kindWith().create('payments.one'));
    expect(await made.value?.()).toMatchObject({ ok: true });
    expect(await made.value?.()).toMatchObject({ ok: false, code: 'wrong', detail: matching(/used up/) });
  });

  it.each<[string, Partial<FakeToken>, boolean]>([
    ['is as its role says', {}, true],
    ['is not', { explicit_max_ttl: 5 }, false],
  ])('that cannot be looked up by its accessor is asked itself, and %s', async (_what, makes, ok) => {
    world.fake.deny.add('auth/token/lookup-accessor');
    world.fake.makes = makes;
    const made = must(await kindWith().create('payments.one'));
    expect(await made.value?.()).toMatchObject(ok ? { ok } : { ok, code: 'wrong' });
  });
});

describe('what is left of a creation', () => {
  it('that cannot be listed is gone when its role lets it end, or 768 hours later', async () => {
    world.fake.deny.add('auth/token/accessors');
    const at = world.fake.now * 1000;
    const { timeoutMs } = world.ports;
    expect(must(await kindWith().orphans('payments.one', { at }))).toEqual({
      state: 'unseen',
      until: at + timeoutMs + day,
      why: matching(/path "auth\/token\/accessors" \{ capabilities = \["list", "sudo"\] \}/),
    });
    world.fake.deny.add('auth/token/roles');
    expect(must(await kindWith().orphans('payments.one', { at }))).toMatchObject({
      until: at + timeoutMs + 32 * day,
      why: matching(/path "auth\/token\/roles\/seal-payments"/),
    });
  });
});

describe('an exercise', () => {
  it('names the policy line that lacks, and the token that is none', async () => {
    const token = world.fake.add({ policies: ['default', 'x'] });
    const ref = world.fake.tokens.get(token)?.accessor ?? '';
    expect(await kindWith().exercise({ ref }, value(token))).toMatchObject({
      code: 'denied',
      detail: matching(/path "transit\/encrypt\/payments" \{ capabilities = \["update"\] \}/),
    });
    expect(await kindWith().exercise({ ref }, value('hvs.nobody-made-this-one'))).toMatchObject({
      code: 'dead',
    });
    expect(await kindWith().exercise({ ref }, undefined)).toMatchObject({ ok: false });
  });

  it('of another token than was made, or of one with a line break, is none of it', async () => {
    const ref = world.fake.tokens.get(world.seal)?.accessor ?? '';
    expect(await kindWith().exercise({ ref }, value())).toMatchObject({ ok: true });
    expect(await kindWith().exercise({ ref: 'of-another' }, value())).toMatchObject({ code: 'wrong' });
    expect(await kindWith().exercise({ ref }, value(`${world.seal}\n`))).toMatchObject({
      ok: false,
      code: 'dead',
    });
  });
});

it('an end names the line that lacks, and ends what another cluster’s rotation made in no case', async () => {
  const meta = { 'sealwatch-rotation': 'billing.one', 'sealwatch-cluster': 'billing' };
  const token = world.fake.add({ meta });
  const ref = world.fake.tokens.get(token)?.accessor ?? '';
  expect(await kindWith().end?.(ref)).toMatchObject({ code: 'wrong' });
  const { fresh } = must(await kindWith().create('payments.one'));
  world.fake.deny.add('auth/token/revoke-accessor');
  expect(await kindWith().end?.(fresh.ref)).toMatchObject({
    code: 'denied',
    detail: matching(/path "auth\/token\/revoke-accessor" \{ capabilities = \["update"\] \}/),
  });
  expect(world.fake.accessors()).toContain(ref);
});

it('a renewal gives the token its whole life again; one that is refused names the policy', async () => {
  expect(await kindWith().renew?.(value())).toEqual({ ok: true, value: undefined });
  expect(world.fake.tokens.get(world.seal)?.ttl).toBe(86_400);
  expect(await kindWith().renew?.(value('hvs.nobody-made-this-one'))).toMatchObject({
    code: 'denied',
    detail: matching(/policy default/),
  });
});

it('hands a value over in a wrapping token that does not show it', async () => {
  const wrapped = must((await kindWith().wrap?.(value(), 60)) ?? { ok: false, code: 'odd', detail: '' });
  expect(leaks(wrapped, [world.seal])).toEqual([]);
  expect(world.fake.wrapped.get(wrapped)).toMatchObject({ made: { value: world.seal } });
});
