/** What fleet.yaml asks for of one kind. */
import type { Cluster, SinkEntry } from '../../fleet/fleet.ts';
import type { KindName } from '../rotation.ts';

export interface KindPolicy {
  /** Undefined: only when it is needed. */
  everyMs?: number;
  /** The provider makes new ones itself: we follow. */
  follows: boolean;
}

/** Undefined: fleet.yaml asks for no rotation of it. */
export function policyOf({ rotation }: Cluster, kind: KindName): KindPolicy | undefined {
  switch (kind) {
    case 'transit-token':
      return rotation?.token && scheduled(rotation.token.everyMs);
    case 'transit-key':
      return rotation?.transitKey && scheduled(rotation.transitKey.everyMs);
    case 'entra-secret':
      return rotation?.secret && scheduled(rotation.secret.everyMs);
    case 'keyvault-key':
      return (
        rotation?.vaultKey && {
          everyMs: rotation.vaultKey.everyMs,
          follows: rotation.vaultKey.by === 'vault',
        }
      );
  }
}

function scheduled(everyMs: number | undefined): KindPolicy {
  return { follows: false, ...(everyMs !== undefined && { everyMs }) };
}

/** Whether sinks hold it: tokens and secrets; a key stays where it is. */
export function isSecret(kind: KindName): boolean {
  return kind === 'transit-token' || kind === 'entra-secret';
}

/** The names of the sinks that nodes read the credential from, as fleet.yaml has them now; what only tells of it comes last. */
export function sinkNames({ rotation }: Cluster, kind: KindName): string[] {
  if (!isSecret(kind)) return [];
  const isNotice = ({ kind: of }: SinkEntry) => of === 'webhook';
  const sinks = rotation?.sinks ?? [];
  return [...sinks.filter((sink) => !isNotice(sink)), ...sinks.filter(isNotice)].map(({ name }) => name);
}
