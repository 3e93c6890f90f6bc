/**
 * Notes when the processes of unsealed nodes started (rule 6): a later, newer start proves a restart. Only clusters
 * that unseal with shares; only what this app saw itself, over connections that trust the generation's binding.
 */
import type { Cluster } from '../../fleet/fleet.ts';
import { sameStartMs } from '../../process-start.ts';
import type { NodeSight, StartNote } from '../../recovery/recovery.ts';
import type { RecoverDeps } from './deps.ts';
import { escrowed, trustFor } from './escrowed.ts';
import { lookAround } from './observe.ts';

/** Notes are renewed at least this often, so that `at` says how old the last sight is, ms. */
const renewMs = 10 * 60_000;

export async function noteStarts(deps: RecoverDeps): Promise<void> {
  const { fleet } = await deps.loadFleet();
  const concerned = fleet.clusters.filter(
    ({ seal, escrow }) => seal.type === 'shamir' && escrow.custodians.length > 0,
  );
  const results = await Promise.allSettled(concerned.map((cluster) => noteCluster(deps, cluster)));
  results.forEach((result, index) => {
    if (result.status === 'fulfilled') return;
    deps.log.warn('starts-not-noted', { cluster: concerned[index]?.name, error: result.reason });
  });
}

async function noteCluster(deps: RecoverDeps, cluster: Cluster): Promise<void> {
  const trust = await trustFor(deps, cluster, await escrowed(deps, cluster));
  if (!trust) return;
  const { nodes, close } = await deps.connect(cluster, trust);
  try {
    const [sights, known] = await Promise.all([lookAround(deps, nodes), deps.state.starts.of(cluster.name)]);
    await noteUnsealed(deps, cluster.name, sights, known);
  } finally {
    await close();
  }
}

/** What was just seen unsealed, with a start time that can be read. Writes only what is new, or old. */
export async function noteUnsealed(
  deps: RecoverDeps,
  cluster: string,
  sights: NodeSight[],
  known: StartNote[],
): Promise<void> {
  const at = deps.clock.now();
  const notes = sights.flatMap(({ node, state, start }): StartNote[] => {
    const unsealed = state.kind === 'serving' || state.kind === 'leaderless';
    if (!unsealed || start === undefined) return [];
    const last = known.find((note) => note.node === node);
    const same = last && Math.abs(last.start - start) <= sameStartMs && at - last.at < renewMs;
    return same ? [] : [{ cluster, node, start, at }];
  });
  await saveNotes(deps, notes);
}

/** One by one: a note that cannot be kept proves nothing later, and ends neither a pass nor the other notes. */
export async function saveNotes({ state, log }: RecoverDeps, notes: StartNote[]): Promise<void> {
  for (const note of notes) {
    try {
      await state.starts.note([note]);
    } catch (error) {
      log.error('start-not-noted', { cluster: note.cluster, node: note.node, error });
    }
  }
}
