/** The intents of a recovery's row (rule 3). */
import type { Intent, Recovery } from './recovery.ts';

/**
 * The row with the intents of one round: of each node only those of its newest pass are kept, and a node's first one
 * counts as one more set. Nodes that this pass does not touch keep theirs: they tell whose shares a node holds.
 */
export function withIntents(recovery: Recovery, round: readonly Intent[]): Recovery {
  const newest = new Map(round.map(({ node, pass }) => [node, pass]));
  const kept = recovery.intents.filter(({ node, pass }) => pass === (newest.get(node) ?? pass));
  const sets = { ...recovery.sets };
  for (const { node, pass } of round) {
    if (!kept.some((intent) => intent.node === node && intent.pass === pass))
      sets[node] = (sets[node] ?? 0) + 1;
  }
  return { ...recovery, intents: [...kept, ...round], sets };
}
