/** One node's observation → one state. Which requests failed how is settled here; judges branch on `name`. */
import type { VaultError } from '../../vault/answer.ts';
import type { Health, SealStatus } from '../../vault/answers.ts';
import type { NodeStateName } from '../head-facts.ts';
import type { NodeObservation } from '../observation.ts';

export type UnsealedName = 'active' | 'standby' | 'performance-standby' | 'dr-secondary' | 'ha-unhealthy';

export type NodeState =
  | { name: UnsealedName; status: number; health: Health }
  | { name: 'sealed'; seal?: SealStatus }
  /** 501. `joiner`: its cluster has data and it waits to join; `uninitialised`: anything else. */
  | { name: 'uninitialised' | 'joiner' }
  | { name: 'removed' }
  /** sys/health answers 500: the process runs and cannot read its storage. */
  | { name: 'storage-unavailable'; error: VaultError }
  | { name: 'unreachable' | 'tls'; error: VaultError; ms: number }
  /** Something answers, but not as a Vault does. */
  | { name: 'odd'; why: string; error?: VaultError }
  /** Nothing was learned of it in this sweep: it is not judged, and what is remembered stays. */
  | { name: 'unanswered'; why: string };

const unsealedNames: readonly string[] = [
  'active',
  'standby',
  'performance-standby',
  'dr-secondary',
  'ha-unhealthy',
] satisfies UnsealedName[];

export function isUnsealed(state: NodeState): state is NodeState & { name: UnsealedName } {
  return unsealedNames.includes(state.name);
}

export function wasUnsealed(name: NodeStateName | undefined): boolean {
  return name !== undefined && unsealedNames.includes(name);
}

/** No answer that tells what Vault on this node does: its seal, its membership and its role are unknown. */
export type SilentName = 'unreachable' | 'tls' | 'odd' | 'storage-unavailable' | 'unanswered';

export function isSilent(state: NodeState): state is NodeState & { name: SilentName } {
  switch (state.name) {
    case 'unreachable':
    case 'tls':
    case 'odd':
    case 'storage-unavailable':
    case 'unanswered':
      return true;
    default:
      return false;
  }
}

/** The state that this node's own answers show. Joiners are told apart later: that takes the whole cluster. */
export function classify(observed: NodeObservation): NodeState {
  const { health } = observed;
  const seal = observed.sealStatus?.ok ? observed.sealStatus.body : undefined;
  if (health.ok) return fromHealth(health.status, health.body, seal);
  // With a seal provider that fails, sys/health can block for seconds while seal-status answers (VAULT-FACTS).
  if (seal) {
    if (seal.removed_from_cluster) return { name: 'removed' };
    if (!seal.initialized) return { name: 'uninitialised' };
    if (seal.sealed) return { name: 'sealed', seal };
  }
  return fromFailure(health.error, health.ms);
}

/** The status code carries the state; a body that says the opposite is no Vault's answer and proves nothing. */
function fromHealth(status: number, health: Health, seal: SealStatus | undefined): NodeState {
  switch (status) {
    case 200:
    case 429:
    case 472:
    case 473:
    case 474: {
      if (health.sealed) return contradiction(status, 'sealed: true');
      if (!health.initialized) return contradiction(status, 'initialized: false');
      return { name: unsealedName(status, health), status, health };
    }
    case 501:
      return health.initialized ? contradiction(status, 'initialized: true') : { name: 'uninitialised' };
    case 503:
      if (!health.sealed) return contradiction(status, 'sealed: false');
      if (health.removed_from_cluster) return { name: 'removed' };
      if (seal && !seal.sealed)
        return { name: 'unanswered', why: 'it was unsealed while it was being asked' };
      return seal ? { name: 'sealed', seal } : { name: 'sealed' };
    case 530:
      return { name: 'removed' };
    default:
      return { name: 'odd', why: `sys/health answers ${status}, which no Vault does` };
  }
}

function unsealedName(status: number, health: Health): UnsealedName {
  if (status === 472) return 'dr-secondary';
  if (status === 473) return 'performance-standby';
  if (status === 474) return 'ha-unhealthy';
  if (status === 429) return 'standby';
  // 200 from a standby: a proxy on the way asks with standbyok.
  if (health.performance_standby) return 'performance-standby';
  return health.standby ? 'standby' : 'active';
}

function contradiction(status: number, body: string): NodeState {
  return { name: 'odd', why: `sys/health contradicts itself: status ${status}, but ${body}` };
}

function fromFailure(error: VaultError, ms: number): NodeState {
  switch (error.code) {
    case 'aborted':
      return { name: 'unanswered', why: 'it had not answered when the sweep ended' };
    case 'tls-untrusted':
    case 'tls-expired':
    case 'tls-name':
      return { name: 'tls', error, ms };
    case 'dns':
    case 'refused':
    case 'connect-timeout':
    case 'reset':
    case 'timeout':
      return { name: 'unreachable', error, ms };
    case 'http':
      if (error.status === 500) return { name: 'storage-unavailable', error };
      return { name: 'odd', why: oddStatus(error), error };
    case 'too-large':
      return { name: 'odd', why: 'the answer to sys/health is far larger than a Vault sends', error };
    case 'not-json':
      return {
        name: 'odd',
        why: 'the answer to sys/health is not JSON: another program or a proxy answers',
        error,
      };
    case 'not-vault':
      return {
        name: 'odd',
        why: `the answer to sys/health is not a Vault's${error.field ? ` (${error.field})` : ''}`,
        error,
      };
  }
}

function oddStatus(error: VaultError): string {
  if (error.location)
    return `sys/health redirects to ${error.location}: something stands in front of this Vault`;
  if (error.status === 400)
    return 'sys/health answers 400: is the address http:// where the listener speaks TLS?';
  return `sys/health answers ${error.status ?? 'an unexpected status'}: another program or a proxy answers`;
}
