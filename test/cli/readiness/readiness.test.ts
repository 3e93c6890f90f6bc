import { describe, expect, it } from 'vitest';
import { type Answer, against } from '../against-app.ts';

const exercised = '2026-11-22T09:23:00.000Z';
const line = (cluster: string, more: object = {}) => ({
  cluster,
  seal: 'transit',
  state: 'ready',
  exercised,
  evidence: [],
  problems: [],
  ...more,
});
const ready = line('payments', { evidence: ['transit/encrypt and decrypt: what was encrypted came back.'] });
const shamir = line('root', { seal: 'shamir', state: 'unknown', why: 'people unseal it' });
const dead = line('orders', {
  state: 'not-ready',
  why: 'the provider is sealed (503)',
  problems: [
    { code: 'seal-not-ready', summary: 'the provider is sealed (503)' },
    { code: 'seal-provider-down', summary: 'root does not serve', advice: 'Bring root back first.' },
  ],
});
const ending = line('stock', {
  state: 'at-risk',
  why: "the seal's token ends in 20 days",
  until: '2026-12-12T09:23:00.000Z',
});
const fleet = (...clusters: object[]) => ({ clusters, unreadable: [] as string[] });

const readiness = (answers: Record<string, Answer>, ...args: string[]) =>
  against('rotate', { answers }, 'readiness', ...args);

const list = 'GET /api/readiness';
const now = (cluster: string) => `POST /api/readiness/${cluster}`;

describe('sealwatch readiness', () => {
  it('is a line a cluster, with what is wrong below it', async () => {
    const { out, code } = await readiness({ [list]: { json: fleet(ready, shamir, dead, ending) } });
    expect(out).toEqual([
      `payments: ready (transit), exercised ${exercised}`,
      `root: unknown (shamir), exercised ${exercised}: people unseal it`,
      `orders: not-ready (transit), exercised ${exercised}: the provider is sealed (503)`,
      '  seal-not-ready',
      '  seal-provider-down: root does not serve',
      `stock: at-risk (transit), exercised ${exercised}, ready until 2026-12-12T09:23:00.000Z: the seal's token ends in 20 days`,
    ]);
    expect(code).toBe(1);
  });

  it('says what was judged without the credential, and what was never exercised', async () => {
    const indirect = line('payments', { seal: 'azurekeyvault', indirect: true });
    const { exercised: _, ...never } = line('orders', { state: 'never' });
    const { out, code } = await readiness({ [list]: { json: fleet(indirect, never) } });
    expect(out).toEqual([
      `payments: ready (azurekeyvault, not exercised itself), exercised ${exercised}`,
      'orders: never (transit), not exercised yet',
    ]);
    expect(code).toBe(0);
  });

  it('of one cluster tells what was tried, and nothing of the others', async () => {
    const { out, code } = await readiness({ [list]: { json: fleet(dead, ready) } }, '--cluster', 'payments');
    expect(out).toEqual([
      `payments: ready (transit), exercised ${exercised}`,
      '  - transit/encrypt and decrypt: what was encrypted came back.',
    ]);
    expect(code).toBe(0);
  });

  it('of one cluster says what to do first', async () => {
    const { out } = await readiness({ [list]: { json: fleet(dead, ready) } }, '--cluster', 'orders');
    expect(out.slice(1)).toEqual([
      '  seal-not-ready',
      '  seal-provider-down: root does not serve',
      '    First: Bring root back first.',
    ]);
  });

  it('of a cluster that there is not is refused', async () => {
    const { err, code } = await readiness({ [list]: { json: fleet(ready) } }, '--cluster', 'payment');
    expect(err).toEqual(['fleet.yaml has no cluster "payment"']);
    expect(code).toBe(1);
  });

  it.each([
    ['ready', 0],
    ['unknown', 0],
    ['never', 0],
    ['at-risk', 1],
    ['not-ready', 1],
    ['stale', 1],
    ['something newer', 1],
  ])('%s beside one that is ready exits with %i', async (state, expected) => {
    const { code } = await readiness({ [list]: { json: fleet(ready, line('orders', { state })) } });
    expect(code).toBe(expected);
  });

  it('tells of a row that cannot be read, and does not call that well', async () => {
    const json = { ...fleet(ready), unreadable: ['orders: not JSON'] };
    const { code, err } = await readiness({ [list]: { json } });
    expect(err).toEqual(['A row cannot be read: orders: not JSON']);
    expect(code).toBe(1);
    const one = await readiness({ [list]: { json } }, '--cluster', 'payments');
    expect(one).toMatchObject({ code: 0, err: [] });
  });
});

