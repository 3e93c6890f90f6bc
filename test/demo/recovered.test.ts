import { expect, it } from 'vitest';
import { Inbox, type ToldChange } from '../../demo/inbox.ts';
import { wrongRecoveries } from '../../demo/recovered.ts';

const nodes = ['payments-1', 'payments-10', 'payments-2', 'payments-3'];

function told(change: string, code: string, headline: string, over: Partial<ToldChange> = {}): ToldChange {
  return { change, code, subject: { kind: 'cluster' }, at: 0, headline, leads: true, ...over };
}

const ofNode = (name: string, over: Partial<ToldChange> = {}): Partial<ToldChange> => ({
  subject: { kind: 'node', name },
  ...over,
});

/** Every message also reached the chat. */
function wrong(alarms: ToldChange[], recoveries: ToldChange[], text: string[] = []): string[] {
  const inbox = new Inbox('whsec_AAAA');
  inbox.changes.push(...alarms, ...recoveries);
  for (const { headline } of inbox.changes)
    inbox.messages.push({ at: 0, channel: 'slack', lines: [headline, ...text], signature: 'verified' });
  return wrongRecoveries(inbox, alarms.length, nodes);
}

const leaderless = told('fired', 'no-leader', 'payments: no active node: payments-1, payments-2');

it.each([
  'payments: recovered: no active node: payments-1, payments-2, after 7 s',
  'payments: recovered: no active node: payments-2, after 7 s',
  'payments: recovered: no active node, after 7 s',
])('takes a recovery that names what its alarm named: %s', (headline) => {
  expect(wrong([leaderless], [told('resolved', 'no-leader', headline)])).toEqual([]);
});

it.each(['payments-3', 'payments-10', 'payments-1, payments-3'])(
  'refuses a recovery that names a node of which the alarm said nothing: %s',
  (names) => {
    const headline = `payments: recovered: no active node: ${names}, after 7 s`;
    const other = names.split(', ').at(-1);
    expect(wrong([leaderless], [told('resolved', 'no-leader', headline)])).toEqual([
      `recovered names ${other}, the alarm did not: "${headline}" after "${leaderless.headline}"`,
    ]);
  },
);

it('does not count what an alarm named that was over before', () => {
  const before = [
    told('fired', 'no-leader', 'payments: no active node: payments-3'),
    told('resolved', 'no-leader', 'payments: recovered: no active node: payments-3'),
    leaderless,
  ];
  const over = told('resolved', 'no-leader', 'payments: recovered: no active node: payments-3');
  expect(wrong(before, [over])).toHaveLength(1);
});

it('takes one recovery of nodes that had an alarm each', () => {
  const code = 'node-unreachable';
  const alarms = ['payments-1', 'payments-2'].map((name) =>
    told('fired', code, `payments: node does not answer: ${name}`, ofNode(name)),
  );
  const headline = 'payments: recovered: node does not answer: payments-1, payments-2';
  const over = ['payments-1', 'payments-2'].map((name) => told('resolved', code, headline, ofNode(name)));
  expect(wrong(alarms, over)).toEqual([]);
});

it('refuses a recovery that does not name its finding', () => {
  const headline = 'payments: recovered: node sealed: payments-1';
  expect(wrong([leaderless], [told('resolved', 'no-leader', headline)])).toEqual([
    `the message of recovery does not name "no active node": "${headline}"`,
  ]);
});

it('looks for what is over in the text, where the headline is about something else', () => {
  const alarm = told('fired', 'node-unreachable', 'node does not answer: payments-2', ofNode('payments-2'));
  const over = told('resolved', 'node-unreachable', 'payments: node sealed: payments-2', {
    ...ofNode('payments-2'),
    leads: false,
  });
  expect(wrong([alarm], [over], ['Recovered: node does not answer'])).toEqual([]);
  expect(wrong([alarm], [over])).toEqual([
    'the message of recovery does not name "node does not answer": "payments: node sealed: payments-2"',
  ]);
});

it('refuses a recovery of what nobody was told of', () => {
  const headline = 'payments: recovered: no active node: payments-1';
  expect(wrong([], [told('resolved', 'no-leader', headline)])).toEqual([
    `recovered, and no alarm was told: no-leader: "${headline}"`,
  ]);
});
