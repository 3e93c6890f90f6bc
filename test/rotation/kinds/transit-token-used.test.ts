/** When a seal's token was used last, as its provider tells. On a real Vault: test/live/rotation/last-used.test.ts. */
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../shared/compose/clock.ts';
import { transitToken } from '../../../shared/rotation/kinds/transit-token.ts';
import type { TransitTokenPorts } from '../../../shared/rotation/kinds/transit-token-ports.ts';
import { must } from '../../contract/rotation-kind.ts';
import { createAuthority, type IssuedCertificate, type TestAuthority } from '../../fakes/pki.ts';
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
const matching = (pattern: RegExp) => expect.stringMatching(pattern) as string;

describe('when a token was used last', () => {
  const lastUsed = async (ref: string, over: Partial<TransitTokenPorts> = {}) =>
    must((await kindWith(over).lastUsed?.(ref)) ?? { ok: false, code: 'odd', detail: '' });

  it('is when it was renewed, and nothing before; other tokens are not asked about', async () => {
    const ref = world.fake.tokens.get(world.seal)?.accessor ?? '';
    expect(await lastUsed(ref)).toBeUndefined();
    await kindWith().renew?.(value());
    const at = world.fake.now * 1000;
    world.fake.now += 5_000;
    const used = await lastUsed(ref);
    // Lives are told in whole seconds: a second late is the safe side.
    expect(used).toBeGreaterThanOrEqual(at);
    expect(used).toBeLessThanOrEqual(at + 1_000);
    expect(world.asked()[0]?.filter((path) => path === 'auth/token/lookup-accessor')).toHaveLength(2);
  });

  it.each([-40_000, 40_000])("is told by our clock, though the provider's is %i ms ahead", async (ahead) => {
    const ref = world.fake.tokens.get(world.seal)?.accessor ?? '';
    await kindWith().renew?.(value());
    const ours = world.fake.now * 1000 - ahead;
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
    world.fake.deny.add('auth/token/lookup-accessor');
    expect(await kindWith().lastUsed?.('any')).toMatchObject({
      code: 'denied',
      detail: matching(/path "auth\/token\/lookup-accessor" \{ capabilities = \["update"\] \}/),
    });
  });
});
