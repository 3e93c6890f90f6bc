import { nearest } from '../spelling.ts';
import type { Check } from './check.ts';

/**
 * A transit seal's provider is another cluster of the fleet. Whether a token may be sent to its hosts, or to
 * `seal.address`, this file cannot say: rotate looks into its own settings before it reads the token.
 */
export const checkSeals: Check = ({ draft, report }) => {
  const clusters = draft.clusters ?? {};
  for (const [cluster, { seal }] of Object.entries(clusters)) {
    if (seal?.type !== 'transit' || seal.provider === undefined) continue;
    const path = ['clusters', cluster, 'seal', 'provider'];
    if (seal.provider === cluster)
      report(path, 'a cluster cannot unseal itself: name the cluster that serves the key');
    else if (!Object.hasOwn(clusters, seal.provider))
      report(
        path,
        'must be the name of a cluster of this file',
        nearest(seal.provider, Object.keys(clusters)),
      );
  }
};
