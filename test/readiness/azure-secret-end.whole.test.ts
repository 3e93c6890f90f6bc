/** The end of a client secret in use, by the real exercise against the fakes of Entra, Key Vault and Graph. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AzureSealUnderTest, sealOf } from './azure-seal-under-test.ts';

const day = 86_400_000;
let under: AzureSealUnderTest;
beforeEach(async () => {
  under = await AzureSealUnderTest.start();
});
afterEach(() => under.close());

/** The secret in use is listed with this end. @param days from now; of a life of a year. */
function listed(days: number, over: { hint?: string | null } = {}): string {
  const value = under.secrets['env:SEALWATCH_SECRET_SEAL'] ?? '';
  const endsAt = Date.now() + days * day + 60_000;
  under.graph.addByHand({ value, startsAt: endsAt - 365 * day, endsAt, ...over });
  return value;
}
const code = 'seal-secret-expiring';

it.each([
  [200, 'ready', []],
  [29, 'at-risk', [[code, 'warning']]],
  [2, 'at-risk', [[code, 'critical']]],
] as const)('that ends in %i days: %s', async (days, state, problems) => {
  listed(days);
  const judged = await under.judgedWhole();
  expect(judged.standing.state).toBe(state);
  const own = judged.problems.filter((problem) => problem.code === code);
  expect(own.map((problem) => [problem.code, problem.severity])).toEqual(problems);
  expect(judged.unjudged).not.toHaveProperty(code);
  expect(judged.evidence.join('\n')).toContain('The client secret that the seal signs in with ends');
});

it('is asked for by the client id, with one request, which holds nothing of the secret', async () => {
  const value = listed(200);
  await under.judgedWhole();
  expect(under.graph.received.map(({ method, path }) => `${method} ${path}`)).toEqual([
    `GET /v1.0/applications(appId='${under.entra.clientId}')?$select=id,appId,displayName,passwordCredentials`,
  ]);
  expect(JSON.stringify(under.graph.received)).not.toContain(value.slice(0, 8));
});

it('is that of the secret in use, whatever others there are', async () => {
  listed(200);
  under.graph.addByHand({
    value: 'zzz~another-secret',
    endsAt: Date.now() + day,
    startsAt: Date.now() - day,
  });
  expect((await under.judgedWhole()).standing).toEqual({ state: 'ready' });
});

it('is the earliest of several that it may be, and the evidence says so', async () => {
  const value = listed(200);
  const twin = `${value.slice(0, 3)}another`;
  under.graph.addByHand({ value: twin, startsAt: Date.now() - 300 * day, endsAt: Date.now() + 20 * day });
  const { problems } = await under.judgedWhole();
  const [problem] = problems.filter((one) => one.code === code);
  expect(problem?.evidence.at(-1)).toContain('any of 2 secrets');
});

it.each([
  [
    403,
    /Application\.ReadWrite\.OwnedBy and make it an owner of the application, or grant it Application\.Read\.All/,
  ],
  [404, /no application with seal\.clientId/],
  [500, /cannot serve \(500\)/],
] as const)('that Graph does not tell (%i) is unjudged, and nothing worse', async (status, why) => {
  listed(2);
  under.graph.fail('get', { status });
  const { standing, problems, unjudged } = await under.judgedWhole();
  expect(standing).toEqual({ state: 'ready' });
  expect(problems.map((problem) => problem.code)).not.toContain(code);
  expect(unjudged[code]).toMatch(why);
});

it('that is not listed is unjudged', async () => {
  expect((await under.judgedWhole()).unjudged[code]).toContain('lists no live secret that it can be');
});

it('of a secret that Entra refuses is not told: its end would be another one', async () => {
  const value = listed(2);
  under.entra.removeSecret(value);
  const { standing, problems, unjudged } = await under.judgedWhole();
  expect(standing.state).toBe('not-ready');
  expect(problems.map((problem) => problem.code)).not.toContain(code);
  expect(unjudged[code]).toBe('the credential does not work');
});

it('of a managed identity is not asked for', async () => {
  await under.judgedWhole(sealOf('vault: kv-unseal, key: unseal, identity: managed'));
  expect(under.graph.received).toEqual([]);
});
