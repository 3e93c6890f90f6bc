/** Judge of sys/seal-backend-status: can the cluster still reach what unseals it? */

import { finding } from '../../finding.ts';
import type { Cluster } from '../../fleet/fleet.ts';
import { absent, type Judgement, ofCluster, type Picture, present, theCluster, unjudged } from './picture.ts';
import { listed, whyUnread } from './words.ts';

/**
 * Any node that says "unhealthy" counts. "Healthy" counts from the active node only: a standby never checks,
 * and the active one is up to 11 minutes late (VAULT-FACTS, azurekeyvault seal).
 */
export function judgeSealBackend(picture: Picture): Judgement[] {
  return [ofCluster('seal-backend-unhealthy', verdict(picture))];
}

function verdict({ cluster, nodes }: Picture) {
  const ill = nodes.filter(({ observed }) => observed?.sealBackend?.ok && !observed.sealBackend.body.healthy);
  if (ill.length > 0) {
    const names = listed(ill.map((view) => view.node.name));
    const evidence = ill.flatMap((view) => {
      const answer = view.observed?.sealBackend;
      if (!answer?.ok) return [];
      const since = answer.body.unhealthy_since ? ` since ${answer.body.unhealthy_since}` : '';
      const backends = (answer.body.backends ?? [])
        .filter((backend) => !backend.healthy)
        .map((backend) => `${view.node.name}: backend ${backend.name} is unhealthy.`);
      return [`${view.node.name}: sys/seal-backend-status says healthy: false${since}.`, ...backends];
    });
    evidence.push('Vault checks every 10 minutes: the provider may have been gone for longer.');
    const summary = `${cluster.name} cannot reach its seal backend (seen by ${names})`;
    return present(
      finding('seal-backend-unhealthy', theCluster, summary, evidence, { advice: advice(cluster) }),
    );
  }
  if (cluster.seal.type === 'shamir') return absent;
  const active = nodes.find((view) => view.state.name === 'active');
  if (!active) return unjudged('no node answers as active, and only the active node checks its seal backend');
  const answer = active.observed?.sealBackend;
  if (!answer) return unjudged(`sys/seal-backend-status of ${active.node.name} was not asked`);
  return answer.ok ? absent : unjudged(whyUnread(answer, `sys/seal-backend-status of ${active.node.name}`));
}

function advice({ seal }: Cluster): string {
  if (seal.type === 'transit') {
    return `Do not restart any node. Check that cluster ${seal.provider} is unsealed, that its key ${seal.mount}/${seal.key} is there and that the seal token is valid.`;
  }
  if (seal.type === 'azurekeyvault') {
    const key = `${seal.key ? `key ${seal.key}` : 'the key'}${seal.vault ? ` in ${seal.vault}` : ''}`;
    return `Do not restart any node. Check that ${key} is enabled and that the client secret or identity has not expired.`;
  }
  return 'Do not restart any node. Check the seal provider, its key and the credential for it.';
}
