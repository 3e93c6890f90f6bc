/** All that a plan rests on, read anew for each: the nodes, the rows, and what may speak against a restart. */
import type { Hold } from '../../alert/alert.ts';
import type { Cluster } from '../../fleet/fleet.ts';
import { fleetEntryHash } from '../../people/fleet-entry.ts';
import type { ClusterFacts } from '../../probe/head-facts.ts';
import { sameStartMs } from '../../process-start.ts';
import { budgetOf } from '../../recovery/budget.ts';
import { look } from '../../recovery/look.ts';
import type { Disproof, NodeSight, PlanInput, Recovery } from '../../recovery/recovery.ts';
import { StateError } from '../../state/errors.ts';
import type { UnreadableRow } from '../../state/ports.ts';
import type { Reached, RecoverDeps } from './deps.ts';
import type { Escrowed } from './escrowed.ts';

/** All that one node is asked in one look, ms: above the 5 s after which Vault answers without its etcd. */
const lookMs = 8_000;
/** A clock that is set wrong may be ahead, ms; a start further in the future is none, and nothing is built on it. */
const aheadMs = 24 * 3_600_000;

/** What the nodes show. A start time that cannot be is left out: what a node says of itself must not end a pass. */
export async function lookAround(
  { clock }: Pick<RecoverDeps, 'clock'>,
  nodes: Reached[],
): Promise<NodeSight[]> {
  const sights = await look(nodes, { clock, timeoutMs: lookMs });
  const latest = clock.now() + aheadMs;
  return sights.map(({ start, ...sight }) => {
    return start !== undefined && start > 0 && start <= latest ? { ...sight, start } : sight;
  });
}

export async function observe(
  deps: RecoverDeps,
  cluster: Cluster,
  recovery: Recovery,
  found: Escrowed,
  nodes: Reached[],
): Promise<PlanInput> {
  const { state, clock } = deps;
  const window = Math.max(cluster.recovery.attemptWindowMs, cluster.thresholds.restartWindowMs);
  const [sights, notes, approvals, standing, listed, facts] = await Promise.all([
    lookAround(deps, nodes),
    state.starts.of(cluster.name),
    state.approvals.of(cluster.name, recovery.id),
    holdOf(deps, cluster.name),
    state.recoveries.list(cluster.name, clock.now() - window - longestRecoveryMs),
    remembered(deps, cluster.name),
  ]);
  const now = clock.now();
  const { rows: recent, unreadable } = listed;
  const hold = standing ?? holdOfUnread(deps, cluster.name, unreadable);
  return {
    cluster,
    fleetEntry: fleetEntryHash(cluster),
    recovery,
    earlier: recent.filter(({ id, status }) => status === 'ended' && id !== recovery.id),
    nodes: sights,
    notes,
    disproofs: facts === 'unread' ? unread(sights) : disproofsOf(sights, facts),
    generation: generationOf(found),
    approvals,
    ...(hold && hold.until > now && { hold }),
    budget: budgetOf(recent, cluster, now),
    ...(facts !== 'unread' && facts?.raft && { raft: facts.raft }),
    now,
  };
}

/** A row that is damaged may be a hold: it stops automation until somebody mends it, and never what people approved. */
export async function holdOf({ state, clock, log }: RecoverDeps, cluster: string): Promise<Hold | undefined> {
  try {
    return await state.holds.of(cluster);
  } catch (error) {
    if (!(error instanceof StateError) || error.code !== 'unreadable') throw error;
    log.error('hold-unreadable', { cluster, error });
    const reason = 'the row of its hold cannot be read; set the hold anew, or end it';
    return { cluster, by: 'a damaged row', reason, until: clock.now() + 3_600_000 };
  }
}

/** Recoveries that cannot be read may have used up all that automation may try: it waits, as for a hold. */
function holdOfUnread(
  { clock, log }: Pick<RecoverDeps, 'clock' | 'log'>,
  cluster: string,
  unreadable: UnreadableRow[],
): Hold | undefined {
  const reason = unreadWords(unreadable);
  if (reason === undefined) return undefined;
  for (const row of unreadable) log.error('row-unreadable', { ...row, table: 'recoveries' });
  return { cluster, by: 'a row that cannot be read', reason, until: clock.now() + 3_600_000 };
}

/** Undefined: there is none. */
export function unreadWords([first]: UnreadableRow[]): string | undefined {
  if (!first) return undefined;
  return `table recoveries, row ${first.row} of ${first.partition}: ${first.why}. What was tried there is not known`;
}

/** Another app's table: it may stop automation, and never a recovery that people approved. */
async function remembered(deps: RecoverDeps, cluster: string): Promise<ClusterFacts | undefined | 'unread'> {
  try {
    return await deps.facts(cluster);
  } catch (error) {
    deps.log.warn('live-not-read', { cluster, error });
    return 'unread';
  }
}

/** What cannot be read may hold the proof that a process did not restart. */
function unread(sights: NodeSight[]): Disproof[] {
  return sights.map(({ node }) => ({ node, proof: 'what watch remembers of it cannot be read' }));
}

/** Requested before its window and ended inside it: it counts, ms. */
const longestRecoveryMs = 24 * 3_600_000;

function generationOf(found: Escrowed): PlanInput['generation'] {
  if (found.state === 'none') return { state: 'none' };
  if (found.state === 'unreadable') return { state: 'unreadable', why: found.why };
  const { row, generation, trustChanged } = found;
  const { threshold, count, kind } = generation;
  return { state: 'ready', row: row.value, threshold, count, kind, trustChanged };
}

/**
 * What *watch* knows of a sealed node's process: still the one it saw unsealed. It can only speak against a restart;
 * that it says nothing permits nothing (rule 6).
 */
function disproofsOf(sights: NodeSight[], facts: ClusterFacts | undefined): Disproof[] {
  return sights.flatMap(({ node, state, start }) => {
    const known = facts?.nodes[node];
    if (state.kind !== 'sealed' || !known) return [];
    const { unsealedStart, unsealedConnection } = known;
    if (
      start !== undefined &&
      unsealedStart !== undefined &&
      Math.abs(start - unsealedStart) <= sameStartMs
    ) {
      return [{ node, proof: 'watch saw the same process unsealed (same start time)' }];
    }
    if (known.state === 'sealed' && unsealedConnection) {
      return [{ node, proof: 'watch saw the same process unsealed (same connection)' }];
    }
    return [];
  });
}
