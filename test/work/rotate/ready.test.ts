/** The hourly run over a fleet, with seals that answer as each test says. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { TransitClient } from '../../../shared/vault/transit-client.ts';
import { readyFleet, readyNudged, readyOne } from '../../../shared/work/rotate/ready.ts';
import { exerciseNow, showReadiness } from '../../../shared/work/rotate/show.ts';
import { aGenerationRow } from '../../fakes/state/recover-examples.ts';
import { memoryRotateState } from '../../fakes/state/rotate-memory.ts';
import {
  denied,
  good,
  hanging,
  hangingIn,
  never,
  node,
  refusal,
  type SealsUnderTest,
  sealed,
  sealsUnderTest,
} from './seals-under-test.ts';

/** `root` is unsealed by people, `hub` by root, `payments` and `orders` by hub, `cloud` by Azure. */
const text = `
version: 1
clusters:
  payments: {nodes: ["https://payments-0:8200"], seal: {type: transit, provider: hub, key: payments}}
  orders: {nodes: ["https://orders-0:8200"], seal: {type: transit, provider: hub, key: orders}}
  hub: {nodes: ["https://hub-0:8200"], seal: {type: transit, provider: root, key: hub}}
  root: {nodes: ["https://root-0:8200"]}
  cloud: {nodes: ["https://cloud-0:8200"], seal: {type: azurekeyvault}}
  odd: {nodes: ["https://odd-0:8200"], seal: {type: other}}
`;

let under: SealsUnderTest;
let { clock, state, lines, order, closed, deps } = {} as SealsUnderTest;
let standings: SealsUnderTest['standings'];
let rowOf: SealsUnderTest['rowOf'];

beforeEach(() => {
  under = sealsUnderTest(text);
  ({ clock, state, lines, order, closed, deps, standings, rowOf } = under);
});
const minutes = (n: number) => n * 60_000;

describe('a run over the fleet', () => {
  it('exercises each cluster, providers before those that they unseal, and closes what it opened', async () => {
    await readyFleet(deps);
    expect(await standings()).toEqual({
      payments: 'ready',
      orders: 'ready',
      hub: 'ready',
      root: 'unknown',
      cloud: 'unknown',
      odd: 'unknown',
    });
    expect(order[0]).toBe('hub');
    expect(closed.toSorted()).toEqual(['hub', 'orders', 'payments']);
    expect(state.nudged).toEqual([]);
  });

  it('tells nobody of what nobody can exercise', async () => {
    await readyFleet(deps);
    for (const cluster of ['root', 'odd']) expect((await rowOf(cluster))?.problems).toEqual([]);
    expect((await rowOf('odd'))?.unjudged['readiness-unknown']).toBeUndefined();
    expect((await rowOf('odd'))?.unjudged['seal-not-ready']).toContain('seal.type is other');
    expect((await rowOf('cloud'))?.problems).toMatchObject([{ code: 'readiness-unknown' }]);
  });

  it('tells who depends on a provider that would not unseal itself', async () => {
    under.nodes = { hub: denied };
    await readyFleet(deps);
    expect(await standings()).toMatchObject({ hub: 'not-ready', payments: 'at-risk', orders: 'at-risk' });
  });

  it('is not held up by a provider that hangs: within 45 s that one is told as down, as a restart would see it', async () => {
    under.nodes = { payments: hanging };
    const run = readyFleet(deps);
    await expect.poll(standings).toMatchObject({ orders: 'ready', hub: 'ready' });
    expect(await rowOf('payments')).toBeUndefined();
    await under.passing(44_999);
    await run;
    expect(await rowOf('payments')).toMatchObject({
      standing: { state: 'not-ready', why: expect.stringContaining('https://hub-0:8200') as string },
      problems: [{ code: 'seal-not-ready' }, { code: 'seal-provider-down' }],
    });
  });

  it.each<[(keyof TransitClient)[], string]>([
    [[], 'ready'],
    [['key'], 'ready'],
    [['lookupSelf', 'capabilitiesSelf'], 'ready'],
    [['decrypt'], 'not-ready'],
    [['key', 'encrypt', 'decrypt', 'lookupSelf', 'capabilitiesSelf'], 'not-ready'],
  ])(
    'tells a provider that hangs in its login and in %j by what the seal itself would meet: %s',
    async (operations, expected) => {
      under.ownToken = never;
      under.nodes = { orders: () => hangingIn(...operations) };
      const run = readyOne(deps, 'orders');
      await under.passing(44_999);
      expect((await run)?.standing.state).toBe(expected);
    },
  );

  it('is not held up by anything else that hangs: it is unknown after the deadline of its cluster', async () => {
    const { transit } = deps;
    deps.transit = (cluster, provider) =>
      cluster.name === 'payments' ? never() : transit(cluster, provider);
    const run = readyFleet(deps);
    await expect.poll(standings).toMatchObject({ orders: 'ready', hub: 'ready' });
    await clock.advance(45_000);
    await run;
    expect(await rowOf('payments')).toMatchObject({
      standing: { state: 'unknown', why: expect.stringContaining('not done within 45 s') as string },
      problems: [{ code: 'readiness-unknown' }],
    });
  });

  it('goes on where one cluster cannot be kept, and logs it', async () => {
    const { readiness } = memoryRotateState();
    state.readiness.save = async (row) => {
      if (row.cluster === 'hub') throw new Error('storage is away');
      await readiness.save(row);
    };
    state.readiness.list = (name) => readiness.list(name);
    await readyFleet(deps);
    expect(await standings()).toMatchObject({ payments: 'ready', orders: 'ready' });
    expect(lines.join('\n')).toMatch(/readiness-not-kept.*hub/);
  });

  it('keeps what it found when no nudge can be sent', async () => {
    under.nodes = { payments: denied };
    state.nudges.send = async () => Promise.reject(new Error('queue is away'));
    await readyFleet(deps);
    expect(await standings()).toMatchObject({ payments: 'not-ready' });
    expect(lines.join('\n')).toContain('readiness-nudge-not-sent');
  });

  it('says so where the seal has no token in fleet.yaml', async () => {
    deps.transit = async () => ({ ok: false, why: 'seal.token is not in fleet.yaml' });
    await readyFleet(deps);
    expect(await rowOf('payments')).toMatchObject({
      standing: { state: 'unknown' },
      problems: [{ code: 'readiness-unknown', summary: 'seal.token is not in fleet.yaml' }],
    });
  });

  it('says so where the escrow of a cluster cannot be read', async () => {
    const damaged = { partition: 'root', row: 'newest', why: 'damaged' };
    deps.generations = async () => ({ rows: [aGenerationRow({ cluster: 'root' })], unreadable: [damaged] });
    await readyFleet(deps);
    expect((await rowOf('root'))?.problems).toMatchObject([
      { code: 'readiness-unknown', summary: 'table generations: row newest cannot be read: damaged' },
    ]);
  });
});

