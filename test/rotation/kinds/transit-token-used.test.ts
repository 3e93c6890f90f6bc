/** When a seal's token was used last, as its provider tells. On a real Vault: test/live/rotation/last-used.test.ts. */
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../shared/compose/clock.ts';
import { transitToken } from '../../../shared/rotation/kinds/transit-token.ts';
import type { TransitTokenPorts } from '../../../shared/rotation/kinds/transit-token-ports.ts';
import { must } from '../../contract/rotation-kind.ts';
import { providerForEach } from './provider-rig.ts';

const rig = providerForEach();

const kindWith = (over: Partial<TransitTokenPorts> = {}) => transitToken({ ...rig.world.ports, ...over });
const value = (token = rig.world.seal) => Buffer.from(token);
const matching = (pattern: RegExp) => expect.stringMatching(pattern) as string;

describe('when a token was used last', () => {
  const lastUsed = async (ref: string, over: Partial<TransitTokenPorts> = {}) =>
    must((await kindWith(over).lastUsed?.(ref)) ?? { ok: false, code: 'odd', detail: '' });

  it('is when it was renewed, and nothing before; other tokens are not asked about', async () => {
    const ref = rig.world.fake.tokens.get(rig.world.seal)?.accessor ?? '';
    expect(await lastUsed(ref)).toBeUndefined();
    await kindWith().renew?.(value());
    const at = rig.world.fake.now * 1000;
    rig.world.fake.now += 5_000;
    const used = await lastUsed(ref);
    // Lives are told in whole seconds: a second late is the safe side.
    expect(used).toBeGreaterThanOrEqual(at);
    expect(used).toBeLessThanOrEqual(at + 1_000);
    expect(rig.world.asked()[0]?.filter((path) => path === 'auth/token/lookup-accessor')).toHaveLength(2);
  });

  it.each([-40_000, 40_000])("is told by our clock, though the provider's is %i ms ahead", async (ahead) => {
    const ref = rig.world.fake.tokens.get(rig.world.seal)?.accessor ?? '';
    await kindWith().renew?.(value());
    const ours = rig.world.fake.now * 1000 - ahead;
    const used = await lastUsed(ref, { clock: { ...systemClock, now: () => ours } });
    expect(used).toBeGreaterThanOrEqual(ours);
    expect(used).toBeLessThanOrEqual(ours + 1_000);
  });

  it('is not known of one that is gone, or whose accessor nobody learned', async () => {
    const { fresh } = must(await kindWith().create('payments.one'));
    await kindWith().end?.(fresh.ref);
    expect(await lastUsed(fresh.ref)).toBeUndefined();
    expect(await lastUsed('')).toBeUndefined();
  });

  it('is not seen without the right, and the line is named', async () => {
    rig.world.fake.deny.add('auth/token/lookup-accessor');
    expect(await kindWith().lastUsed?.('any')).toMatchObject({
      code: 'denied',
      detail: matching(/path "auth\/token\/lookup-accessor" \{ capabilities = \["update"\] \}/),
    });
  });
});
