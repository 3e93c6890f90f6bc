import { describe, expect, it } from 'vitest';
import type { Status } from '../../../shared/work/status.ts';
import { against } from '../against-app.ts';

const since = '2026-11-22T03:00:00.000Z';
type Cluster = Pick<Status['clusters'][number], 'cluster' | 'status' | 'nodes' | 'alerts'>;
const cluster = (name: string, more: Partial<Status['clusters'][number]> = {}): Cluster => ({
  cluster: name,
  status: 'ok',
  nodes: ['active', 'standby', 'standby'].map((state, index) => ({
    name: `${name}-${index}`,
    address: `https://${name}-${index}.example.com:8200`,
    state: state as 'active',
    since,
  })),
  alerts: [],
  ...more,
});
const alert = (more: object = {}) => ({
  code: 'no-leader',
  status: 'firing' as const,
  severity: 'critical' as const,
  summary: 'orders has no active node',
  evidence: ['orders-0: sealed'],
  advice: 'Bring back enough nodes for a quorum.',
  since,
  ...more,
});
const down = cluster('orders', { status: 'critical', alerts: [alert()] });
const slow = cluster('stock', {
  status: 'warning',
  alerts: [
    alert({ code: 'node-sealed', severity: 'warning', status: 'acknowledged', summary: 'stock-1 is sealed' }),
  ],
});
const sweep = { at: since, seconds: 1.2, ageSeconds: 12, complete: true };
const seen = (clusters: object[], more: object = {}) => ({
  watching: 'yes',
  lastSweep: sweep,
  notSwept: [],
  clusters,
  fleet: [],
  undelivered: 0,
  unreadable: [],
  ...more,
});

/** The command against a watch app that answers this, to whatever cluster is named. */
function status(json: unknown, ...args: string[]) {
  const [, name] = args;
  const path = args[0] === '--cluster' ? `status/clusters?cluster=${name}` : 'status/clusters';
  return against('watch', { answers: { [`GET /api/${path}`]: { json } } }, 'status', ...args);
}

