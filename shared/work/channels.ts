/**
 * What is remembered of channels (rule 14): a message that the fallback took leaves no row behind, and a channel that
 * takes nothing must still be a finding. Kept in the fleet's head until the channel takes a message again.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Fleet } from '../fleet/fleet.ts';
import type { ClusterFacts } from '../probe/head-facts.ts';
import type { ChannelOutcome } from './deliver.ts';
import type { WatchDeps } from './deps.ts';

/**
 * A failure is forgotten so long after the last one, ms: a channel that is seldom told anything, as one for critical
 * alerts is, might never take the message that proves it well.
 */
const rememberedMs = 24 * 3_600_000;

/** In each round somebody gets through: with fewer tries than batches end at once, what some of them saw would be lost. */
const mostTries = 60;
/** The last failure is noted as exactly as that, ms. */
const exactlyMs = 60_000;

export type ChannelFacts = NonNullable<ClusterFacts['channels']>;

/** Facts after these outcomes; those of channels that left fleet.yaml, and those that are old, are dropped. */
export function afterOutcomes(
  before: ChannelFacts,
  outcomes: ChannelOutcome[],
  channels: string[],
  now: number,
): ChannelFacts {
  const valid = Object.entries(before).filter(
    ([name, { since, at }]) => channels.includes(name) && now - (at ?? since) < rememberedMs,
  );
  const facts = Object.fromEntries(valid);
  for (const { channel, failure } of outcomes) {
    if (failure === undefined) delete facts[channel];
    else facts[channel] = { since: now, failure, ...facts[channel], at: now };
  }
  return facts;
}

/**
 * Notes outcomes of deliveries outside a sweep. Batches end together: on a conflict it reads and commits again, and who finds
 * that another one said the same drops out.
 */
export async function noteOutcomes(
  deps: WatchDeps,
  outcomes: ChannelOutcome[],
  channels: string[],
): Promise<void> {
  if (outcomes.length === 0) return;
  for (let tries = 1; tries <= mostTries; tries += 1) {
    const { head } = await deps.state.live.read('fleet');
    const before = head?.value.facts.channels ?? {};
    const after = afterOutcomes(before, outcomes, channels, deps.clock.now());
    if (isDeepStrictEqual(said(before), said(after))) return;
    const value = {
      cluster: 'fleet',
      revision: (head?.value.revision ?? 0) + 1,
      facts: { nodes: {}, channels: after },
      alerts: head?.value.alerts ?? [],
    };
    const { committed } = await deps.state.live.commit('fleet', value, head?.etag, []);
    if (committed) return;
  }
  deps.log.warn('outcomes-not-noted', { partition: 'fleet', why: 'others write it all the time' });
}

export function channelNames({ channels }: Fleet): string[] {
  return channels.map(({ name }) => name);
}

function said(facts: ChannelFacts): unknown {
  return Object.entries(facts).map(([name, { at = 0, ...rest }]) => [name, rest, Math.floor(at / exactlyMs)]);
}
