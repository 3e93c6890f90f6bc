/** The making of a seal's token: what is on record, what is checked, and what is left of it. */
import { describe, expect, it } from 'vitest';
import { callMs } from '../../../shared/rotation/kinds/deadline.ts';
import { transitToken } from '../../../shared/rotation/kinds/transit-token.ts';
import type { TransitTokenPorts } from '../../../shared/rotation/kinds/transit-token-ports.ts';
import { must } from '../../contract/rotation-kind.ts';
import { leaks } from '../../fakes/hostile/disguises.ts';
import type { FakeToken } from '../../fakes/vault/token-provider.ts';
import { providerForEach } from './provider-rig.ts';

const rig = providerForEach();

const kindWith = (over: Partial<TransitTokenPorts> = {}) => transitToken({ ...rig.world.ports, ...over });
const day = 86_400_000;
const matching = (pattern: RegExp) => expect.stringMatching(pattern) as string;

describe('a new token', () => {
  it('carries the rotation and the cluster, and ends when its role says', async () => {
    const { fresh } = must(await kindWith().create('payments.one'));
    const [, made] = rig.world.fake.byAccessor(fresh.ref) ?? [];
    expect(made?.meta).toEqual({ 'sealwatch-rotation': 'payments.one', 'sealwatch-cluster': 'payments' });
    expect(fresh).toMatchObject({
      endsAt: rig.world.fake.now * 1000 + day,
      madeAt: rig.world.fake.now * 1000,
    });
  });

  it.each<[string, () => void, RegExp]>([
    [
      'was wrapped elsewhere',
      () => void (rig.world.fake.creationPath = 'cubbyhole/response'),
      /not made by auth\/token\/create\/seal-payments: somebody else/,
    ],
    [
      'is no orphan',
      () => void (rig.world.fake.makes = { orphan: false }),
      /differs from its role \(orphan\)/,
    ],
    ['has a maximum', () => void (rig.world.fake.makes = { explicit_max_ttl: 5 }), /\(explicit_max_ttl\)/],
    [
      'may do more',
      () => void (rig.world.fake.makes = { policies: ['default', 'seal-payments', 'x'] }),
      /\(policies\)/,
    ],
    [
      'may not look itself up',
      () => void (rig.world.fake.makes = { policies: ['seal-payments'] }),
      /\(no policy default\)/,
    ],
    [
      'lives shorter',
      () => void (rig.world.fake.makes = { creation_ttl: 60 }),
      /lives 60 s, less than the 86400 s of its role \(period\): root's max_lease_ttl is below token_period/,
    ],
  ])('that %s is on record, not used, and ended at once', async (_what, change, told) => {
    const before = rig.world.fake.accessors();
    change();
    const { fresh, value: take } = must(await kindWith().create('payments.one'));
    expect(rig.world.fake.accessors()).toEqual([...before, fresh.ref]);
    expect(await take?.()).toMatchObject({ ok: false, code: 'wrong', detail: matching(told) });
    expect(rig.world.fake.accessors()).toEqual(before);
  });

  it.each(['sys/wrapping/lookup', 'auth/token/lookup-accessor', 'sys/wrapping/unwrap'])(
    'that meets a failover at %s is on record: by its accessor it ends, or comes out when that is over',
    async (path) => {
      const before = rig.world.fake.accessors();
      rig.world.fake.leaderless.add(path);
      const { fresh, value: take } = must(await kindWith().create('payments.one'));
      expect(await take?.()).toMatchObject({ ok: false, code: 'sealed' });
      expect(rig.world.fake.accessors()).toEqual([...before, fresh.ref]);
      rig.world.fake.leaderless.clear();
      expect(await take?.()).toMatchObject({ ok: true });
      expect(await kindWith().end?.(fresh.ref)).toMatchObject({ ok: true });
      expect(rig.world.fake.accessors()).toEqual(before);
    },
  );

  it('is not made without its role, which is named with what lacks', async () => {
    rig.world.fake.role = undefined;
    expect(await kindWith().create('payments.one')).toMatchObject({
      code: 'wrong',
      detail: matching(/no token role/),
    });
    expect(rig.world.fake.accessors()).toHaveLength(1);
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
      value: refused ? rig.world.own : 'hvs.revoked-since',
    });
    expect(await kindWith({ ownToken }).create('payments.one')).toMatchObject({ ok: true });
  });

  it('that is another than was wrapped is not handed out', async () => {
    const made = must(await kindWith().create('payments.one'));
    const [wrapped] = rig.world.fake.wrapped.values();
    const other = rig.world.fake.add();
    if (wrapped) wrapped.made = { token: other };
    const did = await made.value?.();
    expect(did).toMatchObject({ ok: false, code: 'wrong', detail: matching(/another token came out/) });
    expect(leaks(did, [other])).toEqual([]);
  });

  it('comes out once', async () => {
    const made = must(await kindWith().create('payments.one'));
    expect(await made.value?.()).toMatchObject({ ok: true });
    expect(await made.value?.()).toMatchObject({
      ok: false,
      code: 'odd',
      detail: matching(/comes out once/),
    });
    expect(rig.world.fake.accessors()).toContain(made.fresh.ref);
  });

  it('that somebody else has taken out is not used, and ended at once', async () => {
    const made = must(await kindWith().create('payments.one'));
    rig.world.fake.wrapped.clear();
    expect(await made.value?.()).toMatchObject({ ok: false, code: 'wrong', detail: matching(/used up/) });
    expect(rig.world.fake.accessors()).not.toContain(made.fresh.ref);
  });

  it.each<[string, Partial<FakeToken>, boolean]>([
    ['is as its role says', {}, true],
    ['is not', { explicit_max_ttl: 5 }, false],
  ])('that cannot be looked up by its accessor is asked itself, and %s', async (_what, makes, ok) => {
    rig.world.fake.deny.add('auth/token/lookup-accessor');
    rig.world.fake.makes = makes;
    const made = must(await kindWith().create('payments.one'));
    expect(await made.value?.()).toMatchObject(ok ? { ok } : { ok, code: 'wrong' });
  });
});

describe('what is left of a creation', () => {
  it('that cannot be listed is gone when its role lets it end, or 768 hours later', async () => {
    rig.world.fake.deny.add('auth/token/accessors');
    const at = rig.world.fake.now * 1000;
    expect(must(await kindWith().orphans('payments.one', { at }))).toEqual({
      state: 'unseen',
      until: at + callMs + day,
      // Nobody opens its wrapping token from then on; it lives on.
      usableUntil: at + callMs + 120_000,
      why: matching(
        /outlives its wrapping token.*nobody can take it out.*path "auth\/token\/accessors" \{ capabilities = \["list", "sudo"\] \}/,
      ),
    });
    rig.world.fake.deny.add('auth/token/roles');
    expect(must(await kindWith().orphans('payments.one', { at }))).toMatchObject({
      until: at + callMs + 32 * day,
      why: matching(/path "auth\/token\/roles\/seal-payments"/),
    });
  });
});