describe('sealwatch status', () => {
  it('tells whether anybody watches, and each cluster, the worst first', async () => {
    const { out, code, asked } = await status(seen([cluster('payments'), slow, down]));
    expect(out).toEqual([
      `Watching: the last sweep began ${since} and ended 12 s ago`,
      'orders: critical, 1 active, 2 standby',
      `  critical no-leader: orders has no active node, since ${since}`,
      'stock: warning, 1 active, 2 standby',
      `  warning node-sealed (acknowledged): stock-1 is sealed, since ${since}`,
      'payments: ok, 1 active, 2 standby',
    ]);
    expect([code, asked]).toEqual([1, ['GET /api/status/clusters']]);
  });

  it.each([
    ['all is well', seen([cluster('payments')]), 0],
    ['something is a warning', seen([slow]), 0],
    ['something is critical', seen([down]), 1],
    ['the last sweep could not finish a cluster', seen([cluster('stock', { status: 'unknown' })]), 1],
    [
      'a newer watch has a word for it that this command lacks',
      seen([cluster('stock', { status: 'ablaze' as 'ok' })]),
      1,
    ],
    ['the fleet itself is critical', seen([cluster('payments')], { fleet: [alert()] }), 1],
    ['nobody watches', seen([cluster('payments')], { watching: 'stale' }), 1],
    ['nobody ever did', { ...seen([cluster('payments')]), watching: 'never', lastSweep: undefined }, 1],
    [
      'the fleet itself was not swept',
      seen([cluster('payments')], { notSwept: [{ cluster: 'fleet', why: 'x' }] }),
      1,
    ],
    ['rotations cannot be read', seen([cluster('payments', { rotations: 'newer' })]), 1],
    [
      'readiness cannot be read',
      seen([cluster('payments', { readiness: { state: 'unread', why: 'newer' } })]),
      1,
    ],
    ['recoveries cannot be read', seen([{ ...cluster('payments'), recovery: { unread: ['newer'] } }]), 1],
    ['a row cannot be read', seen([cluster('payments')], { unreadable: ['payments/head: newer'] }), 1],
  ])('where %s ends with its own exit code', async (_, json, expected) => {
    expect((await status(json)).code).toBe(expected);
  });

  it('says first, and loudly, that nobody watches', async () => {
    const stale = seen([], { watching: 'stale', lastSweep: { ...sweep, ageSeconds: 900, complete: false } });
    expect((await status(stale)).out).toEqual([
      `NOBODY IS WATCHING: the last sweep began ${since} and ended 900 s ago, incomplete. What follows is older`,
    ]);
    const never = { ...seen([]), watching: 'never', lastSweep: undefined };
    expect((await status(never)).out).toEqual(['NOBODY IS WATCHING: no sweep has ended yet']);
  });

  it('tells a watcher that never gets to the end from one that is not there', async () => {
    const incomplete = { watching: 'stale', stale: 'incomplete' };
    const lastSweep = { ...sweep, complete: false };
    const { out } = await status(
      seen([], { ...incomplete, lastSweep: { ...lastSweep, lastCompleteAt: since } }),
    );
    expect(out).toEqual([
      `NOT ALL IS WATCHED: none was complete since ${since}; the last sweep began ${since} and ended 12 s ago, incomplete`,
    ]);
    const never = await status(seen([], { ...incomplete, lastSweep }));
    expect(never.out.join()).toMatch(/^NOT ALL IS WATCHED: none was ever complete; the last sweep/);
    const gone = await status(seen([], { watching: 'stale', stale: 'no-sweep', lastSweep }));
    expect(gone.out.join()).toMatch(/^NOBODY IS WATCHING/);
  });

  it('says why the last sweep could not finish: of the fleet itself, too', async () => {
    const notSwept = [
      { cluster: 'fleet', why: 'storage did not answer' },
      { cluster: 'orders', why: 'slow' },
    ];
    const { out } = await status(
      seen([{ ...cluster('orders'), status: 'unknown', notSwept: 'slow' }], { notSwept }),
    );
    expect(out.slice(1)).toEqual([
      'Alerts of the fleet itself were not finished by the last sweep (storage did not answer)',
      'orders: unknown, 1 active, 2 standby, not finished by the last sweep (slow)',
    ]);
  });

  it('tells what is done about a cluster, and what of it cannot be read', async () => {
    const open = {
      id: 'orders.4f1c',
      since,
      summary: 'unseal of orders: waits for approval',
      why: 'sealed in process',
    };
    const one = {
      ...down,
      recovery: { policy: 'manual', open },
      rotations: [{ id: 'orders.77', summary: 'token of orders: waits for a restart' }],
    };
    const told = ['  recovery orders.4f1c: unseal of orders: waits for approval (sealed in process)'];
    expect((await status(seen([one]))).out).toEqual(expect.arrayContaining(told));
    const close = (await status(seen([one]), '--cluster', 'orders')).out;
    expect(close).toContain('  rotation orders.77: token of orders: waits for a restart');
    const unread = {
      ...down,
      recovery: { unread: ['a newer row'] },
      rotations: 'damaged',
      readiness: { state: 'unread', why: 'newer' },
    };
    expect((await status(seen([unread]))).out).toEqual(
      expect.arrayContaining([
        '  recoveries cannot be read: a newer row',
        '  rotations cannot be read: damaged',
        '  readiness cannot be read: newer',
      ]),
    );
  });

  it("has the fleet's own alerts before the clusters, and what is still to be delivered after them", async () => {
    const fleet = [alert({ code: 'sweep-gap', summary: 'nobody looked for 4 minutes' })];
    const { out } = await status(seen([cluster('payments')], { fleet, undelivered: 2 }));
    expect(out.slice(1)).toEqual([
      `the fleet: critical sweep-gap: nobody looked for 4 minutes, since ${since}`,
      'payments: ok, 1 active, 2 standby',
      'Not delivered yet: 2 messages',
    ]);
  });

  it('names 20 clusters that are well, and counts more', async () => {
    const well = (count: number) => Array.from({ length: count }, (_, index) => cluster(`c${index}`));
    expect((await status(seen(well(20)))).out).toHaveLength(21);
    expect((await status(seen(well(21)))).out.slice(1)).toEqual(['21 clusters: ok']);
    const { out } = await status(seen([...well(30), down]));
    expect(out.slice(-2)).toEqual([
      `  critical no-leader: orders has no active node, since ${since}`,
      '30 more clusters: ok',
    ]);
  });

  it('of one cluster tells its nodes, what was seen and what to do first', async () => {
    const held = { by: 'Alice', reason: 'it is patched', until: since };
    const one = { ...down, hold: held, notSwept: 'storage did not answer' };
    const { out, asked } = await status(seen([one]), '--cluster', 'orders');
    expect(asked).toEqual(['GET /api/status/clusters?cluster=orders']);
    expect(out.slice(1)).toEqual([
      `orders: critical, 1 active, 2 standby, held by Alice until ${since} (it is patched), not finished by the last sweep (storage did not answer)`,
      `  orders-0: active since ${since}`,
      `  orders-1: standby since ${since}`,
      `  orders-2: standby since ${since}`,
      `  critical no-leader: orders has no active node, since ${since}`,
      '    Seen: orders-0: sealed',
      '    First: Bring back enough nodes for a quorum.',
    ]);
  });

  it('is all that watch says in JSON', async () => {
    const json = { ...seen([{ ...down, added: 'by a newer watch' }]), also: 1 };
    const { out } = await status(json, '--json');
    expect(JSON.parse(out.join('\n'))).toEqual(json);
  });
});

