/** What is seen of a transit seal's token. On a real Vault: test/live/rotation/transit-kinds.test.ts. */
import { describe, expect, it } from 'vitest';
import { transitToken } from '../../../shared/rotation/kinds/transit-token.ts';
import type { TransitTokenPorts } from '../../../shared/rotation/kinds/transit-token-ports.ts';
import type { Look } from '../../../shared/rotation/rotation.ts';
import { must } from '../../contract/rotation-kind.ts';
import type { FakeToken } from '../../fakes/vault/token-provider.ts';
import { providerForEach } from './provider-rig.ts';

const rig = providerForEach();

const kindWith = (over: Partial<TransitTokenPorts> = {}) => transitToken({ ...rig.world.ports, ...over });
const value = (token = rig.world.seal) => Buffer.from(token);
const look = async (token: string | undefined = rig.world.seal): Promise<Look> =>
  must(await kindWith().look(token === '' ? undefined : value(token)));
const day = 86_400_000;
const matching = (pattern: RegExp) => expect.stringMatching(pattern) as string;

describe('a look at the token of the seal', () => {
  it('tells its accessor, its life and its end', async () => {
    const { now, tokens } = rig.world.fake;
    expect((await look()).current).toEqual({
      state: 'works',
      ref: tokens.get(rig.world.seal)?.accessor,
      madeAt: now * 1000,
      endsAt: (now + 80_000) * 1000,
      lifeMs: day,
      renewable: true,
    });
  });

  it.each<[string, Partial<FakeToken>, object]>([
    ['not periodic', {}, { renewable: false, unfit: matching(/not periodic/) }],
    ['no orphan', { period: 86_400, orphan: false }, { renewable: true, unfit: matching(/not an orphan/) }],
    [
      'not renewable',
      { period: 86_400, renewable: false },
      { renewable: false, unfit: matching(/cannot be renewed/) },
    ],
    [
      'at its explicit maximum before a renewal would end',
      { period: 86_400, explicit_max_ttl: 86_000, ttl: 80_000 },
      { renewable: false, lifeMs: day, unfit: matching(/explicit maximum/) },
    ],
    [
      'with policies beside the seal’s',
      { period: 86_400, policies: ['default', 'operators', 'seal-payments'] },
      { renewable: true, unfit: matching(/2 policies/) },
    ],
    [
      'capped below its period by the provider',
      { period: 864_000, creation_ttl: 86_400 },
      { renewable: true, lifeMs: day },
    ],
    ['of its role', { role: 'seal-payments' }, { renewable: true, lifeMs: day }],
    ['of another role', { role: 'other' }, { unfit: matching(/another token role/) }],
    [
      'with a policy that its role does not give',
      { role: 'seal-payments', policies: ['default', 'seal-payments', 'x'] },
      { unfit: matching(/1 policies that its token role does not give/) },
    ],
  ])('that is %s', async (_what, over, seen) => {
    const token = rig.world.fake.add(over);
    const { current } = await look(token);
    expect(current).toMatchObject({ state: 'works', ...seen });
    if (!('unfit' in seen)) expect(current).not.toHaveProperty('unfit');
  });

  it('that is at its explicit maximum ends there, whatever its TTL says', async () => {
    const { now } = rig.world.fake;
    const token = rig.world.fake.add({ period: 86_400, explicit_max_ttl: 5_000 });
    expect((await look(token)).current).toMatchObject({ endsAt: (now + 5_000) * 1000 });
  });

  it('that is a root token never ends, and is unfit', async () => {
    const token = rig.world.fake.add({
      policies: ['root', 'seal-payments', 'default'],
      ttl: 0,
      creation_ttl: 0,
    });
    const { current } = await look(token);
    expect(current).toMatchObject({ state: 'works', renewable: false, unfit: matching(/root/) });
    expect(current).not.toHaveProperty('endsAt');
  });

  it.each<[string, Record<string, unknown> | undefined, object]>([
    [
      'has a maximum',
      { token_explicit_max_ttl: 90_000 },
      { unfit: matching(/explicit maximum/), renewable: true },
    ],
    ['is not periodic any more', { token_period: 0 }, { unfit: matching(/not periodic/), renewable: false }],
    ['is gone', undefined, { unfit: matching(/is gone/), renewable: false }],
  ])('is judged by its role, which %s', async (_what, role, seen) => {
    const token = rig.world.fake.add({ role: 'seal-payments' });
    rig.world.fake.role = role && { ...rig.world.fake.role, ...role };
    expect((await look(token)).current).toMatchObject({ state: 'works', ...seen });
  });

  it('is not called unfit where its role may not be read, and says which line lacks', async () => {
    rig.world.fake.deny.add('auth/token/roles');
    const { current, foreign } = await look(rig.world.fake.add({ role: 'seal-payments' }));
    expect(current).toMatchObject({ state: 'works', renewable: true });
    expect(current).not.toHaveProperty('unfit');
    expect(foreign.join()).toContain('path "auth/token/roles/seal-payments" { capabilities = ["read"] }');
  });

  it('without the policy default works, its end is unknown, and the policy is named', async () => {
    const { current, foreign } = await look(rig.world.fake.add({ policies: ['seal-payments'] }));
    expect(current).toEqual({ state: 'works', renewable: false });
    expect(foreign.join()).toContain('policy default');
  });

  it('is dead when it is not known, and when what it may do does not unseal', async () => {
    expect((await look('hvs.nobody-made-this-one')).current).toMatchObject({ state: 'dead' });
    expect((await look(rig.world.fake.add({ policies: ['default', 'x'] }))).current).toMatchObject({
      state: 'dead',
      why: matching(/lives, but encrypt is refused .*path "transit\/encrypt\/payments"/),
    });
  });

  it.each(['auth/token/lookup-self', 'transit/encrypt'])(
    'says nothing of it while %s is throttled',
    async (path) => {
      rig.world.fake.throttle.add(path);
      expect(await kindWith().look(value())).toMatchObject({ ok: false, code: 'throttled' });
    },
  );

  it('knows nothing without a value, and takes the line break of a file for what it is', async () => {
    expect((await look('')).current).toMatchObject({ state: 'unknown' });
    expect((await look(`${rig.world.seal}\n`)).current).toMatchObject({ state: 'works' });
  });

  it('blames the key where the key is gone: no new token mends that', async () => {
    rig.world.fake.keyGone = true;
    expect(await kindWith().look(value())).toMatchObject({
      ok: false,
      code: 'wrong',
      detail: matching(/no transit key/),
    });
  });

  it('goes on without a login of Sealwatch’s own', async () => {
    const did = await kindWith({ ownToken: undefined }).look(value());
    expect(did).toMatchObject({ ok: true, value: { current: { state: 'works' } } });
  });

  it('lists what rotations of this cluster made, and of no other', async () => {
    const meta = (cluster: string) => ({
      'sealwatch-rotation': `${cluster}.one`,
      'sealwatch-cluster': cluster,
    });
    rig.world.fake.add({ meta: meta('billing') });
    rig.world.fake.add({ meta: { owner: 'ada' } });
    const token = rig.world.fake.add({ meta: meta('payments') });
    const accessor = rig.world.fake.tokens.get(token)?.accessor;
    expect(must(await kindWith().orphans('payments.one', { at: 0 }))).toEqual({
      state: 'known',
      end: [accessor],
    });
    expect(must(await kindWith().orphans('billing.one', { at: 0 }))).toEqual({ state: 'known', end: [] });
  });

  it('knows the one in use for ours, without a look at any other token of the provider', async () => {
    const meta = { 'sealwatch-rotation': 'payments.one', 'sealwatch-cluster': 'payments' };
    const token = rig.world.fake.add({ meta });
    const accessor = rig.world.fake.tokens.get(token)?.accessor;
    rig.world.fake.deny.add('auth/token/accessors');
    expect((await look()).ours).toEqual([]);
    expect((await look(token)).ours).toMatchObject([{ rotation: 'payments.one', ref: accessor }]);
  });

  it('logs in once, however many tokens it looks through, and anew where that login was revoked', async () => {
    const logins: (boolean | undefined)[] = [];
    const ownToken: TransitTokenPorts['ownToken'] = async (_client, refused) => {
      logins.push(refused);
      return { ok: true, value: refused ? rig.world.own : 'hvs.revoked-since' };
    };
    for (let n = 0; n < 20; n += 1) rig.world.fake.add();
    const did = await kindWith({ ownToken }).orphans('payments.one', { at: 0 });
    expect(did).toMatchObject({ ok: true, value: { state: 'known', end: [] } });
    expect(logins).toEqual([undefined, true]);
  });

  it('looks through no more than 2000 tokens: then only the seal’s own is known', async () => {
    for (let n = 0; n < 2_000; n += 1) rig.world.fake.add({ policies: ['x'] });
    const meta = { 'sealwatch-rotation': 'payments.one', 'sealwatch-cluster': 'payments' };
    rig.world.fake.add({ meta });
    expect((await look()).ours).toEqual([]);
    expect(must(await kindWith().orphans('payments.one', { at: 0 }))).toMatchObject({
      state: 'unseen',
      why: matching(/more than 2000 are not looked through/),
    });
  });
});
