/** What came of a contribution, and what is read out to the next person. */
import type { Share } from '../../../escrow/share.ts';
import type { UnsealResult } from '../../../recovery/unseal.ts';
import type { Glass } from '../deps.ts';
import { commandLine } from './resume.ts';
import type { Contribution } from './targets.ts';

export function resultWords({ node, result }: UnsealResult): string {
  switch (result.kind) {
    case 'unsealed':
      return `${node} is unsealed.`;
    case 'joining':
      return `${node} took the whole set and joins its cluster.`;
    case 'contributed':
      return `${node} holds ${result.progress} shares under nonce ${result.nonce}.`;
    case 'interference':
      return `! ${node}: unseal-interference: it answered what these shares alone cannot explain. Somebody else sends shares, or something stands in front of it. Nothing more was sent to it.`;
    case 'wrong-generation':
      return `! ${node} refused the set.`;
    case 'stopped':
      return `${node}: stopped by hand.`;
    case 'failed':
      return result.code === 'authentication-failed'
        ? `! ${node} refused the whole set: a share of it, of this person or of one before, is not of its current key. No generation is marked by this.`
        : `! ${node} did not take a share: ${result.code}.`;
  }
}

export function handOver(
  glass: Glass,
  results: UnsealResult[],
  shares: Share[],
  { given, join }: Contribution,
): string {
  const { threshold } = glass.envelopes.generation;
  const progress = (join?.progress ?? 0) + shares.length;
  const nonces = results.flatMap(({ result }) => (result.kind === 'contributed' ? [result.nonce] : []));
  const all = [...given, ...shares.map(({ index }) => index)].sort((a, b) => a - b);
  return [
    `${threshold - progress} more to go. Read this out to the next person:`,
    commandLine(glass, { custodian: 'NAME', join: { nonces, progress }, given: all }),
  ].join('\n');
}
