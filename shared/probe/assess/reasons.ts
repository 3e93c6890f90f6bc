/** Why nodes are no help, in the fewest words: nodes that fail alike are named together. */
import type { VaultErrorCode } from '../../vault/answer.ts';
import type { NodeView } from './picture.ts';
import { listed } from './words.ts';

const failures: Partial<Record<VaultErrorCode, string>> = {
  dns: 'name does not resolve',
  refused: 'connection refused',
  reset: 'connection reset',
  'connect-timeout': 'no connection in time',
  timeout: 'no answer in time',
  'tls-untrusted': 'certificate not trusted',
  'tls-expired': 'certificate expired or not yet valid',
  'tls-name': 'certificate for another name',
};

export function reasonOf({ state }: NodeView): string {
  switch (state.name) {
    case 'unreachable':
    case 'tls':
      return failures[state.error.code] ?? state.error.code;
    case 'storage-unavailable':
      return 'status 500';
    case 'odd':
      return 'not a Vault answer';
    case 'joiner':
      return 'waiting to join';
    default:
      return state.name;
  }
}

/** "vault-0 and vault-2: connection refused; vault-1: sealed". */
export function byReason(views: readonly NodeView[]): string {
  const groups = new Map<string, string[]>();
  for (const view of views) {
    const reason = reasonOf(view);
    groups.set(reason, [...(groups.get(reason) ?? []), view.node.name]);
  }
  return [...groups].map(([reason, names]) => `${listed(names)}: ${reason}`).join('; ');
}
