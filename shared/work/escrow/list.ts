/** What is escrowed of each cluster, as its row and the names of its blobs say. */
import { type GenerationRow, generationIn } from '../../escrow/generation.ts';
import type { RecoverDeps } from '../recover/deps.ts';
import { type Need, needsOf } from '../recover/key-needs.ts';
import { type OldKey, oldKeysOf } from '../recover/old-keys.ts';
import { oldKeyLine } from './old-key-words.ts';

export interface Listed {
  cluster: string;
  /** The one in use. */
  row?: GenerationRow;
  /** Why the row cannot be read. */
  unreadable?: string;
  /** Newer than the one in use, never accepted or gone back from: harmless, and of no use. */
  notAccepted: string[];
  /** Key versions that are not in use any more. */
  oldKeys: OldKey[];
  /** Why the way back that the row remembers does not work now. */
  noWayBack?: string;
  /** In fleet.yaml. */
  known: boolean;
}

/** Clusters of fleet.yaml with custodians, and any other that has a row; sorted. */
export async function listEscrow(deps: RecoverDeps): Promise<Listed[]> {
  const { fleet } = await deps.loadFleet();
  const { rows, unreadable } = await deps.state.generations.all();
  const known = new Set(fleet.clusters.map(({ name }) => name));
  const escrowing = fleet.clusters.flatMap(({ name, escrow }) =>
    escrow.custodians.length > 0 ? [name] : [],
  );
  const damaged = new Map(unreadable.map(({ partition, why }) => [partition, why]));
  const names = new Set([...escrowing, ...rows.map(({ cluster }) => cluster), ...damaged.keys()]);
  const needs = rows.some(({ oldKeys = [] }) => oldKeys.length > 0) ? await needsOf(deps.state) : [];
  return Promise.all(
    [...names].sort().map(async (cluster) => {
      const row = rows.find((one) => one.cluster === cluster);
      const why = damaged.get(cluster);
      const noWayBack = row && wayBackProblem(row, needs);
      const notAccepted = (await deps.state.escrow.list(cluster)).filter((name) =>
        isNewer(name, cluster, row),
      );
      return {
        cluster,
        known: known.has(cluster),
        notAccepted,
        oldKeys: row ? oldKeysOf(row, needs) : [],
        ...(row && { row }),
        ...(why !== undefined && { unreadable: why }),
        ...(noWayBack !== undefined && { noWayBack }),
      };
    }),
  );
}

/** What is not named as a generation's blob is none, whoever put it there. */
function isNewer(name: string, cluster: string, row?: GenerationRow): boolean {
  const found = generationIn(name, cluster);
  if (!found || !row) return found !== undefined;
  return (found.generation - row.generation || found.revision - row.revision) > 0;
}

/** Each of its envelopes must open before it is taken into use again. */
function wayBackProblem({ cluster, oldKeys = [] }: GenerationRow, needs: Need[]): string | undefined {
  const back = needs.find((need) => need.isWayBack && need.cluster === cluster);
  if (!back) return undefined;
  if (!back.keyIds) return 'its blob is gone, or cannot be read';
  const gone = oldKeys.filter((key) => key.gone !== undefined && back.keyIds?.has(key.keyId));
  if (gone.length === 0) return undefined;
  return gone
    .map(({ custodian, gone: is }) => `custodian "${custodian}": its key version is ${is}`)
    .join('; ');
}

export function describeListed(listed: Listed): string[] {
  const { cluster, row, unreadable, notAccepted, oldKeys, noWayBack, known } = listed;
  const more = [
    ...notAccepted.map(
      (name) =>
        `  blob ${name} was never accepted, or was gone back from: nothing uses it (an import failed after it was written)`,
    ),
    ...(known ? [] : ['  fleet.yaml does not name this cluster']),
  ];
  if (unreadable !== undefined)
    return [`${cluster}: the row cannot be read (${unreadable}): a person must look`, ...more];
  if (!row) return [`${cluster}: nothing is escrowed: sealwatch escrow import --cluster ${cluster}`, ...more];
  const { generation, revision, acceptedAt, acceptedBy, provenAt, bad, previous, upkeep } = row;
  return [
    `${cluster}: generation ${generation}, revision ${revision}, accepted ${time(acceptedAt)} by ${acceptedBy}`,
    provenAt === undefined
      ? '  not proven yet: no unseal succeeded with it'
      : `  proven: it unsealed a node on ${time(provenAt)}`,
    ...(bad ? [`  BAD: ${bad.node} refused the full set on ${time(bad.at)} (${bad.recovery})`] : []),
    ...(previous && provenAt === undefined
      ? [
          `  before it: generation ${previous.generation}, revision ${previous.revision}, which unsealed a node on ${time(previous.provenAt)}: ${noWayBack === undefined ? `sealwatch escrow go-back --cluster ${cluster}` : `NO WAY BACK to it now (${noWayBack})`}`,
        ]
      : []),
    ...(upkeep
      ? [`  looked at ${time(upkeep.at)}: ${upkeep.problems.length === 0 ? 'no problem' : ''}`.trimEnd()]
      : []),
    ...(upkeep?.problems ?? []).map(({ code, message }) => `  ${code}: ${message}`),
    ...oldKeys.map((key) => `  ${oldKeyLine(key)}`),
    ...more,
  ];
}

function time(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
