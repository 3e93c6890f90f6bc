/** Which nodes take a contribution: those that stand exactly where the person before left them. */
import type { NodeSight } from '../../../recovery/recovery.ts';
import type { UnsealTarget } from '../../../recovery/unseal.ts';
import type { Connected } from '../../recover/deps.ts';
import type { Glass } from '../deps.ts';

export interface Contribution {
  custodian: string;
  /** What the person before read out: nonces, of which at least 8 characters are enough, and the progress of all. */
  join?: { nonces: string[]; progress: number };
  /** Indexes that others gave already: a share that is sent twice does not count. */
  given: number[];
}

export interface Target extends UnsealTarget {
  address: string;
}

export function targetsOf(
  { say, envelopes }: Glass,
  { nodes }: Connected,
  sights: NodeSight[],
  { join }: Contribution,
): Target[] {
  const { threshold } = envelopes.generation;
  return sights.flatMap(({ node, address, state }): Target[] => {
    const client = nodes.find((reached) => reached.node === node)?.client;
    if (state.kind !== 'sealed' || !client || 'code' in client) return [];
    const { progress, nonce = '', t } = state.seal;
    if (t !== threshold) {
      say(`${node} takes ${t} shares and these are ${threshold} to a set: left alone.`);
      return [];
    }
    if (!join) {
      if (progress === 0) return [{ node, address, client, reset: false }];
      say(
        `${node} holds ${progress} shares already: left alone. If somebody whom you trust read them out, join with --nonce ${nonceWord(nonce)} --progress ${progress}.`,
      );
      return [];
    }
    const named = join.nonces.some(
      (one) => nonce !== '' && nonce.toLowerCase().startsWith(one.toLowerCase()),
    );
    if (named && progress === join.progress) {
      return [{ node, address, client, reset: false, join: { progress, nonce } }];
    }
    say(
      named
        ? `${node} holds ${progress} shares and not the ${join.progress} that were read out: somebody else sends to it; left alone.`
        : `${node} holds ${progress} shares under ${nonceWord(nonce)}, which was not read out: left alone.`,
    );
    return [];
  });
}

/** A server's word: shown only where it has the form of a nonce. */
function nonceWord(nonce: string): string {
  return /^[0-9a-f-]{8,40}$/i.test(nonce) ? nonce : 'no nonce';
}