describe('an answer', () => {
  it('of nodes and storage is shown without control characters', async () => {
    const hostile = '\u001b[2J\u202eevil\r\n';
    const evil = {
      ...cluster(hostile, { status: hostile as 'ok' }),
      notSwept: hostile,
      hold: { by: hostile, reason: hostile, until: hostile },
      nodes: [{ name: hostile, address: hostile, state: hostile, since: hostile }],
      alerts: [alert({ code: hostile, summary: hostile, evidence: [hostile], advice: hostile })],
    };
    const { out, err } = await status(seen([evil], { unreadable: [hostile] }), '--cluster', 'orders');
    expect(out.length).toBeGreaterThan(4);
    expect([...out, ...err].filter((text) => /[\p{Cc}\p{Cf}]/u.test(text))).toEqual([]);
  });

  it.each([{}, { watching: 'yes' }, []])('that is no status is not shown: %j', async (json) => {
    const { out, err, code } = await status(json);
    expect([code, out]).toEqual([1, []]);
    expect(err.join()).toMatch(/answered something else than watch does: is SEALWATCH_WATCH_API right\?$/);
  });

  it('names the setting where nothing of watch is there', async () => {
    const { err } = await against('watch', {}, 'status');
    expect(err.join()).toMatch(/answered 404: is SEALWATCH_WATCH_API the address of watch\?$/);
  });
});

it('a refusal that is not of the app says so: the network may not be let in', async () => {
  const answers = { 'GET /api/status/clusters': { status: 403, json: '<html>403</html>' } };
  const { err, code } = await against('watch', { answers }, 'status');
  expect(code).toBe(1);
  expect(err.join()).toMatch(
    /answered 403, and it is not the app that says so: your network may not be let in/,
  );
});

it.each([[['payments']], [['--cluster']], [['--cluster', ' ']], [['--now']]])(
  '%j is not understood, and nothing is asked',
  async (args) => {
    const { code, asked } = await status(seen([cluster('payments')]), ...args);
    expect([code, asked]).toEqual([2, []]);
  },
);