describe('--now', () => {
  it('exercises one cluster, and asks for no other', async () => {
    const { out, asked, code } = await readiness(
      { [now('orders')]: { json: dead } },
      '--now',
      '--cluster',
      'orders',
    );
    expect(asked).toEqual([now('orders')]);
    expect(out[0]).toContain('orders: not-ready');
    expect(code).toBe(1);
  });

  it('without --cluster exercises every cluster, one after the other', async () => {
    const before = fleet(line('payments', { state: 'stale' }), line('root', { state: 'never' }));
    const { out, asked, code } = await readiness(
      {
        [list]: { json: { ...before, unreadable: ['payments: not JSON'] } },
        [now('payments')]: { json: ready },
        [now('root')]: { json: shamir },
      },
      '--now',
    );
    expect(asked).toEqual([list, now('payments'), now('root')]);
    expect(out.map((text) => text.split(' (')[0])).toEqual(['payments: ready', 'root: unknown']);
    // Its row was written anew.
    expect(code).toBe(0);
  });

  it('goes on where one cannot be exercised, tells it as it was, and fails', async () => {
    const refusal = { status: 503, json: { error: 'unavailable', message: 'storage cannot be read' } };
    const { out, err, code } = await readiness(
      { [list]: { json: fleet(ready, shamir) }, [now('payments')]: refusal, [now('root')]: { json: shamir } },
      '--now',
    );
    expect(err).toEqual(['payments was not exercised: storage cannot be read']);
    expect(out).toHaveLength(2);
    expect(code).toBe(1);
  });

  it('escapes what stands in the address', async () => {
    const { asked } = await readiness({}, '--now', '--cluster', '../clusters/payments');
    expect(asked).toEqual(['POST /api/readiness/..%2Fclusters%2Fpayments']);
  });

  it('tells a refusal in the words of rotate', async () => {
    const json = { error: 'role-missing', message: 'this needs the role Sealwatch.Operate' };
    const { err, code } = await readiness(
      { [now('payments')]: { status: 403, json } },
      '--now',
      '--cluster',
      'payments',
    );
    expect([code, err]).toEqual([1, ['this needs the role Sealwatch.Operate']]);
  });
});

describe('--json', () => {
  it('is the answer as it came, also what this version does not know', async () => {
    const json = { ...fleet({ ...dead, since: 'yesterday' }, ready), more: [1] };
    const { out, code } = await readiness({ [list]: { json } }, '--json');
    expect(JSON.parse(out.join('\n'))).toEqual(json);
    expect(code).toBe(1);
  });

  it('has one shape, also of one cluster, and exercised now', async () => {
    const answers = { [list]: { json: fleet(dead, ready) }, [now('payments')]: { json: ready } };
    for (const args of [[], ['--now']]) {
      const { out } = await readiness(answers, '--json', '--cluster', 'payments', ...args);
      expect(JSON.parse(out.join('\n'))).toEqual(fleet(ready));
    }
  });
});

describe('what a server says', () => {
  // Escape sequences, a C1 control, a bidirectional override, a line break.
  const hostile = 'a\u001b[2Jb\u009b31mc\u202ed\ne\u007f';
  const controls = /[\p{Cc}\p{Cf}]/u;

  it('reaches a terminal without control characters', async () => {
    const evil = line(hostile, {
      state: hostile,
      seal: hostile,
      why: hostile,
      until: hostile,
      exercised: hostile,
      evidence: [hostile],
      problems: [{ code: hostile, summary: `${hostile}!`, advice: hostile }],
    });
    const json = { clusters: [evil], unreadable: [hostile] };
    const { out, err } = await readiness({ [list]: { json } });
    expect([...out, ...err].filter((text) => controls.test(text))).toEqual([]);
    const one = await readiness({ [now('payments')]: { json: evil } }, '--now', '--cluster', 'payments');
    expect([one.out.length, one.out.filter((text) => controls.test(text))]).toEqual([4, []]);
    const failing = await readiness({ [list]: { json } }, '--now');
    expect([...failing.out, ...failing.err].filter((text) => controls.test(text))).toEqual([]);
  });

  it('is escaped in JSON, and the same value', async () => {
    const json = fleet(line('payments', { why: hostile, state: 'größer' }));
    const { out } = await readiness({ [list]: { json } }, '--json');
    expect(out.join('').replaceAll('\n', '')).toMatch(/^[\u0020-\u007e]*$/);
    expect(JSON.parse(out.join('\n'))).toEqual(json);
  });

  it.each([{}, { clusters: [{ cluster: 'payments' }] }, []])(
    'that is no readiness is not shown: %j',
    async (json) => {
      const { out, err, code } = await readiness({ [list]: { json } });
      expect([code, out]).toEqual([1, []]);
      expect(err.join()).toMatch(
        /answered something else than rotate does: is SEALWATCH_ROTATE_API right\?$/,
      );
    },
  );

  it('names the setting where nothing of rotate is there', async () => {
    const { err } = await readiness({});
    expect(err.join()).toMatch(/answered 404: is SEALWATCH_ROTATE_API the address of rotate\?$/);
  });
});

it.each([[['payments']], [['--cluster']], [['--cluster', ' ']], [['--all']]])(
  '%j is not understood, and nothing is asked',
  async (args) => {
    const { code, asked } = await readiness({ [list]: { json: fleet(ready) } }, ...args);
    expect([code, asked]).toEqual([2, []]);
  },
);
