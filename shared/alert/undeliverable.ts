/** Whether channels take their messages: judged from what is still owed. */
import { type Assessment, finding, type Verdict } from '../finding.ts';
import type { Channel } from '../fleet/fleet.ts';
import type { OutboxEntry } from '../state/ports.ts';
import { failedAttempts, needsMending } from './retry.ts';

/**
 * One verdict of `alert-undeliverable` a channel: present when a message of it failed three times, or in a way
 * that only a person can mend; unjudged while others are still being tried; absent otherwise.
 *
 * @param owed entries of every partition.
 */
export function judgeUndeliverable(
  owed: OutboxEntry[],
  channels: Pick<Channel, 'name' | 'fallback'>[],
): Assessment {
  const verdicts = channels.map((channel) => {
    const failing = owed.filter((entry) => channelOf(entry) === channel.name && entry.attempts > 0);
    const subject = { kind: 'channel', name: channel.name } as const;
    return { code: 'alert-undeliverable' as const, subject, verdict: verdictOn(channel, failing) };
  });
  return { verdicts, defaults: { 'alert-undeliverable': { state: 'absent' } } };
}

/** The channel a message was meant for, also while a fallback has it. */
function channelOf({ effect }: OutboxEntry): string | undefined {
  return effect.kind === 'message' ? (effect.message.insteadOf?.channel ?? effect.channel) : undefined;
}

function verdictOn({ name, fallback }: Pick<Channel, 'name' | 'fallback'>, failing: OutboxEntry[]): Verdict {
  const stuck = failing
    .filter(({ attempts, lastFailure = '' }) => attempts >= failedAttempts || needsMending(lastFailure))
    .sort((a, b) => a.createdAt - b.createdAt);
  const [oldest] = stuck;
  if (!oldest) {
    return failing.length === 0
      ? { state: 'absent' }
      : { state: 'unjudged', why: 'its messages are still being tried' };
  }
  const failure = oldest.lastFailure ?? 'unavailable: no reason was kept';
  // No counts here: a summary that changes with every message would be news each time.
  const [reason = 'unavailable'] = failure.split(':');
  const summary = `channel ${name} does not take messages (${reason})`;
  const evidence = [
    failure,
    `${stuck.length} ${stuck.length === 1 ? 'message waits' : 'messages wait'}, the oldest since ${new Date(oldest.createdAt).toISOString()}`,
    fallback === undefined ? 'it has no fallback channel' : `its fallback is ${fallback}`,
  ];
  const subject = { kind: 'channel', name } as const;
  return { state: 'present', finding: finding('alert-undeliverable', subject, summary, evidence) };
}
