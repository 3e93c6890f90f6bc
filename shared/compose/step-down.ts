/** Lets a cluster's active node step down, with rotate's own login there. */
import type { Cluster } from '../fleet/fleet.ts';
import { asOurselves, failure, lacks } from '../rotation/kinds/transit-provider.ts';
import type { Did } from '../rotation/rotation.ts';
import { createRotationClient } from '../vault/rotation-client.ts';
import { createVaultClient, type VaultClientSettings } from '../vault/undici-client.ts';
import { type NodesOptions, nodeSettings } from './consumer-sight.ts';
import type { ProviderLogins } from './provider-logins.ts';

export interface StepDownOptions extends NodesOptions {
  logins: ProviderLogins;
}

const timeoutMs = 8_000;

/** Rejects for nothing. That it was heard does not say that another node leads: that is seen. */
export function stepDownBy(options: StepDownOptions): (cluster: Cluster) => Promise<Did<void>> {
  return async (cluster) => {
    const { name } = cluster;
    const at = await nodeSettings(cluster, options);
    if (!at.ok) return failure('not-configured', `clusters.${name}: ${at.problem}`);
    const ownToken = options.logins.at(cluster, at.settings);
    if (!ownToken) return failure('not-configured', `clusters.${name} has no rotateLogin in fleet.yaml`);
    const address = await activeNode(cluster, at.settings);
    if (address === undefined)
      return failure('unreachable', `no node of ${name} says that it leads: nothing was told to step down`);
    const client = createRotationClient({ ...at.settings, address });
    try {
      const { error: _error, ...stepped } = await asOurselves(
        client,
        { ownToken, provider: name, timeoutMs },
        (token, call) => client.stepDown(token, call),
        `step-down of ${name} is ${lacks({ provider: name }, 'sys/step-down', 'update', 'sudo')}`,
      );
      return stepped;
    } finally {
      await client.close();
    }
  };
}

/** A standby would pass it on; but only who says that it leads is asked. */
async function activeNode(
  { nodes }: Cluster,
  settings: Omit<VaultClientSettings, 'address'>,
): Promise<string | undefined> {
  const leaders = await Promise.all(
    nodes.map(async ({ address }) => {
      const client = createVaultClient({ ...settings, address });
      try {
        const leader = await client.leader();
        return leader.ok && leader.body.is_self === true ? address : undefined;
      } finally {
        await client.close();
      }
    }),
  );
  return leaders.find((address) => address !== undefined);
}
