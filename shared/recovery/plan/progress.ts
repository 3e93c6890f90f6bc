/** Whose shares a sealed node holds, and whether our set is already there. */
import type { PlanInput } from '../recovery.ts';
import type { SealedSight } from './picture.ts';

/**
 * `likely-ours`: an intent was persisted and its answer never came, so the nonce was never learnt, and the node holds
 * no more than we may have sent.
 */
export type Progress = 'none' | 'ours' | 'likely-ours' | 'foreign';

export function progressOf(
  { recovery }: Pick<PlanInput, 'recovery'>,
  { node, state }: SealedSight,
): Progress {
  const { progress, nonce } = state.seal;
  if (progress === 0) return 'none';
  const intents = recovery.intents.filter((intent) => intent.node === node);
  if (nonce && intents.some((intent) => intent.nonce === nonce)) return 'ours';
  const unanswered = intents.length > 0 && intents.every((intent) => intent.nonce === undefined);
  return unanswered && progress <= intents.length ? 'likely-ours' : 'foreign';
}

/** Left alone for a while: no intent of ours proves it to be ours. */
export function isForeign(input: PlanInput, sight: SealedSight): boolean {
  const progress = progressOf(input, sight);
  return progress === 'foreign' || progress === 'likely-ours';
}

/** The node was about to get our last share, holds none now, told of no trouble and did not restart: it joins. */
export function tookOurSet(input: PlanInput, sight: SealedSight): boolean {
  const { generation } = input;
  const last = lastIntent(input, sight.node);
  if (!last || generation.state !== 'ready' || sight.state.seal.progress > 0) return false;
  const restarted = sight.start !== undefined && sight.start > last.at;
  return last.position === generation.threshold && !restarted && !troubleSince(input, sight.node, last.at);
}

/** When our last try at this node failed, or was spoiled; ms. */
export function failedAt(input: PlanInput, node: string): number | undefined {
  const last = lastIntent(input, node);
  return last && troubleSince(input, node, last.at) ? last.at : undefined;
}

/** The pass that sent the last set ended in the middle of it, killed or cut off: the node has refused nothing. */
export function wasCutShort(input: PlanInput, sight: SealedSight): boolean {
  const { generation } = input;
  const last = lastIntent(input, sight.node);
  if (!last || generation.state !== 'ready' || troubleSince(input, sight.node, last.at)) return false;
  return last.position < generation.threshold || progressOf(input, sight) === 'ours';
}

function lastIntent({ recovery }: PlanInput, node: string) {
  return recovery.intents.filter((intent) => intent.node === node).at(-1);
}

function troubleSince({ recovery }: PlanInput, node: string, at: number): boolean {
  return refusedSince(recovery, node, at);
}

/** It did not take what it was sent then. */
export function refusedSince(
  { troubles }: Pick<PlanInput['recovery'], 'troubles'>,
  node: string,
  at: number,
): boolean {
  return troubles.some(
    (trouble) =>
      trouble.where === node &&
      trouble.at >= at &&
      (trouble.code === 'unseal-interference' ||
        trouble.code === 'node-failed' ||
        trouble.code === 'wrong-generation'),
  );
}
