/**
 * Sends a set of shares to several nodes, round by round (rule 3): round k sends the k-th share to all nodes that still
 * need one, at once, after one word of the caller, who persists what is about to be sent. A node that answers anything
 * but "progress k under the first answer's nonce" is left alone from then on; the others go on.
 */
import type { Clock } from '../clock.ts';
import type { Share } from '../escrow/share.ts';
import type { ShareClient } from '../vault/unseal.ts';
import type { Intent } from './recovery.ts';
import { type NodeResult, type Sending, sendPosition } from './unseal/node.ts';

export type { NodeResult } from './unseal/node.ts';

export interface UnsealTarget {
  node: string;
  client: Pick<ShareClient, 'unseal' | 'sealStatus'>;
  /** Forget what the node holds of an unfinished set first. */
  reset: boolean;
  /**
   * A contribution by one custodian's owner: joins the set that others began, at this progress under this nonce, and
   * with fewer shares than the threshold. It never says `wrong-generation`.
   */
  join?: { progress: number; nonce: string };
}

export interface UnsealSet {
  generation: number;
  revision: number;
  threshold: number;
  /** In the order in which they are sent; the caller's to destroy. Exactly `threshold`, but for contributions. */
  shares: readonly Share[];
  /** Contributions may begin at progress 0 with fewer shares than the threshold: the first of several people. */
  contribution: boolean;
}

export interface UnsealOptions {
  pass: number;
  clock: Clock;
  /**
   * Of all that one round asks of one node, ms: the lease must outlast it. A node gets a round's share at most once,
   * whatever becomes of the request.
   */
  roundTimeoutMs: number;
  /** Called before each round with what it is about to send. `stop` sends nothing more to any node. */
  beforeRound(intents: Intent[]): Promise<'go' | 'stop'>;
  signal?: AbortSignal;
}

export interface UnsealResult {
  node: string;
  result: NodeResult;
}

/** Never rejects for what a node does; a rejection of `beforeRound` is passed on, with nothing sent after it. */
export async function unsealNodes(
  targets: readonly UnsealTarget[],
  set: UnsealSet,
  options: UnsealOptions,
): Promise<UnsealResult[]> {
  checkCount(targets, set);
  const sendings = targets.map((target): Sending => ({ target, began: target.join?.progress ?? 0 }));
  for (const [round, share] of set.shares.entries()) {
    const open = sendings.filter(({ result }) => result === undefined);
    if (open.length === 0) break;
    const word = await options.beforeRound(
      open.map((sending) => intentOf(sending, share, round, set, options)),
    );
    if (word === 'stop' || options.signal?.aborted) {
      for (const sending of open) sending.result = { kind: 'stopped' };
      break;
    }
    await Promise.all(open.map((sending) => sendPosition(sending, share, round + 1, set, options)));
  }
  return settled(sendings);
}

function intentOf(
  { target, began, nonce }: Sending,
  share: Share,
  round: number,
  { generation, revision }: UnsealSet,
  { pass, clock }: UnsealOptions,
): Intent {
  const known = target.join?.nonce ?? nonce;
  return {
    pass,
    node: target.node,
    generation,
    revision,
    index: share.index,
    position: began + round + 1,
    at: clock.now(),
    ...(known !== undefined && { nonce: known }),
  };
}

/**
 * A set that opened one node is right: where another node says of the same set that it opens nothing, somebody spoiled
 * it there. That is no reason to mark a generation (rule 4).
 */
function settled(sendings: Sending[]): UnsealResult[] {
  const proven = sendings.some(({ result }) => result?.kind === 'unsealed' && result.bySet);
  return sendings.map(({ target, result = { kind: 'stopped' } }) => ({
    node: target.node,
    result: proven && result.kind === 'wrong-generation' ? { kind: 'interference' } : result,
  }));
}

/** More shares than the threshold never go to a node, whoever asks for it. */
function checkCount(targets: readonly UnsealTarget[], { shares, threshold, contribution }: UnsealSet): void {
  const most = Math.max(0, ...targets.map(({ join }) => join?.progress ?? 0)) + shares.length;
  const joins = targets.some(({ join }) => join !== undefined);
  if (new Set(shares.map(({ index }) => index)).size < shares.length)
    throw new Error('a share twice in one set');
  if (contribution ? most > threshold : joins || shares.length !== threshold) {
    throw new Error(`${shares.length} shares for a threshold of ${threshold}`);
  }
}
