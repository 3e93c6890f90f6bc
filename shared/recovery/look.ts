/** What each node of a cluster shows, over connections with the generation's trust: all nodes at once, in bounded time. */
import type { Clock } from '../clock.ts';
import type { Answer, VaultError } from '../vault/answer.ts';
import type { Health } from '../vault/answers.ts';
import type { ShareClient } from '../vault/unseal.ts';
import type { NodeSight } from './recovery.ts';

export interface LookTarget {
  node: string;
  address: string;
  /** Or why there is none, which is then what the node shows. */
  client: Pick<ShareClient, 'health' | 'sealStatus' | 'processStart'> | VaultError;
}

export interface LookOptions {
  clock: Clock;
  /** Of all that one node is asked, ms. */
  timeoutMs: number;
  signal?: AbortSignal;
}

type State = NodeSight['state'];
/** Before the whole cluster is known. */
type Alone = State | { kind: 'without-data' };

/** Never rejects. In the order of the targets. */
export async function look(targets: readonly LookTarget[], options: LookOptions): Promise<NodeSight[]> {
  const seen = await Promise.all(targets.map((target) => lookAt(target, options)));
  const hasData = seen.some(({ state }) => withData.has(state.kind));
  const hasActive = seen.some(({ state }) => isActive(state));
  return seen.map(({ state, ...sight }) => ({ ...sight, state: inCluster(state, hasData, hasActive) }));
}

const withData: ReadonlySet<Alone['kind']> = new Set([
  'serving',
  'leaderless',
  'sealed',
  'storage-unavailable',
]);

function isActive(state: Alone): boolean {
  return state.kind === 'serving' && state.role !== 'standby';
}

/** A node without data beside one that has some waits to join; a leader's address proves nothing (VAULT-FACTS). */
function inCluster(state: Alone, hasData: boolean, hasActive: boolean): State {
  if (state.kind === 'without-data') return { kind: hasData ? 'joiner' : 'uninitialised' };
  return state.kind === 'serving' && !hasActive ? { kind: 'leaderless' } : state;
}

async function lookAt(
  { node, address, client }: LookTarget,
  { clock, timeoutMs, signal }: LookOptions,
): Promise<Omit<NodeSight, 'state'> & { state: Alone }> {
  if ('code' in client) return { node, address, state: { kind: 'unreachable', error: client } };
  const endsAt = clock.elapsed() + timeoutMs;
  const left = (share = 1) => ({
    timeoutMs: Math.max(0, endsAt - clock.elapsed()) * share,
    ...(signal && { signal }),
  });
  // Half of the time: with a seal provider that fails, sys/health blocks while seal-status answers (VAULT-FACTS).
  const health = await client.health(left(0.5));
  let state = fromHealth(health);
  if (state === 'look-at-the-seal') {
    const seal = await client.sealStatus(left());
    if (seal.ok) {
      if (seal.body.removed_from_cluster) state = { kind: 'removed' };
      else if (!seal.body.initialized) state = { kind: 'without-data' };
      else if (seal.body.sealed) state = { kind: 'sealed', seal: seal.body };
      // Unsealed between the two questions; where it did not answer the first, nothing more is known of it.
      else state = health.ok ? { kind: 'leaderless' } : { kind: 'unreachable', error: health.error };
    } else {
      state = { kind: 'unreachable', error: health.ok ? seal.error : health.error };
    }
  }
  if (state.kind === 'unreachable') return { node, address, state };
  const start = await client.processStart(left());
  return { node, address, state, ...(start.ok && { start: start.body }) };
}

/** The status carries the state: http/sys_health.go. A body that says the opposite is no Vault's answer. */
function fromHealth(health: Answer<Health>): Alone | 'look-at-the-seal' {
  if (!health.ok) {
    const { error } = health;
    if (error.code === 'http' && error.status === 500) return { kind: 'storage-unavailable' };
    return error.code === 'timeout' ? 'look-at-the-seal' : { kind: 'unreachable', error };
  }
  const { status, body } = health;
  switch (status) {
    case 501:
      return body.initialized ? odd(status) : { kind: 'without-data' };
    case 503:
      return body.sealed ? 'look-at-the-seal' : odd(status);
    case 530:
      return { kind: 'removed' };
    case 474:
      return body.sealed ? odd(status) : { kind: 'leaderless' };
    default:
      if (body.sealed || !body.initialized) return odd(status);
      return { kind: 'serving', role: roleOf(status, body) };
  }
}

function roleOf(status: number, { standby, performance_standby }: Health): 'active' | 'standby' | 'other' {
  if (status === 472) return 'other';
  // 200 from a standby: a proxy on the way asks with standbyok.
  return status === 200 && !standby && performance_standby !== true ? 'active' : 'standby';
}

function odd(status: number): Alone {
  const error: VaultError = {
    code: 'not-vault',
    message: `sys/health contradicts itself: its body says the opposite of status ${status}`,
    status,
    recoverable: false,
  };
  return { kind: 'unreachable', error };
}
