/** The token of a transit seal: what the contract of kinds does not say. On a real Vault: test/live/rotation/transit-kinds.test.ts. */
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../shared/compose/clock.ts';
import { transitToken } from '../../../shared/rotation/kinds/transit-token.ts';
import type { TransitTokenPorts } from '../../../shared/rotation/kinds/transit-token-ports.ts';
import type { Look } from '../../../shared/rotation/rotation.ts';
import { must } from '../../contract/rotation-kind.ts';
import { leaks } from '../../fakes/hostile/disguises.ts';
import { providerForEach } from './provider-rig.ts';

const rig = providerForEach();

const kindWith = (over: Partial<TransitTokenPorts> = {}) => transitToken({ ...rig.world.ports, ...over });
const value = (token = rig.world.seal) => Buffer.from(token);
const look = async (token: string | undefined = rig.world.seal): Promise<Look> =>
  must(await kindWith().look(token === '' ? undefined : value(token)));
const matching = (pattern: RegExp) => expect.stringMatching(pattern) as string;

describe('nodes of the provider', () => {
  it('are asked in order: one that is sealed or away is passed over', async () => {
    for (const fault of ['unreachable', 'hang', 'echo'] as const) {
      rig.world.nodes[0]?.way.fault(fault);
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
    const before = rig.world.fake.accessors().length;
    rig.world.nodes[0]?.way.loseNextAnswer(/\/create\//);
    const lost = await kindWith().create('payments.one');
    expect(lost).toMatchObject({ ok: false, code: 'unreachable' });
    expect(lost).not.toHaveProperty('nothingMade');
    expect(rig.world.fake.accessors()).toHaveLength(before + 1);
    expect(rig.world.asked()[1]).toEqual([]);
  });

  it.each(['unreachable', 'denied', 'throttled', 'hang'] as const)(
    'that are all %s were not asked for a new token, and that is said: nobody need look for one',
    async (fault) => {
      const before = rig.world.fake.accessors();
      for (const { way } of rig.world.nodes) way.fault(fault);
      expect(await kindWith().create('payments.one')).toMatchObject({ ok: false, nothingMade: true });
      expect(rig.world.fake.accessors()).toEqual(before);
    },
  );
});

describe('a provider that took so long that a change might not be answered in time', () => {
  /** By the kind's clock every request takes 75 s. */
  const slow = () => {
    const before = rig.world.asked().flat().length;
    const elapsed = () => (rig.world.asked().flat().length - before) * 75_000;
    return { ...systemClock, now: () => rig.world.fake.now * 1000, elapsed };
  };

  it('is not asked for a new token, and that is said', async () => {
    const before = rig.world.fake.accessors();
    expect(await kindWith({ clock: slow() }).create('payments.one')).toMatchObject({
      ok: false,
      code: 'unreachable',
      nothingMade: true,
    });
    expect(rig.world.fake.accessors()).toEqual(before);
    expect(rig.world.asked()).toEqual([['auth/token/roles/seal-payments'], []]);
  });

  it('is not asked to end one', async () => {
    const { fresh } = must(await kindWith().create('payments.one'));
    expect(await kindWith({ clock: slow() }).end?.(fresh.ref)).toMatchObject({ code: 'unreachable' });
    expect(rig.world.fake.accessors()).toContain(fresh.ref);
  });

  it('is not looked through token by token for longer, and that is said', async () => {
    expect(must(await kindWith({ clock: slow() }).orphans('payments.one', { at: 0 }))).toMatchObject({
      state: 'unseen',
      why: matching(/2 tokens: to look through them takes too long/),
    });
  });
});

describe('an exercise', () => {
  it('names the policy line that lacks, and the token that is none', async () => {
    const token = rig.world.fake.add({ policies: ['default', 'x'] });
    const ref = rig.world.fake.tokens.get(token)?.accessor ?? '';
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
    const ref = rig.world.fake.tokens.get(rig.world.seal)?.accessor ?? '';
    expect(await kindWith().exercise({ ref }, value())).toMatchObject({ ok: true });
    expect(await kindWith().exercise({ ref: 'of-another' }, value())).toMatchObject({ code: 'wrong' });
    expect(await kindWith().exercise({ ref }, value(`${rig.world.seal}\n`))).toMatchObject({
      ok: false,
      code: 'dead',
    });
  });
});

it('an end names the line that lacks, and ends what another cluster’s rotation made in no case', async () => {
  const meta = { 'sealwatch-rotation': 'billing.one', 'sealwatch-cluster': 'billing' };
  const token = rig.world.fake.add({ meta });
  const ref = rig.world.fake.tokens.get(token)?.accessor ?? '';
  expect(await kindWith().end?.(ref)).toMatchObject({ code: 'wrong' });
  const { fresh } = must(await kindWith().create('payments.one'));
  rig.world.fake.deny.add('auth/token/revoke-accessor');
  expect(await kindWith().end?.(fresh.ref)).toMatchObject({
    code: 'denied',
    detail: matching(/path "auth\/token\/revoke-accessor" \{ capabilities = \["update"\] \}/),
  });
  expect(rig.world.fake.accessors()).toContain(ref);
});

it('a renewal gives the token its whole life again; one that is refused names the policy', async () => {
  expect(await kindWith().renew?.(value())).toEqual({ ok: true, value: undefined });
  expect(rig.world.fake.tokens.get(rig.world.seal)?.ttl).toBe(86_400);
  expect(await kindWith().renew?.(value('hvs.nobody-made-this-one'))).toMatchObject({
    code: 'denied',
    detail: matching(/policy default/),
  });
});

it('hands a value over in a wrapping token that does not show it', async () => {
  const wrapped = must((await kindWith().wrap?.(value(), 60)) ?? { ok: false, code: 'odd', detail: '' });
  expect(leaks(wrapped, [rig.world.seal])).toEqual([]);
  expect(rig.world.fake.wrapped.get(wrapped)).toMatchObject({ made: { value: rig.world.seal } });
});
