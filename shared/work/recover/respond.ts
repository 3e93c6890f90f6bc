/** What people say of a recovery or a cluster: approve, reject, hold. Each word is on record before it counts. */
import { approverProblem } from '../../approvals.ts';
import { approve, bindingHash } from '../../people/approvals.ts';
import { fleetEntryHash } from '../../people/fleet-entry.ts';
import type { Approval, Person } from '../../people/person.ts';
import { reasonProblem } from '../../people/reason.ts';
import type { Recovery } from '../../recovery/recovery.ts';
import type { Stored } from '../../state/ports.ts';
import type { RecoverDeps } from './deps.ts';
import { clusterOf } from './request.ts';
import { refused, type Said, said } from './said.ts';

/** The longest hold, ms: a hold that nobody remembers would switch recovery off for good. */
const longestHold = 7 * 24 * 3_600_000;

/** `CLUSTER.RANDOM`: the partition is in the id. */
export async function findRecovery(deps: RecoverDeps, id: string): Promise<Stored<Recovery> | undefined> {
  const cluster = /^([a-z][a-z0-9-]{0,62})\.[0-9a-z]{1,40}$/.exec(id)?.[1];
  return cluster === undefined ? undefined : deps.state.recoveries.read(cluster, id);
}

/**
 * Approves exactly what the recovery said it needs (rule 7). A plan that changed since asks anew: what is approved is
 * what the person was shown, not what the cluster needs by now.
 *
 * @param shown `bindingHash` of what the person looked at (`needs.hash` of `showRecovery`).
 */
export async function approveRecovery(
  deps: RecoverDeps,
  id: string,
  person: Person,
  shown: string,
): Promise<Said<Approval>> {
  const stored = await findRecovery(deps, id);
  if (!stored) return refused('not-found', 'there is no such recovery');
  const { value: recovery } = stored;
  if (recovery.status !== 'open') return refused('conflict', 'this recovery has ended');
  const { needs } = recovery;
  if (!needs) return refused('conflict', 'this recovery asks for no approval now: look at it again');
  const { binding } = needs;
  if (bindingHash(binding) !== shown) {
    return refused('conflict', 'it asks for something else than you were shown: look at it again');
  }
  const cluster = await clusterOf(deps, recovery.cluster);
  if (!cluster) return refused('conflict', `${recovery.cluster} is not in fleet.yaml any more`);
  if (fleetEntryHash(cluster) !== binding.fleetEntry) {
    return refused('conflict', `the entry of ${cluster.name} in fleet.yaml changed: look at the plan again`);
  }
  const { needed } = needs.approvals;
  const wrong = approverProblem(person.id, binding, { needed, requester: recovery.by });
  if (wrong !== undefined) return refused('forbidden', wrong);
  const approval = approve(person, binding, deps.clock.now());
  await deps.state.audit.write({
    at: approval.at,
    who: person.id,
    name: person.name,
    what: 'approved',
    cluster: cluster.name,
    recovery: id,
    why: needs.why,
    facts: {
      steps: binding.steps.join(' '),
      fleetEntry: binding.fleetEntry,
      generation: binding.generation?.generation ?? 0,
      revision: binding.generation?.revision ?? 0,
      ...(binding.trust !== undefined && { trust: binding.trust }),
    },
  });
  await deps.state.approvals.save(approval);
  await deps.state.nudges.send('steps', cluster.name, 0);
  return said(approval);
}

/** Ends a recovery by a person's word. A pass that works on it loses its row and stops before its next request. */
export async function rejectRecovery(
  deps: RecoverDeps,
  id: string,
  person: Person,
  words: string,
): Promise<Said<Recovery>> {
  const wrong = reasonProblem(words);
  if (wrong !== undefined) return refused('invalid', `reason: ${wrong}`);
  const reason = words.trim();
  const stored = await findRecovery(deps, id);
  if (!stored) return refused('not-found', 'there is no such recovery');
  if (stored.value.status !== 'open') return refused('conflict', 'this recovery has ended');
  const at = deps.clock.now();
  const { cluster } = stored.value;
  await deps.state.audit.write({
    at,
    who: person.id,
    name: person.name,
    what: 'rejected',
    cluster,
    recovery: id,
    why: reason,
    facts: {},
  });
  const { lease: _lease, ...rest } = stored.value;
  const ended: Recovery = {
    ...rest,
    status: 'ended',
    ended: { at, outcome: 'rejected', summary: `rejected by ${person.name}: ${reason}` },
  };
  const done = await deps.state.recoveries.end({ value: ended, etag: stored.etag });
  if (done === 'conflict') return refused('busy', 'a pass is working on it: try again');
  await deps.state.nudges.send('probe', cluster, 0);
  return said(ended);
}

/** @param until ms. */
export async function setHold(
  deps: RecoverDeps,
  name: string,
  person: Person,
  words: { until: number; reason: string },
): Promise<Said<{ cluster: string; until: number }>> {
  const cluster = await clusterOf(deps, name);
  if (!cluster) return refused('not-found', `fleet.yaml has no cluster "${name.slice(0, 63)}"`);
  const at = deps.clock.now();
  if (!Number.isFinite(words.until) || words.until <= at || words.until > at + longestHold) {
    return refused('invalid', 'until: a time in the future, at most 7 days from now');
  }
  const wrong = reasonProblem(words.reason);
  if (wrong !== undefined) return refused('invalid', `reason: ${wrong}`);
  const reason = words.reason.trim();
  await deps.state.audit.write({
    at,
    who: person.id,
    name: person.name,
    what: 'hold-set',
    cluster: cluster.name,
    why: reason,
    facts: { until: new Date(words.until).toISOString() },
  });
  await deps.state.holds.set({ cluster: cluster.name, by: person.name, reason, until: words.until, at });
  await deps.state.nudges.send('probe', cluster.name, 0);
  return said({ cluster: cluster.name, until: words.until });
}

export async function endHold(
  deps: RecoverDeps,
  name: string,
  person: Person,
): Promise<Said<{ cluster: string }>> {
  const cluster = await clusterOf(deps, name);
  if (!cluster) return refused('not-found', `fleet.yaml has no cluster "${name.slice(0, 63)}"`);
  await deps.state.audit.write({
    at: deps.clock.now(),
    who: person.id,
    name: person.name,
    what: 'hold-ended',
    cluster: cluster.name,
    why: 'ended by hand',
    facts: {},
  });
  const ended = await deps.state.holds.end(cluster.name);
  if (ended === 'none') return refused('not-found', `no hold stands on ${cluster.name}`);
  await Promise.all([
    deps.state.nudges.send('probe', cluster.name, 0),
    deps.state.nudges.send('steps', cluster.name, 0),
  ]);
  return said({ cluster: cluster.name });
}
