/**
 * One custodian's owner gives their shares, from their own laptop: begins the set, or joins the one that the person
 * before read out (rule 3). It marks no generation; whoever completes the set waits until the cluster serves.
 */
import { type OpenResult, openThreshold } from '../../escrow/open.ts';
import type { Share } from '../../escrow/share.ts';
import { auditEntry } from '../../people/audit.ts';
import { plan } from '../../recovery/plan.ts';
import type { NodeSight } from '../../recovery/recovery.ts';
import { type UnsealResult, unsealNodes } from '../../recovery/unseal.ts';
import type { Connected } from '../recover/deps.ts';
import { type Contributed, waitForServing } from './contribute/serving.ts';
import { type Contribution, type Target, targetsOf } from './contribute/targets.ts';
import { handOver, resultWords } from './contribute/words.ts';
import type { Glass } from './deps.ts';
import type { Journal } from './journal.ts';
import { inputOf } from './look.ts';

/** One call of a custodian, ms. */
const custodianMs = 10_000;
/** All that one round asks of one node, ms. */
const roundMs = 20_000;
export async function contribute(
  glass: Glass,
  connected: Connected,
  sights: NodeSight[],
  wanted: Contribution,
  journal: Journal,
): Promise<Contributed> {
  const { generation } = glass.envelopes;
  const began = wanted.join?.progress ?? 0;
  const targets = targetsOf(glass, connected, sights, wanted);
  if (targets.length === 0)
    return { ok: false, summary: 'no node takes this contribution: nothing was opened or sent' };
  const opened = await open(glass, wanted, generation.threshold - began);
  const shares: Share[] = opened.ok ? opened.shares : [];
  try {
    await auditKeys(glass, journal, opened);
    if (!opened.ok) return { ok: false, summary: `${opened.message}: nothing was sent` };
    const results = await send(glass, targets, shares, journal);
    return await outcome(glass, connected, results, shares, wanted);
  } finally {
    for (const share of shares) share.destroy();
  }
}

/** What ends a whole recovery ends this one before it begins: a provider's seal, a rekeyed cluster, nothing to do. */
export function contributionNeedless(glass: Glass, sights: NodeSight[]): Contributed | undefined {
  const next = plan(inputOf(glass, sights));
  if (next.kind === 'nothing') return { ok: true, summary: next.summary };
  if (next.kind === 'refuse' && next.code !== 'foreign-progress') {
    return { ok: false, summary: `${next.code}: ${next.why}. ${next.remedy}` };
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

async function auditKeys(
  { world, cluster, who, whoName, reason, say }: Glass,
  journal: Journal,
  { opened }: OpenResult,
): Promise<void> {
  for (const key of opened) {
    const about = { who, name: whoName, cluster: cluster.name, why: reason };
    const value = { at: world.clock.now(), ...about, facts: { ...key } };
    await journal.append({ kind: 'audit', value: auditEntry({ ...value, what: 'key-opened' }) });
    say(`Opened share ${key.index} by custodian ${key.custodian}.`);
  }
}

async function send(
  { world, envelopes, stop, cluster, who, whoName, reason, say }: Glass,
  targets: Target[],
  shares: Share[],
  journal: Journal,
): Promise<UnsealResult[]> {
  const { generation } = envelopes;
  for (const { node, address } of targets) {
    const facts = { kind: 'contribution', node, address, shares: shares.map(({ index }) => index).join(' ') };
    const about = { who, name: whoName, cluster: cluster.name, why: reason };
    const value = { at: world.clock.now(), ...about, facts };
    await journal.append({ kind: 'audit', value: auditEntry({ ...value, what: 'step' }) });
    say(`Sends ${shares.length === 1 ? 'share' : 'shares'} ${facts.shares} to ${node} at ${address}.`);
  }
  return unsealNodes(
    targets,
    {
      generation: generation.generation,
      revision: generation.revision,
      threshold: generation.threshold,
      shares,
      contribution: true,
    },
    {
      pass: 1,
      clock: world.clock,
      roundTimeoutMs: roundMs,
      async beforeRound(value) {
        if (stop.aborted) return 'stop';
        await journal.append({ kind: 'intents', value });
        return 'go';
      },
    },
  );
}

async function outcome(
  glass: Glass,
  connected: Connected,
  results: UnsealResult[],
  shares: Share[],
  wanted: Contribution,
): Promise<Contributed> {
  for (const result of results) glass.say(resultWords(result));
  const kinds = results.map(({ result }) => result.kind);
  const good = kinds.every((kind) => kind === 'unsealed' || kind === 'joining' || kind === 'contributed');
  if (kinds.includes('contributed')) glass.say(handOver(glass, results, shares, wanted));
  const through = kinds.some((kind) => kind === 'unsealed' || kind === 'joining');
  if (!through) {
    return {
      ok: good,
      summary: good
        ? 'the next person goes on'
        : 'not every node took the shares: see above, and mark nothing',
    };
  }
  const served = await waitForServing(glass, connected);
  return good
    ? served
    : { ok: false, summary: `${served.summary}; not every node took the shares: see above` };
}
