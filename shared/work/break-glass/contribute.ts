/**
 * One custodian's owner gives their shares, from their own laptop: begins the set, or joins the one that the person
 * before read out (rule 3). It marks no generation; whoever completes the set waits until the cluster serves.
 */
import { type OpenResult, openThreshold } from '../../escrow/open.ts';
import type { Share } from '../../escrow/share.ts';
import { plan } from '../../recovery/plan.ts';
import type { NodeSight } from '../../recovery/recovery.ts';
import type { UnsealResult } from '../../recovery/unseal.ts';
import type { Connected } from '../recover/deps.ts';
import { lookAround } from '../recover/observe.ts';
import { type Files, givenBefore, sayOwn, withOwn } from './contribute/own.ts';
import type { ContributionRecord } from './contribute/record.ts';
import { send } from './contribute/sending.ts';
import { type Contributed, waitForServing } from './contribute/serving.ts';
import { type Contribution, targetsOf } from './contribute/targets.ts';
import { handOver } from './contribute/words.ts';
import type { Glass } from './deps.ts';
import { inputOf } from './look.ts';

/** One call of a custodian, ms. */
const custodianMs = 10_000;

/** @param files what this machine wrote of this cluster before. */
export async function contribute(
  glass: Glass,
  connected: Connected,
  asked: Contribution,
  record: ContributionRecord,
  files: Files,
): Promise<Contributed> {
  const { generation } = glass.envelopes;
  // Since the person was shown the nodes they were asked a question, and others had time to act.
  const sights = await lookAround(glass.world, connected.nodes);
  const needless = contributionNeedless(glass, sights);
  if (needless) return needless;
  const targets = targetsOf(glass, connected, sights, asked);
  if (targets.length === 0) {
    if (!asked.join) sayOwn(glass, sights, asked, files);
    return { ok: false, summary: 'no node takes this contribution: nothing was opened or sent' };
  }
  // What was read out names the whole set: the files may hold what was never sent, or what a reset forgot.
  const isNamed = asked.join !== undefined && asked.given.length >= asked.join.progress;
  const wanted = isNamed ? asked : withOwn(glass, asked, givenBefore(files, generation.generation, targets));
  const opened = await open(glass, wanted, generation.threshold - (wanted.join?.progress ?? 0));
  const shares: Share[] = opened.ok ? opened.shares : [];
  try {
    for (const key of opened.opened) {
      await record.audit('key-opened', { ...key });
      glass.say(`Opened share ${key.index} by custodian ${key.custodian}.`);
    }
    if (!opened.ok) return { ok: false, summary: `${opened.message}: nothing was sent` };
    const results = await send(glass, connected, { targets, shares, sights, wanted }, record);
    return await outcome(glass, connected, results, shares, wanted, record);
  } finally {
    for (const share of shares) share.destroy();
  }
}

/** What ends a whole recovery ends this one before it begins: a provider's seal, a rekeyed cluster, nothing to do. */
export function contributionNeedless(glass: Glass, sights: NodeSight[]): Contributed | undefined {
  const next = plan(inputOf(glass, sights));
  if (next.kind === 'nothing') return { ok: true, needless: 'nothing-to-do', summary: next.summary };
  if (next.kind === 'refuse' && next.code !== 'foreign-progress') {
    return { ok: false, needless: 'refused', summary: `${next.code}: ${next.why}. ${next.remedy}` };
  }
  return undefined;
}

async function open(
  { world, cluster, envelopes, stop }: Glass,
  { custodian, given }: Contribution,
  most: number,
): Promise<OpenResult> {
  const { generation } = envelopes;
  const own = generation.envelopes.filter((one) => one.custodian === custodian && !given.includes(one.index));
  const indexes = new Set(own.map(({ index }) => index)).size;
  if (indexes === 0 || most < 1) {
    const message =
      most < 1
        ? 'the set is complete already'
        : `custodian ${custodian} holds no share that was not given yet`;
    return { ok: false, message, opened: [], failures: [] };
  }
  const all = await world.custodians(cluster);
  return openThreshold({
    generation: { ...generation, envelopes: own },
    custodians: new Map([...all].filter(([name]) => name === custodian)),
    calling: { clock: world.clock, timeoutMs: custodianMs, signal: stop },
    want: Math.min(indexes, most),
  });
}

async function outcome(
  glass: Glass,
  connected: Connected,
  results: UnsealResult[],
  shares: Share[],
  wanted: Contribution,
  record: ContributionRecord,
): Promise<Contributed> {
  const kinds = results.map(({ result }) => result.kind);
  const good = kinds.every((kind) => kind === 'unsealed' || kind === 'joining' || kind === 'contributed');
  if (kinds.includes('contributed')) glass.say(handOver(glass, results, shares, wanted));
  const through = kinds.some((kind) => kind === 'unsealed' || kind === 'joining');
  if (!through) {
    const bad = glass.stop.aborted
      ? 'stopped by hand'
      : 'not every node took the shares: see above, and mark nothing';
    return { ok: good, summary: good ? 'the next person goes on' : bad };
  }
  const served = await waitForServing(glass, connected, (seen) => record.seen(seen));
  return good
    ? served
    : { ok: false, summary: `${served.summary}; not every node took the shares: see above` };
}
