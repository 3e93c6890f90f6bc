/** Hostile and broken endpoints through the whole sweep: each gives a finding with a name, beside a healthy node. */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { composeWatch } from '../../shared/compose.ts';
import { parseFleet } from '../../shared/fleet/parse.ts';
import { formatProblems } from '../../shared/fleet/problem.ts';
import { sweep } from '../../shared/work/sweep.ts';
import * as behaviours from '../fakes/hostile/behaviours.ts';
import { leaks } from '../fakes/hostile/disguises.ts';
import { type Behaviour, type Endpoint, startEndpoint } from '../fakes/hostile/endpoint.ts';
import { createAuthority, type IssuedCertificate, type TestAuthority } from '../fakes/pki.ts';
import { memoryState } from '../fakes/state/memory.ts';

const token = 'hvs.CAESIJ-a-token-that-nobody-may-see';
const hour = 3_600_000;

let authority: TestAuthority;
let other: TestAuthority;
let good: IssuedCertificate;
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  [authority, other] = await Promise.all([createAuthority('Test CA'), createAuthority('Other CA')]);
  good = await authority.issue({ names: ['127.0.0.1'] });
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

async function endpoint(behaviour: Behaviour, certificate = good): Promise<Endpoint> {
  const started = await startEndpoint({ behaviour, certificate });
  open.push(started);
  return started;
}

/** What is found of the node `odd` in one sweep, beside an active node that is well. */
async function findingsOf(odd: { address: string }): Promise<{ code: string; summary: string }[]> {
  const well = await endpoint(behaviours.healthy);
  const limits = { envPrefix: 'SEALWATCH_SECRET_', keyVaults: [], escrowVaults: [], endpointHosts: [] };
  const text = JSON.stringify({
    version: 1,
    probe: { connectTimeout: '400ms', headersTimeout: '400ms', totalTimeout: '400ms', confirmAfter: '10ms' },
    alerts: { pending: { warning: '0s', info: '0s' } },
    clusters: {
      payments: {
        nodes: [
          { name: 'well', address: well.address },
          { name: 'odd', address: odd.address },
        ],
        tls: { ca: authority.certPem },
        login: { method: 'token', token: 'env:SEALWATCH_SECRET_TOKEN' },
      },
    },
  });
  const parsed = parseFleet(text, limits);
  if (!parsed.ok) throw new Error(formatProblems(parsed.problems, 'fleet.yaml'));
  const state = memoryState();
  const logged: string[] = [];
  const env = { SEALWATCH_STORAGE: 'UseDevelopmentStorage=true', SEALWATCH_SECRET_TOKEN: token };
  const deps = composeWatch(env, { state, write: (line) => logged.push(line) });
  const result = await sweep({
    ...deps,
    loadFleet: () => Promise.resolve({ fleet: parsed.fleet, problems: [] }),
  });
  expect(result.failed).toEqual([]);
  const { head } = await state.live.read('payments');
  const observed = await state.observations.latest();
  expect(leaks([head, observed, logged], [token])).toEqual([]);
  return (head?.value.alerts ?? [])
    .filter(({ finding }) => 'name' in finding.subject && finding.subject.name === 'odd')
    .map(({ finding: { code, summary } }) => ({ code, summary }));
}

const notVault = /^odd does not answer like a Vault: /;

const cases: [what: string, behaviour: Behaviour, code: string, summary: RegExp][] = [
  ['a huge body', behaviours.huge, 'node-unreachable', /far larger than a Vault sends/],
  ['a body without end', behaviours.endless, 'node-unreachable', /far larger than a Vault sends/],
  ['a byte now and then', behaviours.drip, 'node-unreachable', /^odd does not answer: /],
  ['silence', behaviours.hang, 'node-unreachable', /^odd does not answer: /],
  ['a reset', behaviours.resetWithoutAnswer, 'node-unreachable', /^odd does not answer: /],
  ['wrong JSON', behaviours.answer(200, { status: 'UP' }), 'node-unreachable', notVault],
  [
    'a wrong type',
    behaviours.answer(200, { ...behaviours.healthyBody, sealed: 'no' }),
    'node-unreachable',
    notVault,
  ],
  ['HTML', behaviours.html, 'node-unreachable', /not JSON: another program or a proxy answers$/],
  ['a gzip bomb', behaviours.gzipBomb, 'node-unreachable', notVault],
  ['an echo of the request', behaviours.echo(400), 'node-unreachable', /answers 400/],
];

describe('a node that answers with', () => {
  it.each(cases)('%s is found by name', async (_what, behaviour, code, summary) => {
    expect(await findingsOf(await endpoint(behaviour))).toEqual([
      { code, summary: expect.stringMatching(summary) as string },
    ]);
  });

  it('a redirect to itself, for ever, is found by name and never followed', async () => {
    const loop: { address?: string } = {};
    const odd = await endpoint((request, response, reset) =>
      behaviours.redirect(`${loop.address ?? ''}/v1/sys/health`)(request, response, reset),
    );
    loop.address = odd.address;
    expect(await findingsOf(odd)).toEqual([
      { code: 'node-unreachable', summary: expect.stringContaining('redirects to 127.0.0.1') as string },
    ]);
    // Two looks in the sweep, and what seal-status and metrics add: no request was made because of a redirect.
    expect(odd.received.filter(({ path }) => path.startsWith('/v1/sys/health'))).toHaveLength(2);
  });

  it.each([
    ['another CA', () => other.issue({ names: ['127.0.0.1'] })],
    ['another name', () => authority.issue({ names: ['vault.example.com'] })],
    [
      'a certificate that has ended',
      () =>
        authority.issue({
          names: ['127.0.0.1'],
          notBefore: new Date(Date.now() - 48 * hour),
          notAfter: new Date(Date.now() - hour),
        }),
    ],
  ])('%s fails TLS by name', async (_what, certificate) => {
    const found = await findingsOf(await endpoint(behaviours.healthy, await certificate()));
    expect(found.map(({ code }) => code)).toEqual(['node-tls']);
  });
});
