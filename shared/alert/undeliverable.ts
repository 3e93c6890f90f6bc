/** Whether channels take their messages: judged from what is still owed after it was tried. */
import { type Assessment, finding, type Verdict } from '../finding.ts';
import type { Channel } from '../fleet/fleet.ts';
import type { ClusterFacts } from '../probe/head-facts.ts';
import type { Owed } from '../state/ports.ts';
import { failedAttempts, needsMending } from './retry.ts';

/**
 * One verdict of `alert-undeliverable` a channel: present when a message of it failed three times, or in a way
 * that only a person can mend; unjudged while others are still being tried; absent otherwise.
 *
 * @param owed of every partition that is known.
 * @param remembered channels whose fallback had to take their last message: what is owed says nothing of them.
 * @param isAll whether every partition is: what nobody read may owe something.
 */
export function judgeUndeliverable(
  owed: Owed[],
  channels: Pick<Channel, 'name' | 'fallback'>[],
  remembered: NonNullable<ClusterFacts['channels']> = {},
  isAll = true,
): Assessment {
  const verdicts = channels.map((channel) => {
    const failing = owed.filter(({ meantFor }) => meantFor === channel.name);
    const subject = { kind: 'channel', name: channel.name } as const;
    return {
      code: 'alert-undeliverable' as const,
      subject,
      verdict: verdictOn(channel, failing, remembered[channel.name], isAll),
    };
  });
  return { verdicts, defaults: { 'alert-undeliverable': { state: 'absent' } } };
}

function verdictOn(
  { name, fallback }: Pick<Channel, 'name' | 'fallback'>,
  failing: Owed[],
  remembered: { since: number; failure: string } | undefined,
  isAll: boolean,
): Verdict {
  const stuck = failing
    .filter(({ attempts, lastFailure = '' }) => attempts >= failedAttempts || needsMending(lastFailure))
    .sort((a, b) => a.createdAt - b.createdAt);
  const [oldest] = stuck;
  if (!oldest && !remembered) {
    if (failing.length > 0) return { state: 'unjudged', why: 'its messages are still being tried' };
    return isAll ? { state: 'absent' } : { state: 'unjudged', why: 'not all that is owed was read' };
  }
  const failure = oldest?.lastFailure ?? remembered?.failure ?? 'unavailable: no reason was kept';
  // No counts here: a summary that changes with every message would be news each time.
  const [reason = 'unavailable'] = failure.split(':');
  const summary = `channel ${name} does not take messages (${reason})`;
  const evidence = [
    failure,
    oldest
      ? `${stuck.length} ${stuck.length === 1 ? 'message waits' : 'messages wait'}, the oldest since ${new Date(oldest.createdAt).toISOString()}`
      : `its fallback takes its messages since ${new Date(remembered?.since ?? 0).toISOString()}`,
    fallback === undefined ? 'it has no fallback channel' : `its fallback is ${fallback}`,
  ];
  const subject = { kind: 'channel', name } as const;
  return { state: 'present', finding: finding('alert-undeliverable', subject, summary, evidence) };
}
