/** The intents of a recovery's row (rule 3). */
import type { Intent, NodeSight, Recovery, StartNote } from './recovery.ts';

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

/**
 * `sets` without those of nodes that were unsealed since: what a node refused before it came back says nothing of the
 * next time that it restarts. For the row, after each look.
 */
export function forgetSets(
  { sets = {}, intents }: Pick<Recovery, 'sets' | 'intents'>,
  sights: readonly Pick<NodeSight, 'node' | 'state'>[],
  notes: readonly StartNote[],
): Record<string, number> {
  const unsealed = new Set(
    sights
      .filter(({ state }) => state.kind === 'serving' || state.kind === 'leaderless')
      .map(({ node }) => node),
  );
  return Object.fromEntries(
    Object.entries(sets).filter(([node]) => !unsealed.has(node) && !unsealedSince(intents, notes, node)),
  );
}

/** Noted unsealed after the last share that it was about to get. */
function unsealedSince(intents: readonly Intent[], notes: readonly StartNote[], node: string): boolean {
  const sentAt = lastSent(intents, node);
  return (
    sentAt !== undefined &&
    notes.some((note) => note.node === node && (note.at > sentAt || note.start > sentAt))
  );
}

/** When the node was last about to get a share of ours, ms. */
export function lastSent(intents: readonly Intent[], node: string): number | undefined {
  return intents.findLast((intent) => intent.node === node)?.at;
}
