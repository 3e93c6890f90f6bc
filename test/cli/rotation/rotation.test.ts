/** `sealwatch rotation …` against a rotate app that answers as each test says. */
import { describe, expect, it } from 'vitest';
import { shownRotation } from '../../../shared/work/rotate/show-rotations.ts';
import {
  aFullRotation,
  aRotation,
  aRotationBinding,
  endedRotation,
  noon,
} from '../../fakes/state/rotate-examples.ts';
import { against, type Given } from '../against-app.ts';

const at = new Date(noon).toISOString();
const waiting = {
  what: 'a restart of payments/vault-0, to use the new one',
  since: noon,
  until: noon,
  overdueAt: noon,
};
const waits = shownRotation(
  aRotation({ stage: 'verified', fresh: { ref: 'accessor-2' }, waiting, byName: 'Ada' }),
  noon,
);
const full = shownRotation(aFullRotation(), noon + 60_000);
const needing = shownRotation(
  aRotation({
    id: 'orders.second',
    cluster: 'orders',
    kind: 'transit-key',
    stage: 'verified',
    needs: { why: 'the active node of orders steps down', binding: aRotationBinding(), missing: 2 },
  }),
  noon,
);
const ended = shownRotation(
  endedRotation(aRotation({ id: 'stock.third', cluster: 'stock' }), { left: ['ref-1 is people’s own'] }),
  noon,
);

const rotation = (given: Given, ...args: string[]) => against('rotate', given, 'rotation', ...args);

const all = (...rotations: object[]) => ({ rotations, unreadable: [] as string[] });
const list = 'GET /api/rotations';
const one = (id: string) => `GET /api/rotations/${id}`;

describe('list', () => {
  it('is a line each: where it is, and what it waits for', async () => {
    const json = all(waits, { ...waits, waiting: { ...waits.waiting, overdue: true } }, needing, ended, {
      ...waits,
      waiting: undefined,
    });
    const { out, code } = await rotation({ answers: { [list]: { json } } }, 'list');
    expect(out).toEqual([
      'payments.first: transit-token of payments, verified: waits for a restart of payments/vault-0, to use the new one',
      'payments.first: transit-token of payments, verified: waits for a restart of payments/vault-0, to use the new one (overdue)',
      'orders.second: transit-key of orders, verified: needs approval by 2 people: the active node of orders steps down',
      `stock.third: transit-token of stock, retired, ended ${new Date(noon + 42_000).toISOString()}, retired: every node uses it`,
      'payments.first: transit-token of payments, verified: a turn is under way, or comes within a minute',
    ]);
    expect(code).toBe(0);
  });

  it('says so where there is none, and asks for one cluster by its name', async () => {
    const answers = { [`${list}?cluster=a%2Fb`]: { json: all() } };
    const { out, err, code } = await rotation({ answers }, 'list', '--cluster', 'a/b');
    expect([code, out, err]).toEqual([0, [], ['Nothing rotates, and nothing did in the last 90 days.']]);
  });

  it('fails where a row cannot be read, and tells which', async () => {
    const json = { ...all(waits), unreadable: ['payments/r-payments.other: not JSON'] };
    const { out, err, code } = await rotation({ answers: { [list]: { json } } }, 'list');
    expect([code, out.length, err]).toEqual([
      1,
      1,
      ['A row cannot be read: payments/r-payments.other: not JSON'],
    ]);
  });

  it('as JSON is the answer as it came, also what this version does not know', async () => {
    const json = { ...all({ ...full, since: 'größer' }, needing, ended), more: [1] };
    const { out } = await rotation({ answers: { [list]: { json } } }, 'list', '--json');
    expect(out.join('')).toMatch(/^[\n\u0020-\u007e]*$/);
    expect(JSON.parse(out.join('\n'))).toEqual(json);
  });
});

