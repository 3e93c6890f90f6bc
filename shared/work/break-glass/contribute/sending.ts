/** The shares of a contribution on their way. */
import type { Share } from '../../../escrow/share.ts';
import type { NodeSight } from '../../../recovery/recovery.ts';
import { type UnsealResult, unsealNodes } from '../../../recovery/unseal.ts';
import { StateError } from '../../../state/errors.ts';
import type { Connected } from '../../recover/deps.ts';
import type { Glass } from '../deps.ts';
import type { ContributionRecord } from './record.ts';
import { heldBy, resumeLines, type Sent } from './resume.ts';
import type { Contribution, Target } from './targets.ts';
import { resultWords } from './words.ts';

/** All that one round asks of one node, ms. */
const roundMs = 20_000;

interface Sending {
  targets: Target[];
  shares: Share[];
  sights: NodeSight[];
  wanted: Contribution;
}

/** Share by share, to all nodes at once; where it ends in the middle, with the words to go on. */
export async function send(
  glass: Glass,
  connected: Connected,
  { targets, shares, sights, wanted }: Sending,
  record: ContributionRecord,
): Promise<UnsealResult[]> {
  const { world, stop, say } = glass;
  const { generation, revision, threshold } = glass.envelopes.generation;
  const indexes = shares.map(({ index }) => index).join(' ');
  for (const { node, address } of targets) {
    if (stop.aborted) break;
    await record.audit('step', { kind: 'contribution', node, address, shares: indexes });
    say(`Sends ${shares.length === 1 ? 'share' : 'shares'} ${indexes} to ${node} at ${address}.`);
  }
  const sent = new Map<string, number[]>();
  let results: UnsealResult[] = [];
  try {
    results = await unsealNodes(
      targets,
      { generation, revision, threshold, shares, contribution: true },
      {
        pass: 1,
        clock: world.clock,
        roundTimeoutMs: roundMs,
        async beforeRound(round) {
          if ((await record.intents(round)) === 'stop') return 'stop';
          for (const { node, index } of round) sent.set(node, [...(sent.get(node) ?? []), index]);
          return 'go';
        },
      },
    );
    for (const result of results) say(resultWords(result));
    await goOn(glass, connected, { targets, results, sent, wanted }, record);
  } catch (error) {
    // Storage went away in the middle: the nodes hold what they hold. A row that is lost is somebody else's to go on with.
    const { stored: _away, ...alone } = glass;
    if (error instanceof StateError) await goOn(alone, connected, { targets, results, sent, wanted }, record);
    throw error;
  }
  await record.sent(results, sights);
  return results;
}

async function goOn(
  glass: Glass,
  connected: Connected,
  {
    targets,
    results,
    sent,
    wanted,
  }: Pick<Sending, 'targets' | 'wanted'> & { results: UnsealResult[]; sent: Sent },
  record: ContributionRecord,
): Promise<void> {
  // Its intent is on file, and nothing was sent: a share that the node holds later is not from here.
  const unsent = targets.filter(({ node }) => !sent.has(node));
  if (unsent.length > 0)
    await record.held(unsent.map(({ node }) => ({ node, nonce: '', progress: 0, given: [] })));
  const held = await heldBy(glass, connected, targets, results, sent);
  if (held.length === 0) return;
  await record.held(held);
  const done = new Set(results.flatMap(({ node, result }) => (result.kind === 'contributed' ? [node] : [])));
  const left = held.filter(({ node }) => !done.has(node));
  if (left.length === 0) return;
  glass.say(
    `To go on with what ${left.map(({ node }) => node).join(', ')} hold of it, while nobody else sends:`,
  );
  for (const line of resumeLines(glass, left, wanted)) glass.say(line);
}
