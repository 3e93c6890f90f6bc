/** What no share helps with, and what a person must do instead. In the order in which they are asked. */
import type { Plan, PlanInput, RefusalCode } from '../recovery.ts';
import { misfit, providerRemedy, reimport } from './misfit.ts';
import { leftOver, names, type Picture, servingWords } from './picture.ts';
import { judgeSealed } from './sealed.ts';

export type Refuse = Extract<Plan, { kind: 'refuse' }>;
export type Judge = (input: PlanInput, picture: Picture) => Plan | undefined;

export function refuse(code: RefusalCode, why: string, remedy: string): Refuse {
  return { kind: 'refuse', code, why, remedy };
}

/**
 * Every sealed node says that our shares are none of its own. One node's word refuses nothing to the others, and nodes
 * that can make up a quorum without these are waited for first: what is left is named at the end.
 */
export const noneFits: Judge = (input, { sealed, leaderless, unreachable, active, quorum }) => {
  if (!active && leaderless.length + unreachable.length >= quorum) return undefined;
  const found = sealed.flatMap(({ node, ...sight }) => {
    const reason = misfit(input, { node, ...sight });
    return reason ? [{ node, ...reason }] : [];
  });
  const [first] = found;
  if (!first || found.length < sealed.length) return undefined;
  const why = [...Map.groupBy(found, ({ says }) => says)].map(([says, nodes]) => `${names(nodes)}: ${says}`);
  return refuse(first.code, why.join('; '), first.remedy);
};

/** A cluster-wide word, and not a node's. */
export const autoUnsealed: Judge = ({ cluster }, { sealed, leaderless, quorum, active }) => {
  const { seal, name } = cluster;
  const down = sealed.length > 0 || leaderless.length < quorum;
  if (seal.type === 'shamir' || active || !down) return undefined;
  return refuse(
    'auto-unseal',
    `fleet.yaml says that ${name} unseals by ${seal.type}: shares cannot bring it back`,
    providerRemedy(seal),
  );
};

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
export const escrowUnusable: Judge = (input, picture) => {
  const { generation, cluster } = input;
  if (picture.sealed.length === 0) return undefined;
  const again = reimport(cluster.name);
  if (generation.state === 'none') {
    return refuse('escrow-missing', `no shares of ${cluster.name} are escrowed`, again);
  }
  if (generation.state === 'unreadable') {
    return refuse(
      'escrow-bad',
      `the escrowed generation cannot be read: ${generation.why}`,
      'Put its blob back from an export (sealwatch escrow export), or import the shares again.',
    );
  }
  const { row, kind } = generation;
  const called = `generation ${row.generation}.${row.revision}`;
  if (kind === 'recovery') {
    return refuse('escrow-missing', `${called} holds recovery keys, which unseal nothing`, again);
  }
  if (row.bad) {
    const at = new Date(row.bad.at).toISOString();
    return refuse(
      'escrow-bad',
      `${called} opens nothing: ${row.bad.node} refused the whole set at ${at}`,
      again,
    );
  }
  return trustChanged(input, picture);
};

/** Also where nodes do not answer: those that moved with fleet.yaml are never seen over the trust of the import. */
export function trustChanged(input: PlanInput, picture: Picture): Refuse | undefined {
  const { generation, cluster, recovery } = input;
  if (generation.state !== 'ready' || generation.trustChanged.length === 0) return undefined;
  const { row, trustChanged: changes } = generation;
  // Break-glass asks the same: it cannot be rebound there (rule 8).
  const way =
    recovery.way === 'break-glass'
      ? 'Put fleet.yaml back as it was.'
      : `If the change is right: sealwatch escrow rebind --cluster ${cluster.name} --reason "…", which needs approval. Else put fleet.yaml back.`;
  const lasting = `fleet.yaml differs from what generation ${row.generation}.${row.revision} is bound to: ${changes.join(', ')}`;
  if (!isShort(picture)) return { ...refuse('escrow-trust-changed', lasting, way), lasting };
  const seen = [servingWords(input, picture), ...leftOver(input, picture), lasting].join('; ');
  return { ...refuse('escrow-trust-changed', seen, `${way} ${startRemedy(input, picture)}`), lasting };
}

/** Without some that do not answer there is no election, whatever shares open. */
function isShort({ active, unreachable, leaderless, sealed, quorum }: Picture): boolean {
  return !active && unreachable.length > 0 && leaderless.length + sealed.length < quorum;
}

export function startRemedy({ cluster }: PlanInput, { unreachable }: Picture): string {
  const lost = unreachable.map(({ node }) => `--lost ${node}`).join(' ');
  return `Start ${names(unreachable)}. If they are lost for good: sealwatch request --cluster ${cluster.name} ${lost} --reason "…"`;
}

/** When waiting came to its end. */
export function gaveUp(
  code: 'unreachable' | 'gave-up',
  input: PlanInput,
  picture: Picture,
  what: string,
  remedy: string,
): Refuse {
  const left = [...leftOver(input, picture), ...stuckWords(input, picture)];
  const others = left.length > 0 ? `; ${left.join('; ')}` : '';
  return refuse(code, `${servingWords(input, picture)}, ${what}${others}`, remedy);
}

/** Sealed nodes that we cannot help, and who can: named in whatever is said of the others. */
export function stuckWords(input: PlanInput, { sealed }: Picture): string[] {
  return sealed.flatMap((sight) => {
    const found = judgeSealed(input, sight);
    return found.kind === 'stuck' ? [`${found.why} (${found.remedy.replace(/\.$/, '')})`] : [];
  });
}
