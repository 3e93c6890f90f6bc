import type { DraftCluster } from '../draft.ts';
import { isAllowedHost } from '../endpoint.ts';
import type { Limits } from '../limits.ts';
import { nearest } from '../spelling.ts';
import type { Check } from './check.ts';

/** A transit seal's provider is another cluster of the fleet. */
export const checkSeals: Check = ({ draft, limits, report }) => {
  const clusters = draft.clusters ?? {};
  for (const [cluster, { seal }] of Object.entries(clusters)) {
    if (seal?.type !== 'transit') continue;
    const path = ['clusters', cluster, 'seal', 'provider'];
    if (seal.provider === cluster)
      report(path, 'a cluster cannot unseal itself: name the cluster that serves the key');
    else if (!Object.hasOwn(clusters, seal.provider))
      report(
        path,
        'must be the name of a cluster of this file',
        nearest(seal.provider, Object.keys(clusters)),
      );
    else if (seal.address !== undefined && !isKnown(seal.address, clusters[seal.provider], limits))
      report(
        ['clusters', cluster, 'seal', 'address'],
        "the seal's token is sent there: it must be on the host of a node of the provider, or the host must be in SEALWATCH_ENDPOINT_HOSTS",
      );
  }
};

/** Rule 16: this file alone does not decide where a token goes. */
function isKnown(address: string, provider: DraftCluster | undefined, limits: Limits): boolean {
  const url = new URL(address);
  const isOfProvider = (provider?.nodes ?? []).some(
    (node) => node !== undefined && new URL(node.address).hostname === url.hostname,
  );
  return isOfProvider || isAllowedHost(url, limits.endpointHosts);
}