describe('show', () => {
  it('tells all that is known of one', async () => {
    const answers = { [one('payments.first')]: { json: full } };
    const { out, code } = await rotation({ answers }, 'show', 'payments.first');
    expect(out).toEqual([
      'payments.first: transit-token of payments, delivered (rolling back), open',
      "  token of payments at root; used by payments, o'hara",
      `  asked ${at} by Ålice: a third of its life is left`,
      '  new: accessor-2',
      '  before: accessor-1',
      '  sink vault-secret: the old one again, its copies from 2026-11-22T13:00:00.003Z on (version 0f3c)',
      '  sink on disk: uncertain: a request is under way, or failed',
      `  waits for restarts of vault-0, since ${at}: overdue`,
      `  failing since ${at} (deliver, 3): Set is missing`,
      '  needs approval by one person: payments leads with the old key',
      `  in use by every node since ${new Date(noon + 5).toISOString()}`,
    ]);
    expect(code).toBe(0);
  });

  it('tells how it ended, and what is left for people', async () => {
    const answers = { [one('stock.third')]: { json: ended } };
    const { out } = await rotation({ answers }, 'show', 'stock.third');
    expect(out.slice(-2)).toEqual([
      `  ended ${new Date(noon + 42_000).toISOString()}, retired: every node uses it`,
      '    left for people: ref-1 is people’s own',
    ]);
  });

  it('takes no control characters from the app', async () => {
    const hostile = 'a\u001b[2Jb\u009b31mc\u202ed\ne\u007f';
    const json = {
      ...full,
      id: hostile,
      reason: hostile,
      fresh: hostile,
      noWayBack: hostile,
      sinks: [{ name: hostile, holds: hostile, where: hostile }],
      waiting: { ...full.waiting, what: hostile },
      failing: { ...full.failing, message: hostile },
      needs: { ...full.needs, why: hostile },
    };
    const answers = { [one('payments.first')]: { json }, [list]: { json: all(json) } };
    const shown = await rotation({ answers }, 'show', 'payments.first');
    const listed = await rotation({ answers }, 'list');
    expect([...shown.out, ...listed.out].filter((line) => /[\p{Cc}\p{Cf}]/u.test(line))).toEqual([]);
    expect([shown.out.length, listed.out.length]).toEqual([11, 1]);
  });

  it.each([{}, { ...waits, requestedAt: 1e300 }, []])(
    'that is no rotation is not shown: %j',
    async (json) => {
      const answers = { [one('payments.first')]: { json } };
      const { out, err, code } = await rotation({ answers }, 'show', 'payments.first');
      expect([code, out]).toEqual([1, []]);
      expect(err.join()).toMatch(/is SEALWATCH_ROTATE_API right\?$/);
    },
  );
});

describe('run', () => {
  const post = 'POST /api/rotations';

  it('asks for one now, prints its id alone, and tells where it got', async () => {
    const { out, err, bodies, code } = await rotation(
      { answers: { [post]: { json: waits } } },
      'run',
      'payments',
      'transit-token',
      '--reason',
      'it leaked',
    );
    expect([code, out]).toEqual([0, ['payments.first']]);
    expect(bodies).toEqual([{ cluster: 'payments', kind: 'transit-token', reason: 'it leaked' }]);
    expect(err).toContain('  waits for a restart of payments/vault-0, to use the new one, since '.concat(at));
    expect(err.at(-1)).toBe('It goes on by itself: sealwatch rotation show payments.first');
  });

  it('tells a refusal in the words of rotate', async () => {
    const json = { error: 'busy', message: 'rotation payments.other of it is open: one at a time' };
    const { err, code } = await rotation(
      { answers: { [post]: { status: 409, json } } },
      'run',
      'payments',
      'transit-token',
      '--reason',
      'it leaked',
    );
    expect([code, err]).toEqual([1, [json.message]]);
  });
});

