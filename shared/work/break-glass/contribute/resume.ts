/** A contribution that ended in the middle: what nodes hold of it, and the words to go on with. */
import type { UnsealResult } from '../../../recovery/unseal.ts';
import type { Connected } from '../../recover/deps.ts';
import { lookAround } from '../../recover/observe.ts';
import type { Glass } from '../deps.ts';
import type { Held } from '../journal.ts';
import type { Contribution, Target } from './targets.ts';

/** What may have been sent: of each node, the indexes in their order. */
export type Sent = ReadonlyMap<string, readonly number[]>;

/**
 * By a look at the nodes that were sent to. Left out: those that hold none of it, that cannot be reached, or that hold
 * what these shares do not explain.
 */
export async function heldBy(
  { world }: Glass,
  { nodes }: Connected,
  targets: readonly Target[],
  results: readonly UnsealResult[],
  sent: Sent,
): Promise<Held[]> {
  const touched = targets.filter(
    ({ node }) => (sent.get(node)?.length ?? 0) > 0 && isInMiddle(node, results),
  );
  if (touched.length === 0) return [];
  const sights = await lookAround(
    world,
    nodes.filter(({ node }) => touched.some((one) => one.node === node)),
  );
  return sights.flatMap(({ node, state }): Held[] => {
    if (state.kind !== 'sealed') return [];
    const { progress, nonce } = state.seal;
    const join = touched.find((one) => one.node === node)?.join;
    const given = (sent.get(node) ?? []).slice(0, Math.max(0, progress - (join?.progress ?? 0)));
    const isExplained = progress === (join?.progress ?? 0) + given.length;
    if (!nonce || progress === 0 || !isExplained || (join && join.nonce !== nonce)) return [];
    return [{ node, nonce, progress, given: [...given] }];
  });
}

/** Unsealed ones hold nothing; what a node holds that somebody else sends to is not ours to go on with. */
function isInMiddle(node: string, results: readonly UnsealResult[]): boolean {
  const kind = results.find((result) => result.node === node)?.result.kind ?? 'stopped';
  return kind === 'stopped' || kind === 'failed' || kind === 'contributed';
}

/** One line for all nodes that hold the same, as this person types it. */
export function resumeLines(glass: Glass, held: readonly Held[], wanted: Contribution): string[] {
  const groups = new Map<string, { progress: number; given: number[]; nonces: string[] }>();
  for (const { nonce, progress, given } of held) {
    if (!/^[0-9a-f-]{8,40}$/i.test(nonce)) continue;
    const all = [...new Set([...wanted.given, ...given])].sort((a, b) => a - b);
    const key = `${progress} ${all.join(',')}`;
    const group = groups.get(key) ?? { progress, given: all, nonces: [] };
    group.nonces.push(nonce);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ progress, given, nonces }) =>
    commandLine(glass, { custodian: wanted.custodian, join: { nonces, progress }, given }),
  );
}

/** The whole command of a contribution. */
export function commandLine(
  { cluster, stored }: Pick<Glass, 'cluster' | 'stored'>,
  { custodian, join, given }: Contribution,
): string {
  return [
    `  sealwatch recover --cluster ${cluster.name}`,
    ...(stored ? [] : ['--envelopes FILE --without-state']),
    ...contributionWords({ custodian, given, ...(join && { join }) }),
    '--reason "…"',
  ].join(' ');
}

export function contributionWords({ custodian, join, given }: Contribution): string[] {
  return [
    `--custodian ${custodian}`,
    ...(join ? [...join.nonces.map((nonce) => `--nonce ${nonce}`), `--progress ${join.progress}`] : []),
    ...(given.length > 0 ? [`--given ${given.join(',')}`] : []),
  ];
}
