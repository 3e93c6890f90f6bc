/** A rotation's row, as people ask for it. */

import { credentialNames } from '../../fleet/credentials.ts';
import type { Cluster } from '../../fleet/fleet.ts';
import { isSecret } from '../../rotation/plan/policy.ts';
import type { KindName, Rotation } from '../../rotation/rotation.ts';
import type { Stored } from '../../state/ports.ts';
import type { RotateDeps } from './deps.ts';
import { credentialOf } from './seal-cycles.ts';

/** `CLUSTER.RANDOM`: the partition is in the id. */
export async function find(
  deps: Pick<RotateDeps, 'state'>,
  id: string,
): Promise<Stored<Rotation> | undefined> {
  const cluster = /^([a-z][a-z0-9-]{0,62})\.[0-9a-z]{1,40}$/.exec(id)?.[1];
  return cluster === undefined ? undefined : deps.state.rotations.read(cluster, id);
}

/** What fleet.yaml means by the credential now, to compare with its row's. A seal of another type has none: that differs. */
export function credentialNow(cluster: Cluster, kind: KindName): string {
  return credentialNames[kind](cluster.seal) === undefined ? '' : credentialOf(cluster, kind);
}

/** Undefined: there is one. */
export function noWayBack({ stage, kind, old, sinks, id }: Rotation): string | undefined {
  if (stage === 'retired') return `${id} cannot be rolled back any more: the old one has ended`;
  const given = Object.values(sinks).some(({ startedAt }) => startedAt !== undefined);
  if (isSecret(kind) && given && old === undefined)
    return `${id} has nothing to go back to: the one before did not work`;
  return undefined;
}
