/** One node's part of a round: what is sent to it, and what its answer must be. */
import type { Share } from '../../escrow/share.ts';
import type { UnsealAnswer, UnsealFailure, UnsealStatus } from '../../vault/unseal.ts';
import type { UnsealOptions, UnsealSet, UnsealTarget } from '../unseal.ts';
import { resetBody, unsealBody } from './body.ts';

export type NodeResult =
  /** `bySet`: by our last share, and not by somebody else's before it. */
  | { kind: 'unsealed'; bySet: boolean }
  /** It took the whole set and joins its cluster: it unseals by itself. */
  | { kind: 'joining' }
  /** It holds all shares of this contribution and waits for more, under this nonce. */
  | { kind: 'contributed'; progress: number; nonce: string }
  /** An answer that our shares alone cannot explain: somebody else sends, or something stands in front of the node. */
  | { kind: 'interference' }
  /** Exactly our full set, begun at progress 0 under one nonce, was refused at its end (rule 4). */
  | { kind: 'wrong-generation' }
  | { kind: 'failed'; code: UnsealFailure | 'threshold-differs' }
  | { kind: 'stopped' };

export interface Sending {
  target: UnsealTarget;
  /** Progress at which we began. */
  began: number;
  /** Of the first answer. */
  nonce?: string;
  /** Right before our last share the node held exactly the others of ours. */
  ours?: boolean;
  result?: NodeResult;
}

/** Sends the k-th share of ours and judges the answer; sets `result` when this node's part is over. */
export async function sendPosition(
  sending: Sending,
  share: Share,
  k: number,
  set: UnsealSet,
  options: UnsealOptions,
): Promise<void> {
  const { target, began } = sending;
  const endsAt = options.clock.elapsed() + options.roundTimeoutMs;
  const limits = () => ({
    timeoutMs: Math.max(0, endsAt - options.clock.elapsed()),
    ...(options.signal && { signal: options.signal }),
  });
  if (k === 1 && target.reset) {
    const reset = await sendBody(target, resetBody(), limits());
    const trouble = afterReset(reset);
    if (trouble) {
      sending.result = trouble;
      return;
    }
  }
  const last = began + k === set.threshold;
  // The answer to a refused last share holds no nonce: only a look right before it tells whose set it completes.
  if (last && k > 1 && began === 0) {
    const look = await target.client.sealStatus(limits());
    sending.ours = look.ok;
    if (look.ok && (look.body.progress !== k - 1 || look.body.nonce !== sending.nonce)) {
      sending.result = look.body.sealed ? { kind: 'interference' } : { kind: 'unsealed', bySet: false };
      return;
    }
  }
  const answer = await sendBody(target, share.use(unsealBody), limits());
  const result = answer.ok
    ? judged(sending, answer.body, k, last, set)
    : refused(sending, answer.code, k, last, set);
  if (result) sending.result = result;
}

async function sendBody(
  { client }: UnsealTarget,
  body: Buffer,
  limits: { timeoutMs: number; signal?: AbortSignal },
): Promise<UnsealAnswer> {
  try {
    return await client.unseal(body, limits);
  } finally {
    body.fill(0);
  }
}

function afterReset(answer: UnsealAnswer): NodeResult | undefined {
  if (!answer.ok) {
    return answer.code === 'already-unsealed'
      ? { kind: 'unsealed', bySet: false }
      : { kind: 'failed', code: answer.code };
  }
  if (!answer.body.sealed) return { kind: 'unsealed', bySet: false };
  return answer.body.progress === 0 ? undefined : { kind: 'interference' };
}

function judged(
  sending: Sending,
  { sealed, progress, nonce, t }: UnsealStatus,
  k: number,
  last: boolean,
  { shares, threshold }: UnsealSet,
): NodeResult | undefined {
  const { target, began } = sending;
  if (!sealed) return { kind: 'unsealed', bySet: last };
  // A rekey with another threshold: what we hold is of a former set, and more of it helps nobody.
  if (t !== threshold) return { kind: 'failed', code: 'threshold-differs' };
  if (last) return progress === 0 ? { kind: 'joining' } : { kind: 'interference' };
  const expected = target.join?.nonce ?? sending.nonce ?? nonce;
  if (progress !== began + k || nonce === undefined || nonce !== expected) return { kind: 'interference' };
  sending.nonce = nonce;
  return k === shares.length ? { kind: 'contributed', progress, nonce } : undefined;
}

/**
 * A refusal that only a whole set can get means, before our last share, that others took part in it. So does one about
 * how its parts fit together: ours were compared with each other at the import.
 */
function refused(
  { ours }: Sending,
  code: UnsealFailure,
  k: number,
  last: boolean,
  { contribution, threshold }: UnsealSet,
): NodeResult {
  switch (code) {
    case 'already-unsealed':
      return { kind: 'unsealed', bySet: false };
    case 'authentication-failed':
      if (!last) return { kind: 'interference' };
      return !contribution && (ours === true || threshold === 1)
        ? { kind: 'wrong-generation' }
        : { kind: 'failed', code };
    case 'duplicate':
      return contribution ? { kind: 'failed', code } : { kind: 'interference' };
    case 'malformed':
      return k > 1 && !contribution ? { kind: 'interference' } : { kind: 'failed', code };
    default:
      return { kind: 'failed', code };
  }
}
