/** Before an import: what the cluster itself says of its seal, and what the shares would be bound to (rule 2). */
import { type Distribution, distributionOf } from '../../escrow/distribution.ts';
import { type GenerationRow, generationIn, type TrustBinding } from '../../escrow/generation.ts';
import type { ClusterSeal } from '../../escrow/import.ts';
import type { Cluster } from '../../fleet/fleet.ts';
import type { CertificateFacts } from '../../vault/answer.ts';
import type { SealStatus } from '../../vault/answers.ts';
import { mostAhead } from '../recover/accept.ts';
import type { Reached, RecoverDeps } from '../recover/deps.ts';
import { clusterOf } from '../recover/request.ts';

/** Shamir over GF(2^8), shamir/shamir.go of Vault. */
const mostShares = 255;

export interface NodeSeen {
  node: string;
  address: string;
  /** What it showed; absent over plain HTTP, which is for loopback only. */
  certificate?: CertificateFacts;
  /** Why it did not answer. */
  silent?: string;
}

export interface ImportView {
  cluster: Cluster;
  binding: TrustBinding;
  seal: ClusterSeal;
  nodes: NodeSeen[];
  plan: Pick<Distribution, 'singlePoints' | 'reachAlone'>;
  /** The number that the import gets. */
  generation: number;
  /** The one in use. */
  follows?: { generation: number; revision: number; provenAt?: number };
}

export type Looked = { ok: true; view: ImportView } | { ok: false; problems: string[] };

/** Asks every node, over connections that trust what the shares would be bound to and nothing else. Writes nothing. */
export async function lookBeforeImport(deps: RecoverDeps, name: string): Promise<Looked> {
  const cluster = await clusterOf(deps, name);
  if (!cluster) return problem(`fleet.yaml has no cluster "${name.slice(0, 63)}"`);
  if (cluster.escrow.custodians.length === 0) {
    return problem(
      `${name} has no custodians: name them in fleet.yaml under clusters.${name}.escrow.custodians`,
    );
  }
  const bound = await deps.binding(cluster);
  if (!bound.ok) return problem(bound.problem);
  const { binding } = bound;
  const seen = await askAll(deps, cluster, binding);
  const agreed = sealOf(cluster, seen);
  if (!agreed.ok) return agreed;
  const { seal } = agreed;
  const plan = distributionOf({ custodians: cluster.escrow.custodians, ...seal });
  if (plan.problems.length > 0) {
    return { ok: false, problems: plan.problems.map((each) => `fleet.yaml, escrow.custodians: ${each}`) };
  }
  const row = await deps.state.generations.newest(cluster.name);
  const newest = row?.value.generation ?? 0;
  const view: ImportView = {
    cluster,
    binding,
    seal,
    nodes: seen.map(({ status: _status, ...node }) => node),
    plan,
    generation: (await highestBlob(deps, cluster.name, newest)) + 1,
    ...(row && { follows: followed(row.value) }),
  };
  return { ok: true, view };
}

type Asked = NodeSeen & { status?: SealStatus };

async function askAll(deps: RecoverDeps, cluster: Cluster, binding: TrustBinding): Promise<Asked[]> {
  const connected = await deps.connect(cluster, binding);
  try {
    return await Promise.all(connected.nodes.map(ask));
  } finally {
    await connected.close();
  }
}

async function ask({ node, address, client }: Reached): Promise<Asked> {
  if ('code' in client) return { node, address, silent: client.message };
  const answer = await client.sealStatus();
  const certificate = client.certificate();
  const about = { node, address, ...(certificate && { certificate }) };
  return answer.ok ? { ...about, status: answer.body } : { ...about, silent: answer.error.message };
}

/** One that answers is enough, but those that do must be of one cluster with one seal. */
function sealOf(
  { name }: Cluster,
  seen: Asked[],
): { ok: true; seal: ClusterSeal } | { ok: false; problems: string[] } {
  const answers = seen.flatMap(({ node, status }) => (status ? [{ node, status }] : []));
  if (answers.length === 0) {
    const why = seen.map(({ node, silent = 'no answer' }) => `${node}: ${silent}`);
    return {
      ok: false,
      problems: [`no node of ${name} answers, so its shares cannot be checked against it`, ...why],
    };
  }
  const members = answers.filter(({ status }) => status.initialized && status.removed_from_cluster !== true);
  const [first] = members;
  if (!first) return problem(`${name} is not initialised: it has no shares yet`);
  const migrating = members.find(({ status }) => status.migration === true);
  if (migrating) {
    return problem(
      `${migrating.node} is in a seal migration: finish it, then import the shares of the new seal`,
    );
  }
  const odd = members.find(({ status: { t, n } }) => !isShareCount(t) || !isShareCount(n));
  if (odd) {
    return problem(
      `${odd.node} says ${odd.status.t} of ${odd.status.n} shares: Vault has at most ${mostShares}`,
    );
  }
  const seal = sealIn(first.status);
  const other = members.find(({ status }) => differs(status, first.status));
  if (other) {
    return problem(
      `${first.node} and ${other.node} are of different clusters, or before and after a rekey: they do not agree on seal, shares and cluster id`,
    );
  }
  return { ok: true, seal };
}

function sealIn({ t, n, type, recovery_seal }: SealStatus): ClusterSeal {
  return { threshold: t, count: n, type, recoverySeal: recovery_seal === true };
}

function isShareCount(count: number): boolean {
  return Number.isInteger(count) && count >= 0 && count <= mostShares;
}

function differs(a: SealStatus, b: SealStatus): boolean {
  // A sealed node does not say its cluster's id.
  const apart = Boolean(a.cluster_id) && Boolean(b.cluster_id) && a.cluster_id !== b.cluster_id;
  return apart || JSON.stringify(sealIn(a)) !== JSON.stringify(sealIn(b));
}

function followed({ generation, revision, provenAt }: GenerationRow): NonNullable<ImportView['follows']> {
  return { generation, revision, ...(provenAt !== undefined && { provenAt }) };
}

/**
 * Also of an import that was never accepted: its blob keeps its number. One so far ahead that nothing after it would be
 * accepted counts for nothing: a stray name must not end all imports.
 */
async function highestBlob({ state }: RecoverDeps, cluster: string, newest: number): Promise<number> {
  const numbers = (await state.escrow.list(cluster)).flatMap((name) => generationIn(name, cluster) ?? []);
  return Math.max(
    newest,
    ...numbers.map(({ generation }) => generation).filter((one) => one < newest + mostAhead),
  );
}

function problem(text: string): { ok: false; problems: string[] } {
  return { ok: false, problems: [text] };
}
