/** What all nodes together show, and the words for it. */
import type { SealStatus } from '../../vault/answers.ts';
import type { NodeSight, PlanInput } from '../recovery.ts';

export type SealedSight = NodeSight & { state: { kind: 'sealed'; seal: SealStatus } };

export interface Picture {
  /** Nodes of fleet.yaml at their own addresses, without those that a person called lost. */
  nodes: NodeSight[];
  /** Some node answers as active. A leader's address proves nothing (VAULT-FACTS). */
  active: boolean;
  serving: NodeSight[];
  /** Unsealed, without an active node that they know. */
  leaderless: NodeSight[];
  sealed: SealedSight[];
  joiners: NodeSight[];
  uninitialised: NodeSight[];
  removed: NodeSight[];
  storage: NodeSight[];
  unreachable: NodeSight[];
  /** Unsealed nodes that an election takes. */
  quorum: number;
}

export function paint({ cluster, nodes, recovery }: PlanInput): Picture {
  const own = nodes.filter(
    (sight) =>
      !recovery.lost.includes(sight.node) &&
      cluster.nodes.some(({ name, address }) => name === sight.node && address === sight.address),
  );
  const active = own.some(({ state }) => state.kind === 'serving' && state.role !== 'standby');
  const of = (...kinds: NodeSight['state']['kind'][]) =>
    own.filter(({ state }) => kinds.includes(state.kind));
  const { storage = 'raft', voters = cluster.nodes.length } = cluster.expect;
  return {
    nodes: own,
    active,
    serving: active ? of('serving') : [],
    leaderless: active ? of('leaderless') : of('leaderless', 'serving'),
    sealed: own.filter((sight): sight is SealedSight => sight.state.kind === 'sealed'),
    joiners: of('joiner'),
    uninitialised: of('uninitialised'),
    removed: of('removed'),
    storage: of('storage-unavailable'),
    unreachable: of('unreachable'),
    quorum: storage === 'raft' ? Math.floor(voters / 2) + 1 : 1,
  };
}

/** "2 of 3 nodes serving". */
export function servingWords({ cluster }: Pick<PlanInput, 'cluster'>, { serving }: Picture): string {
  return `${serving.length} of ${cluster.nodes.length} nodes serving`;
}

/** What is left besides the nodes that serve; closed words only. */
export function leftOver({ recovery, cluster }: PlanInput, picture: Picture): string[] {
  const { unreachable, removed, storage, joiners, uninitialised, leaderless } = picture;
  const seen = new Set([...picture.nodes.map(({ node }) => node), ...recovery.lost]);
  return [
    ...unreachable.map(
      ({ node, state }) =>
        `${node} does not answer (${state.kind === 'unreachable' ? state.error.code : ''})`,
    ),
    ...storage.map(({ node }) => `${node} cannot read its storage`),
    ...removed.map(({ node }) => `${node} was removed from raft: wipe its data and let it join again`),
    ...joiners.map(({ node }) => `${node} waits to join`),
    ...uninitialised.map(({ node }) => `${node} has no data`),
    ...leaderless.map(({ node }) => `${node} has not found the active node`),
    ...cluster.nodes.filter(({ name }) => !seen.has(name)).map(({ name }) => `${name} was not asked`),
    ...recovery.lost.map((node) => `${node} was called lost`),
  ];
}

export function names(sights: readonly Pick<NodeSight, 'node'>[]): string {
  return sights.map(({ node }) => node).join(', ');
}

/** What fleet.yaml says outweighs the nodes: one that says otherwise must not hold up the others. */
export function isRaft({ cluster }: Pick<PlanInput, 'cluster'>, { sealed }: Picture): boolean {
  const { storage } = cluster.expect;
  if (storage !== undefined) return storage === 'raft';
  return sealed.some(({ state }) => state.seal.storage_type === 'raft');
}