describe('a provider without a leader', () => {
  const electing = (failures: number) => {
    const answers = Array.from({ length: failures }, () => refusal(500));
    return node((plaintext) => answers.pop() ?? good({ ciphertext: `vault:v1:${plaintext}` }));
  };

  it('for the moment of the exercise is asked again after 10 s, and wakes nobody', async () => {
    under.nodes = { payments: () => electing(1) };
    expect(await readyOne(deps, 'payments')).toMatchObject({ standing: { state: 'ready' }, problems: [] });
  });

  it('that is still without one then is told', async () => {
    under.nodes = { payments: () => electing(2) };
    expect(await readyOne(deps, 'payments')).toMatchObject({
      standing: { state: 'not-ready', why: expect.stringContaining('cannot serve (500)') as string },
    });
  });
});

describe('nudges', () => {
  it('tell watch of a change, once, and look again soon at what is not ready', async () => {
    await readyFleet(deps);
    under.nodes = { payments: sealed };
    await readyFleet(deps);
    await readyFleet(deps);
    const again = { queue: 'turns', cluster: 'payments', delayMs: minutes(5) };
    const probe = { queue: 'probe', cluster: 'payments', delayMs: 0 };
    expect(state.nudged).toEqual([probe, again, again]);
    state.nudged.length = 0;
    under.nodes = {};
    await readyFleet(deps);
    expect(state.nudged).toEqual([probe]);
  });

  it('that come at once are one exercise', async () => {
    under.nodes = { payments: sealed };
    await readyNudged(deps, 'payments');
    await readyNudged(deps, 'payments');
    const once = ['payments', 'hub'];
    expect(order).toEqual(once);
    await clock.advance(minutes(5));
    await readyNudged(deps, 'payments');
    expect(order).toEqual([...once, ...once]);
  });

  it('for a cluster that is not there are logged', async () => {
    await readyNudged(deps, 'nobody');
    expect(lines.join('\n')).toContain('nudge-for-unknown-cluster');
  });
});

describe('one cluster on demand', () => {
  it('is judged with what its provider is now, not with what a row of before says of it', async () => {
    under.nodes = { hub: denied };
    expect((await readyOne(deps, 'payments'))?.standing.state).toBe('at-risk');
    await readyFleet(deps);
    under.nodes = {};
    expect((await readyOne(deps, 'payments'))?.standing.state).toBe('ready');
    expect(await standings()).toMatchObject({ hub: 'not-ready', payments: 'ready' });
  });

  it('is shown as it is now', async () => {
    under.nodes = { payments: sealed };
    expect(await exerciseNow(deps, 'payments')).toMatchObject({
      ok: true,
      value: {
        cluster: 'payments',
        state: 'not-ready',
        why: 'https://hub-0:8200 is sealed (503)',
        exercised: new Date(clock.now()).toISOString(),
        problems: [{ code: 'seal-not-ready' }, { code: 'seal-provider-down' }],
      },
    });
    expect(await exerciseNow(deps, 'nobody')).toMatchObject({
      ok: false,
      code: 'not-found',
      message: 'fleet.yaml has no cluster "nobody"',
    });
  });
});

describe('what is shown', () => {
  it('is never before the first exercise, and stale after the last one that says anything', async () => {
    const shown = async () => {
      const answer = await showReadiness(deps);
      if (!answer.ok) throw new Error('refused');
      return answer.value.clusters.find(({ cluster }) => cluster === 'payments');
    };
    expect(await shown()).toEqual({
      cluster: 'payments',
      seal: 'transit',
      state: 'never',
      evidence: [],
      problems: [],
    });
    await readyFleet(deps);
    expect((await shown())?.state).toBe('ready');
    await clock.advance(minutes(181));
    expect((await shown())?.state).toBe('stale');
  });

  it('is never for a seal that was changed since: the row of the one before says nothing of it', async () => {
    await readyFleet(deps);
    const changed = text.replace('{type: transit, provider: hub, key: payments}', '{type: azurekeyvault}');
    under.rewrite(changed);
    expect(await showReadiness(deps)).toMatchObject({
      value: {
        clusters: [{ cluster: 'payments', seal: 'azurekeyvault', state: 'never' }, {}, {}, {}, {}, {}],
      },
    });
  });

  it('names rows that cannot be read', async () => {
    state.damage({ partitionKey: 'payments', rowKey: 'latest' }, 'damaged: not deflated');
    expect(await showReadiness(deps)).toMatchObject({
      value: { unreadable: ['payments: damaged: not deflated'] },
    });
  });
});
