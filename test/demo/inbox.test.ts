import { expect, it, onTestFinished } from 'vitest';
import { Inbox } from '../../demo/inbox.ts';
import type { Message } from '../../shared/alert/alert.ts';
import { render as renderSlack } from '../../shared/alert/channels/slack.ts';
import { render as renderWebhook } from '../../shared/alert/channels/webhook.ts';
import { finding } from '../../shared/finding.ts';
import { signed } from '../../shared/webhook-signature.ts';
import { startChatReceiver } from '../fakes/chat/receiver.ts';

const key = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const options = { runbookBase: 'https://example.com/runbooks' };

function message(): Message {
  const subject = { kind: 'node', name: 'payments-2' } as const;
  const sealed = finding('node-sealed', subject, 'payments-2 is sealed', ['sys/health answers 503']);
  const at = Date.now();
  return {
    id: 'message-1',
    cluster: 'payments',
    labels: {},
    at,
    kind: 'alert',
    severity: 'critical',
    headline: 'payments: node sealed: payments-2',
    since: at,
    changes: [{ change: 'fired', finding: sealed, since: at }],
    open: [],
  };
}

async function inboxWithReceiver(signingKey = key) {
  const receiver = await startChatReceiver();
  onTestFinished(() => receiver.close());
  const inbox = new Inbox(signingKey);
  const taken = { slack: Promise.withResolvers<void>(), webhook: Promise.withResolvers<void>() };
  receiver.onMessage((received) => {
    inbox.take(received, Date.now());
    if (received.kind !== 'teams') taken[received.kind].resolve();
  });
  const post = async (kind: 'slack' | 'webhook'): Promise<void> => {
    const rendered =
      kind === 'slack'
        ? renderSlack(message(), options)
        : signed(
            renderWebhook(message(), options),
            'message-1',
            [Buffer.from(key.slice('whsec_'.length), 'base64')],
            Date.now(),
          );
    await fetch(receiver.url(kind), { method: 'POST', ...rendered });
    await taken[kind].promise;
  };
  return { inbox, post };
}

it.each([[['slack', 'webhook']], [['webhook', 'slack']]] as const)(
  'pairs a chat message with its signed copy, arriving as %j',
  async (order) => {
    const { inbox, post } = await inboxWithReceiver();
    await post(order[0]);
    expect(inbox.unpaired).toBe(1);
    await post(order[1]);
    expect(inbox.unpaired).toBe(0);
    expect(inbox.messages).toMatchObject([{ channel: 'slack', signature: 'verified' }]);
    expect(inbox.messages[0]?.lines[0]).toContain('payments: node sealed: payments-2');
    expect(inbox.changes).toMatchObject([
      { change: 'fired', code: 'node-sealed', subject: { kind: 'node', name: 'payments-2' }, leads: true },
    ]);
    const headline = inbox.changes[0]?.headline ?? '';
    expect(headline).toBe('payments: node sealed: payments-2');
    expect(inbox.textOf(headline)).toEqual(inbox.messages[0]?.lines);
    expect(inbox.problems).toEqual([]);
  },
);

it('names a signature that another key made as a problem', async () => {
  const { inbox, post } = await inboxWithReceiver(`whsec_${Buffer.alloc(32, 8).toString('base64')}`);
  await post('slack');
  await post('webhook');
  expect(inbox.messages[0]?.signature).toBe('wrong');
  expect(inbox.problems).toEqual(['webhook: wrong signature: payments: node sealed: payments-2']);
});
