/** What no share helps with, and what a person must do instead. In the order in which they are asked. */
import type { Seal } from '../../fleet/fleet.ts';
import type { Plan, PlanInput, RefusalCode } from '../recovery.ts';
import { leftOver, names, type Picture, servingWords } from './picture.ts';

export type Refuse = Extract<Plan, { kind: 'refuse' }>;
export type Judge = (input: PlanInput, picture: Picture) => Plan | undefined;

export function refuse(code: RefusalCode, why: string, remedy: string): Refuse {
  return { kind: 'refuse', code, why, remedy };
}

/** During a migration seal-status shows the new type already: this comes before `autoUnsealed`. */
export const migrating: Judge = (_input, { sealed }) => {
  const nodes = sealed.filter(({ state }) => state.seal.migration === true);
  if (nodes.length === 0) return undefined;
  return refuse(
    'seal-migration',
    `${names(nodes)}: a seal migration is pending, and automation never takes part in one`,
    'Finish the migration by hand: vault operator unseal -migrate on the standbys first, on the active node last.',
  );
};

export const autoUnsealed: Judge = (input, picture) => {
  const { seal } = input.cluster;
  const others = picture.sealed.filter(
    ({ state }) => state.seal.recovery_seal === true || state.seal.type !== 'shamir',
  );
  if (others.length > 0) {
    return refuse(
      'auto-unseal',
      `${names(others)}: sealed by a seal provider, which shares cannot replace`,
      remedyOf(seal.type === 'shamir' ? { type: 'other' } : seal),
    );
  }
  const down = picture.sealed.length > 0 || picture.leaderless.length < picture.quorum;
  if (seal.type === 'shamir' || picture.active || !down) return undefined;
  return refuse(
    'auto-unseal',
    `fleet.yaml says that ${input.cluster.name} unseals by ${seal.type}: shares cannot bring it back`,
    remedyOf(seal),
  );
};

function remedyOf(seal: Seal): string {
  const restart =
    'then start the nodes again: a Vault that cannot reach its seal provider exits at its start.';
  switch (seal.type) {
    case 'transit':
      return `Bring back its provider ${seal.provider} and check the seal's token, ${restart}`;
    case 'azurekeyvault':
      return `Check the Key Vault key, its network rules and the identity or secret that the nodes use, ${restart}`;
    default:
      return `Bring back what seals it and check the credential that the nodes use for it, ${restart}`;
  }
}

/** Whole clusters only: beside a living node these are left out and named. */
export const withoutData: Judge = (_input, { nodes, uninitialised, unreachable, removed, storage }) => {
  if (unreachable.length + storage.length > 0 || nodes.length === 0) return undefined;
  if (uninitialised.length > 0 && uninitialised.length + removed.length === nodes.length) {
    return refuse(
      'uninitialised',
      `no node has data (${names(uninitialised)} uninitialised): there is nothing that shares could open`,
      'If this cluster had data, its storage was lost: restore a snapshot. Do not run init before that is sure.',
    );
  }
  if (removed.length < nodes.length) return undefined;
  return refuse(
    'removed-peers',
    `every node that answers was removed from raft (${names(removed)})`,
    'Find the nodes that are still members and start them. A removed node comes back only when its raft data is wiped and it joins again.',
  );
};

/** Asked where shares are about to be needed. */
export const escrowUnusable: Judge = ({ generation, cluster, recovery }, { sealed }) => {
  if (sealed.length === 0) return undefined;
  const reimport = `Import the shares in force: sealwatch escrow import --cluster ${cluster.name}. Until then, unseal by hand.`;
  if (generation.state === 'none') {
    return refuse('escrow-missing', `no shares of ${cluster.name} are escrowed`, reimport);
  }
  if (generation.state === 'unreadable') {
    return refuse(
      'escrow-bad',
      `the escrowed generation cannot be read: ${generation.why}`,
      'Put its blob back from an export (sealwatch escrow export), or import the shares again.',
    );
  }
  const { row, kind, trustChanged, threshold, count } = generation;
  const called = `generation ${row.generation}.${row.revision}`;
  if (kind === 'recovery') {
    return refuse('escrow-missing', `${called} holds recovery keys, which unseal nothing`, reimport);
  }
  if (row.bad) {
    const at = new Date(row.bad.at).toISOString();
    return refuse(
      'escrow-bad',
      `${called} opens nothing: ${row.bad.node} refused the whole set at ${at}`,
      reimport,
    );
  }
  // Break-glass asks the same: it cannot be rebound there (rule 8).
  if (trustChanged.length > 0) {
    const way =
      recovery.way === 'break-glass'
        ? 'Put fleet.yaml back as it was.'
        : `If the change is right: sealwatch escrow rebind --cluster ${cluster.name}, which needs approval. Else put fleet.yaml back.`;
    return refuse(
      'escrow-trust-changed',
      `fleet.yaml differs from what ${called} is bound to: ${trustChanged.join(', ')}`,
      way,
    );
  }
  const rekeyed = sealed.find(
    ({ state }) => state.seal.t > 0 && (state.seal.t !== threshold || state.seal.n !== count),
  );
  if (!rekeyed) return undefined;
  const { t, n } = rekeyed.state.seal;
  return refuse(
    'escrow-bad',
    `${rekeyed.node} takes ${t} of ${n} shares, and ${called} holds ${threshold} of ${count}: it was rekeyed`,
    reimport,
  );
};

/** When waiting came to its end. */
export function gaveUp(
  code: 'unreachable' | 'gave-up',
  input: PlanInput,
  picture: Picture,
  what: string,
  remedy: string,
): Refuse {
  const left = leftOver(input, picture);
  const others = left.length > 0 ? `; ${left.join('; ')}` : '';
  return refuse(code, `${servingWords(input, picture)}, ${what}${others}`, remedy);
}
