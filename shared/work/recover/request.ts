/** A person (or the sweep's nudge) asks for a recovery: one row, open until it ends. */
import type { Cluster } from '../../fleet/fleet.ts';
import { fleetEntryHash } from '../../people/fleet-entry.ts';
import { reasonProblem, withoutKeys } from '../../people/reason.ts';
import type { Recovery, Way } from '../../recovery/recovery.ts';
import type { RecoverDeps } from './deps.ts';
import { refused, type Said, said } from './said.ts';

export interface Asked {
  kind: Recovery['kind'];
  way: Way;
  /** Person.id, or `app:recover`. */
  by: string;
  byName: string;
  reason: string;
  dryRun: boolean;
  /** Nodes called lost for good. */
  lost: string[];
}

/** How often the row of a recovery that is being worked on is read anew, to end it. */
const mostTries = 5;

/**
 * Opens a recovery and leaves a nudge for its first pass. One a cluster: `busy` names the one that is open.
 *
 * @param takeOver ends the open one first: its pass loses the row and stops before its next request.
 * @param approver whether who asks may approve: only they, and whoever asked for the open one, may end it.
 */
export async function requestRecovery(
  deps: RecoverDeps,
  name: string,
  { takeOver = false, approver = false, ...asked }: Asked & { takeOver?: boolean; approver?: boolean },
): Promise<Said<Recovery>> {
  const cluster = await clusterOf(deps, name);
  if (!cluster) return refused('not-found', `fleet.yaml has no cluster "${name.slice(0, 63)}"`);
  const wrong = reasonProblem(asked.reason);
  if (wrong !== undefined) return refused('invalid', `reason: ${wrong}`);
  const reason = asked.reason.trim();
  if (takeOver && asked.dryRun) {
    return refused('invalid', 'dryRun: a look ends nothing: ask for it without takeOver, once none is open');
  }
  const unknown = asked.lost.filter((node) => !cluster.nodes.some(({ name }) => name === node));
  if (unknown.length > 0) {
    const named = withoutKeys(unknown.join(', ')).slice(0, 200);
    const known = cluster.nodes.map(({ name }) => name).join(', ');
    return refused('invalid', `lost: ${cluster.name} has no node ${named}; it has ${known}`);
  }
  if (takeOver) {
    const ended = await endOpen(deps, cluster.name, { ...asked, reason }, approver);
    if (!ended.ok) return ended;
  }
  const opened = await open(deps, cluster, { ...asked, reason });
  if (opened.ok) await deps.state.nudges.send('steps', cluster.name, 0);
  return opened;
}

/** By If-Match, with its word on record first. None open: nothing to do. */
async function endOpen(
  deps: RecoverDeps,
  cluster: string,
  { by, byName, reason }: Pick<Asked, 'by' | 'byName' | 'reason'>,
  approver: boolean,
): Promise<Said<undefined>> {
  const { clock, state } = deps;
  let told: string | undefined;
  for (let tries = 0; tries < mostTries; tries += 1) {
    const active = await state.recoveries.active(cluster);
    if (!active) return said(undefined);
    if (!approver && active.value.by !== by) {
      return refused(
        'forbidden',
        `takeOver: ${active.value.byName} asked for ${active.value.id}: whoever asked ends it, or who has the role Sealwatch.Approve`,
      );
    }
    const at = clock.now();
    const { lease: _lease, waiting: _waiting, needs: _needs, ...rest } = active.value;
    if (told !== rest.id) {
      const facts = { outcome: 'taken-over' };
      const entry = { at, who: by, name: byName, what: 'ended' as const, cluster, recovery: rest.id };
      await state.audit.write({ ...entry, why: reason, facts });
      told = rest.id;
    }
    const summary = `taken over by ${byName}: ${reason}`;
    const value: Recovery = { ...rest, status: 'ended', ended: { at, outcome: 'taken-over', summary } };
    if ((await state.recoveries.end({ value, etag: active.etag })) === 'ended') return said(undefined);
  }
  return refused('busy', `a pass works on the recovery of ${cluster}, and was faster each time: try again`);
}

/** Opens the row; no nudge: for a pass that goes on with it at once. */
export async function open(deps: RecoverDeps, cluster: Cluster, asked: Asked): Promise<Said<Recovery>> {
  const { clock, state } = deps;
  const recovery: Recovery = {
    id: `${cluster.name}.${deps.newId().replaceAll('-', '').slice(0, 20)}`,
    cluster: cluster.name,
    ...asked,
    requestedAt: clock.now(),
    fleetEntry: fleetEntryHash(cluster),
    status: 'open',
    passes: 0,
    intents: [],
    troubles: [],
    unsealed: [],
  };
  // Who asked is on record before anything can come of it.
  await state.audit.write({
    at: recovery.requestedAt,
    who: recovery.by,
    name: recovery.byName,
    what: 'requested',
    cluster: cluster.name,
    recovery: recovery.id,
    why: recovery.reason,
    facts: { way: recovery.way, kind: recovery.kind, dryRun: recovery.dryRun },
  });
  const opened = await state.recoveries.open(recovery);
  if (opened.opened) return said(recovery);
  return refused('busy', `recovery ${opened.busy} of ${cluster.name} is open: one at a time`);
}

export async function clusterOf(deps: RecoverDeps, name: string): Promise<Cluster | undefined> {
  const { fleet } = await deps.loadFleet();
  return fleet.clusters.find((cluster) => cluster.name === name);
}
