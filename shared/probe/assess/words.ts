/** How states and failures are worded in summaries and evidence. */
import type { Answer, VaultError } from '../../vault/answer.ts';
import type { NodeState } from './node-state.ts';
import type { NodeView } from './picture.ts';

/** The cause in words: "connection refused: nothing listens on vault-1:8200". */
export function failureWords(error: VaultError, address: string): string {
  const host = hostOf(address);
  switch (error.code) {
    case 'dns':
      return `the name ${host.replace(/:\d+$/, '')} does not resolve`;
    case 'refused':
      return `connection refused: nothing listens on ${host}`;
    case 'connect-timeout':
      return `no connection to ${host} in time: the machine is off, or something drops the packets`;
    case 'reset':
      return 'the connection was closed before the answer was complete';
    case 'timeout':
      return 'connected, but no whole answer in time: the process hangs';
    case 'tls-untrusted':
      return 'its certificate is not trusted: unknown CA, a pin that does not match, or no TLS at all';
    case 'tls-expired':
      return 'its certificate is expired or not yet valid';
    case 'tls-name':
      return 'its certificate is for another name';
    case 'too-large':
      return 'the answer is too large for a Vault';
    case 'not-json':
      return 'the answer is not JSON';
    case 'not-vault':
      return `the answer is not a Vault's${error.field ? ` (${error.field})` : ''}`;
    case 'http':
      return `status ${error.status ?? 'unknown'}${error.location ? `, redirect to ${error.location}` : ''}`;
    case 'aborted':
      return 'not answered before the sweep ended';
  }
}

/** host:port of an origin. */
export function hostOf(address: string): string {
  return address.replace(/^[a-z]+:\/\//i, '');
}

/** One line of evidence a node: "vault-1: standby (429)". */
export function nodeLine(view: NodeView): string {
  return `${view.node.name}: ${stateWords(view.state, view.node.address)}`;
}

function stateWords(state: NodeState, address: string): string {
  switch (state.name) {
    case 'active':
    case 'standby':
    case 'performance-standby':
    case 'dr-secondary':
      return `${state.name} (${state.status})`;
    case 'ha-unhealthy':
      return `standby that lost its active node (${state.status})`;
    case 'sealed':
      return 'sealed';
    case 'joiner':
      return 'waits to join (501)';
    case 'uninitialised':
      return 'uninitialised (501)';
    case 'removed':
      return 'removed from raft (530)';
    case 'storage-unavailable':
      return 'answers 500: it cannot read its storage';
    case 'unreachable':
    case 'tls':
      return failureWords(state.error, address);
    case 'odd':
    case 'unanswered':
      return state.why;
  }
}

/** "vault-0", "vault-0 and vault-1", "vault-0, vault-1 and vault-2". */
export function listed(names: readonly string[]): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** Why an answer is not to be had: for `unjudged`. */
export function whyUnread(answer: Answer<unknown>, what: string): string {
  if (answer.ok) return `${what} was read`;
  const { error } = answer;
  if (error.status === 403) return `${what}: permission denied`;
  if (error.location)
    return `${what}: redirected to ${error.location}, so the node asked was not active any more`;
  if (error.code === 'aborted') return `${what}: not answered before the sweep ended`;
  if (error.code === 'timeout') return `${what}: no answer in time`;
  return `${what}: ${error.code}${error.status === undefined ? '' : ` ${error.status}`}`;
}

export const iso = (ms: number): string => {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? 'an unknown time' : date.toISOString().replace('.000Z', 'Z');
};

/** "45 s", "12 min", "3 h", "2 days": for evidence. */
export function span(ms: number): string {
  if (ms < 120_000) return `${Math.round(ms / 100) / 10} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  if (ms < 172_800_000) return `${Math.round(ms / 3_600_000)} h`;
  return `${Math.round(ms / 86_400_000)} days`;
}