describe.each([
  ['confirm', 'confirm', 'Confirmed: it goes on with its next turn.'],
  ['rollback', 'rollback', 'It goes back to the one before, from its next turn on.'],
  ['forget', 'forget', 'Forgotten: nothing was ended at a provider or a sink.'],
])('%s', (command, route, words) => {
  it('says it of one, with its reason', async () => {
    const post = `POST /api/rotations/payments.first/${route}`;
    const { out, err, bodies, code } = await rotation(
      { answers: { [post]: { json: waits } } },
      command,
      'payments.first',
      '--reason',
      'I saw to it',
    );
    expect([code, out, bodies]).toEqual([0, [words], [{ reason: 'I saw to it' }]]);
    expect(err[0]).toBe('payments.first: transit-token of payments, verified, open');
  });

  it('sends no key that was pasted into its reason', async () => {
    const key = 'hvs.CAESIJ0123456789abcdefghijklmnop';
    const { code, asked, err } = await rotation({}, command, 'payments.first', '--reason', `it is ${key}`);
    expect([code, asked]).toEqual([1, []]);
    expect(err.join()).not.toContain(key);
  });

  it('escapes what stands in the address', async () => {
    const { asked } = await rotation({}, command, '../readiness', '--reason', 'r');
    expect(asked).toEqual([`POST /api/rotations/..%2Freadiness/${route}`]);
  });
});

describe('approve', () => {
  const answers = {
    [one('orders.second')]: { json: needing },
    'POST /api/rotations/orders.second/approve': { json: needing },
  };

  it('shows what it is for, asks, and names exactly that', async () => {
    const { out, err, bodies, code } = await rotation({ answers, typed: 'yes' }, 'approve', 'orders.second');
    expect(err).toContain('  needs approval by 2 people: the active node of orders steps down');
    expect(bodies).toEqual([{ binding: needing.needs?.hash }]);
    expect([code, out]).toEqual([0, ['Approved, for an hour: the active node of orders steps down']]);
  });

  it.each([
    ['no', 'Not approved.'],
    ['', 'Not approved.'],
    [undefined, 'nobody can be asked here: run it again with --yes'],
  ])('approves nothing where the answer is %j', async (typed, words) => {
    const given = { answers, ...(typed !== undefined && { typed }) };
    const { code, err, bodies } = await rotation(given, 'approve', 'orders.second');
    expect([code, err.at(-1), bodies]).toEqual([1, words, []]);
  });

  it('with --yes asks nobody', async () => {
    const { code, bodies } = await rotation({ answers }, 'approve', 'orders.second', '--yes');
    expect([code, bodies.length]).toEqual([0, 1]);
  });

  it('of one that needs none is refused here', async () => {
    const given = { answers: { [one('payments.first')]: { json: waits } } };
    const { code, err, bodies } = await rotation(given, 'approve', 'payments.first', '--yes');
    expect([code, err.at(-1), bodies]).toEqual([1, 'it asks for no approval now', []]);
  });

  it('of what changed meanwhile is refused by rotate', async () => {
    const json = { error: 'conflict', message: 'what orders.second needs has changed since: look again' };
    const changed = { ...answers, 'POST /api/rotations/orders.second/approve': { status: 409, json } };
    const { code, err, out } = await rotation({ answers: changed }, 'approve', 'orders.second', '--yes');
    expect([code, err.at(-1), out]).toEqual([1, json.message, []]);
  });
});

it.each([
  [[]],
  [['turn']],
  [['list', 'payments']],
  [['list', '--cluster', ' ']],
  [['show']],
  [['show', 'a', 'b']],
  [['run', 'payments', '--reason', 'r']],
  [['run', 'payments', 'password', '--reason', 'r']],
  [['run', 'payments', 'toString', '--reason', 'r']],
  [['run', 'payments', 'transit-token']],
  [['confirm', 'payments.first']],
  [['rollback', '--reason', 'r']],
  [['forget', 'payments.first']],
  [['approve', '--yes']],
  [['approve', 'a', '--force']],
])('%j is not understood, and nothing is asked', async (args) => {
  const { code, asked } = await rotation({}, ...args);
  expect([code, asked]).toEqual([2, []]);
});
