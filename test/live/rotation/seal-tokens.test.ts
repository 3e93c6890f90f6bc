/** Tokens as people make them, at a real provider: what each of them is told for. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setupTransitProvider } from '../../servers/vault-logins.ts';
import { entryOf, startHealthyCluster, type WatchedCluster } from '../probing/watched-cluster.ts';
import { type Rotating, startRotating } from './rotating.ts';

let root: WatchedCluster;
let rotating: Rotating;
beforeAll(async () => {
  root = await startHealthyCluster({ name: 'root', nodes: 1 });
  await setupTransitProvider(root, { key: 'payments' });
  rotating = startRotating();
  const wide = ['encrypt', 'decrypt']
    .map((action) => `path "transit/${action}/payments" { capabilities = ["create", "update"] }`)
    .join('\n');
  await root.write('POST', 'sys/policies/acl/seal-and-create', { policy: wide });
  const token = rotating.secret('SEAL', 'none yet');
  rotating.rewrite({
    root: entryOf(root, { seal: { type: 'shamir' } }),
    payments: {
      nodes: ['https://payments-0.example.com:8200'],
      seal: { type: 'transit', provider: 'root', mount: 'transit', key: 'payments', token },
    },
  });
});
afterAll(async () => {
  rotating?.close();
  await root?.close();
});

async function make(body: Record<string, unknown>, path = 'create-orphan'): Promise<string> {
  const made = (await root.write('POST', `auth/token/${path}`, body)) as { auth: { client_token: string } };
  return made.auth.client_token;
}

async function judged(token: string) {
  rotating.secret('SEAL', token);
  const row = await rotating.ready('payments');
  return {
    row,
    state: row.standing.state,
    told: row.problems.map(({ code, severity, summary }) => `${code} ${severity ?? '-'}: ${summary}`),
  };
}

const policies = ['seal-payments'];
const notPeriodic = 'seal-token-not-periodic -: ';
const tooWide = 'seal-token-too-wide';

describe('a token that', () => {
  it.each<[string, Record<string, unknown>, 'create' | 'create-orphan', string[]]>([
    ['is orphan and periodic with the policy of the seal', { policies, period: '768h' }, 'create-orphan', []],
    [
      'is not an orphan',
      { policies, period: '24h' },
      'create',
      [`${notPeriodic}the seal's token is not an orphan: it dies with the token that made it`],
    ],
    [
      'is not periodic',
      { policies, ttl: '700h' },
      'create-orphan',
      [`${notPeriodic}the seal's token is not periodic: renewals end at its maximum TTL`],
    ],
    [
      'has an explicit maximum TTL',
      { policies, period: '24h', explicit_max_ttl: '100h' },
      'create-orphan',
      [`${notPeriodic}the seal's token has an explicit maximum TTL of 4 days: no renewal goes beyond it`],
    ],
    [
      'cannot be renewed',
      { policies, period: '24h', renewable: false },
      'create-orphan',
      [`${notPeriodic}the seal's token cannot be renewed`],
    ],
    [
      'has another policy beside',
      { policies: [...policies, 'operators'], period: '24h' },
      'create-orphan',
      [`${tooWide} -: the seal's token has 2 policies beside default: one is enough`],
    ],
    [
      'may create keys',
      { policies: ['seal-and-create'], period: '24h' },
      'create-orphan',
      [`${tooWide} -: the seal's token may do more than encrypt and decrypt with the seal's key`],
    ],
  ])('%s', async (_what, body, path, told) => {
    expect(await judged(await make(body, path))).toMatchObject({ state: 'ready', told });
  });

  it('is the root token', async () => {
    const { state, told, row } = await judged(root.keys?.rootToken ?? '');
    expect({ state, told }).toEqual({
      state: 'ready',
      told: [`${tooWide} critical: the seal unseals with a root token`],
    });
    expect(row.evidence.join(' ')).toContain('it never ends');
  });

  it('has no policy default: ready, and what cannot be told of it is not taken for good', async () => {
    const { state, told, row } = await judged(
      await make({ policies, period: '24h', no_default_policy: true }),
    );
    expect({ state, told }).toEqual({ state: 'ready', told: [] });
    expect(Object.keys(row.unjudged).toSorted()).toEqual([
      'seal-key-version-at-risk',
      'seal-token-expiring',
      'seal-token-not-periodic',
      'seal-token-too-wide',
    ]);
    expect(row.unjudged['seal-token-expiring']).toContain('give the token the policy default');
  });

  it('nobody renews is at risk, in time, and then not ready', async () => {
    const short = await make({ policies, period: '10s', renewable: false });
    const { row } = await judged(short);
    expect(row.standing).toMatchObject({ state: 'ready' });
    await expect
      .poll(async () => (await judged(short)).state, { timeout: 30_000, interval: 500 })
      .toBe('at-risk');
    await expect
      .poll(async () => (await judged(short)).state, { timeout: 30_000, interval: 500 })
      .toBe('not-ready');
  });

  it('has a line break at its end: it is used without it, and that is said', async () => {
    const { state, row } = await judged(`${await make({ policies, period: '24h' })}\n`);
    expect(state).toBe('ready');
    expect(row.evidence.join('\n')).toMatch(/white space around it, which was left out/);
  });

  it('nobody ever made', async () => {
    const { row, told } = await judged('hvs.nobody-made-this-one');
    expect(row.standing).toMatchObject({ state: 'not-ready' });
    expect(told).toEqual([expect.stringMatching(/^seal-not-ready -: .*does not know the seal's token/)]);
  });
});
