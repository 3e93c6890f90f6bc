/** Which one headline, if any, says why nothing is active in a cluster. */

import { isSilent, isUnsealed, type NodeState } from './node-state.ts';
import type { NodeView, Storage } from './picture.ts';
import { listed } from './words.ts';

export type HeadlineCode = 'cluster-sealed' | 'cluster-down' | 'no-leader' | 'storage-unavailable';

export type Outage =
  /** A node is active, or this is a DR secondary (`dr`), which has no active node to show. */
  | { kind: 'none'; dr: boolean }
  /** Not one node has data: a new cluster, not a broken one. */
  | { kind: 'uninitialised' }
  | { kind: 'unjudged'; why: string }
  | { kind: 'headline'; code: HeadlineCode };

/** `known`: the cluster is known to hold data, from this observation or from before. */
export function outageOf(nodes: readonly NodeView[], storage: Storage, known: boolean): Outage {
  if (nodes.some(({ state }) => state.name === 'active')) return { kind: 'none', dr: false };
  if (nodes.some(({ state }) => state.name === 'dr-secondary')) return { kind: 'none', dr: true };
  const states = nodes.map((view) => view.state);
  const count = (test: (state: NodeState) => boolean) => states.filter(test).length;

  const unanswered = nodes.filter((view) => view.state.name === 'unanswered');
  if (unanswered.length > 0) return { kind: 'unjudged', why: unansweredWhy(unanswered) };
  if (isStorageGone(states, storage)) return { kind: 'headline', code: 'storage-unavailable' };
  if (states.some(isUnsealed)) {
    const hidden = activeBehindBadTls(nodes);
    return hidden ? { kind: 'unjudged', why: hidden } : { kind: 'headline', code: 'no-leader' };
  }

  const silent = count(isSilent);
  const sealed = count((state) => state.name === 'sealed');
  const waiting = count((state) => state.name === 'joiner' || state.name === 'uninitialised');
  // Sealed (and waiting) nodes explain the outage when those that are silent could not serve without them.
  if (sealed > 0 && sealed + waiting >= silent) return { kind: 'headline', code: 'cluster-sealed' };
  if (silent > 0 && (known || waiting === 0)) return { kind: 'headline', code: 'cluster-down' };
  if (silent > 0) return { kind: 'unjudged', why: 'whether this cluster was ever initialised is not known' };
  return { kind: 'uninitialised' };
}

function unansweredWhy(views: readonly NodeView[]): string {
  const names = listed(views.map((view) => view.node.name));
  return `${names} could be active, but ${views.length === 1 ? 'was' : 'were'} not heard in this sweep`;
}

/**
 * With etcd gone, sys/health answers 500, and only after 5 s; a hung backend shows as timeouts of every node.
 * A node that serves proves that its storage is there.
 */
function isStorageGone(states: readonly NodeState[], storage: Storage): boolean {
  if (states.some(isUnsealed)) return false;
  const failing = states.filter((state) => state.name === 'storage-unavailable').length;
  const hanging = states.filter(
    (state) =>
      (storage === 'etcd' || storage === 'consul') &&
      state.name === 'unreachable' &&
      state.error.code === 'timeout' &&
      state.ms >= 5_000,
  ).length;
  // On shared storage one 500 is enough: a Vault that starts without its storage exits. Raft is a disk each.
  if (failing > 0 && storage !== 'raft' && storage !== 'unknown') return true;
  if (failing > 0) return failing * 2 >= states.length;
  return hanging > 0 && hanging === states.length;
}

/**
 * A node whose certificate we refuse may well be active: as long as every other node says that its connection
 * to the active node is healthy (1.19+ turns that off within 10 s), no outage is proven.
 */
function activeBehindBadTls(nodes: readonly NodeView[]): string | undefined {
  const refused = nodes.filter((view) => view.state.name === 'tls');
  if (refused.length === 0) return undefined;
  const content = nodes.every(
    ({ state }) =>
      !isUnsealed(state) || (state.name !== 'ha-unhealthy' && state.health.ha_connection_healthy === true),
  );
  if (!content) return undefined;
  return `${listed(refused.map((view) => view.node.name))} may be active, but fails TLS; the standbys see an active node`;
}
