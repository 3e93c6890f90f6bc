/** A seal's token that a token role made: what the role limits is seen in the role alone (VAULT-FACTS). */
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../shared/compose/clock.ts';
import { exerciseTransit, type TransitPorts } from '../../shared/readiness/exercise/transit.ts';
import { judgeTransit } from '../../shared/readiness/judge/transit.ts';
import { createAuthority, type IssuedCertificate, type TestAuthority } from '../fakes/pki.ts';
import { startFakeProvider } from '../rotation/kinds/transit-under-test.ts';
import { seal } from './examples.ts';

let authority: TestAuthority;
let certificate: IssuedCertificate;
beforeAll(async () => {
  authority = await createAuthority('Provider CA');
  certificate = await authority.issue({ names: ['127.0.0.1'] });
});

let world: Awaited<ReturnType<typeof startFakeProvider>>;
beforeEach(async () => {
  world = await startFakeProvider(certificate, authority.certPem);
});
afterEach(() => world.close());

async function judged(over: Partial<TransitPorts> = {}) {
  const token = world.fake.add({ role: 'seal-payments' });
  const clock = { ...systemClock, now: () => world.fake.now * 1000, sleep: async () => undefined };
  const ports = { ...world.ports, clock, token: async () => ({ ok: true, value: token }) as const, ...over };
  const { standing, problems, unjudged, evidence } = judgeTransit(
    seal,
    await exerciseTransit(seal, ports),
    clock.now(),
  );
  return {
    state: standing.state,
    told: problems.map(({ code, summary }) => `${code}: ${summary}`),
    unjudged: unjudged['seal-token-not-periodic'],
    evidence: evidence.join('\n'),
  };
}

it('is periodic where its role is', async () => {
  const found = await judged();
  expect(found).toMatchObject({ state: 'ready', told: [], unjudged: undefined });
  expect(found.evidence).toContain('Token: periodic (24 hours)');
});

it.each([
  ['is not periodic', { token_period: 0 }, /is not periodic/],
  ['has an explicit maximum', { token_explicit_max_ttl: 900_000 }, /explicit maximum TTL of 10 days/],
])('is told for where its role %s', async (_what, role, told) => {
  world.fake.role = { ...world.fake.role, ...role };
  expect((await judged()).told).toEqual([expect.stringMatching(told)]);
});

it('is told for where its role is gone', async () => {
  world.fake.role = undefined;
  expect((await judged()).told).toEqual([
    "seal-token-not-periodic: the token role seal-payments that made the seal's token is gone: nothing renews it any more",
  ]);
});

it.each<[string, () => Partial<TransitPorts>]>([
  ['may not be read', () => ({})],
  ['is not to be read without a login', () => ({ ownToken: undefined })],
])('is not called anything where its role %s: the line of policy is named', async (_what, over) => {
  world.fake.deny.add('auth/token/roles');
  const found = await judged(over());
  expect(found).toMatchObject({ state: 'ready', told: [] });
  const line = 'path "auth/token/roles/seal-payments" { capabilities = ["read"] }';
  expect(found.unjudged).toContain(line);
  expect(found.evidence).toContain(line);
  expect(found.evidence).not.toContain('not periodic');
});
