/** What people say of rotations: run one, confirm, roll back, approve. Each word is on record before it counts. */

import { approvalLifeMs } from '../../approvals.ts';
import { canonicalHash } from '../../people/canonical-hash.ts';
import type { Person } from '../../people/person.ts';
import { reasonProblem } from '../../people/reason.ts';
import { mayApprove } from '../../rotation/plan/approval.ts';
import { inUse } from '../../rotation/plan/in-use.ts';
import { policyOf } from '../../rotation/plan/policy.ts';
import { type KindName, kindNames, type Rotation } from '../../rotation/rotation.ts';
import type { RotationAudit } from '../../state/rotate-ports.ts';
import { refused, type Said, said } from '../recover/said.ts';
import type { RotateDeps } from './deps.ts';
import { find, noWayBack } from './rotation-row.ts';
import { consumersOf } from './seal-cycles.ts';
import { type ShownRotation, shownRotation } from './show-rotations.ts';
import { endMayCome } from './turn/irrevocable.ts';
import { takeTurn } from './turn.ts';

/** How often a row that a turn works on is read anew. */
const mostTries = 5;
const pauseMs = 1_000;
/** Of the first turn, for which a person waits, ms: the route has 60 s. */
const firstTurnMs = 40_000;
/** That a word can name: a row has room for no more. */
const mostNodes = 1_000;

/** Begins a rotation now, whether it is due or not; the answer is its row after the first turn. */
export async function runRotation(
  deps: RotateDeps,
  name: string,
  kind: KindName,
  person: Person,
  reason: string,
): Promise<Said<ShownRotation>> {
  const { fleet } = await deps.loadFleet();
  const cluster = fleet.clusters.find((candidate) => candidate.name === name);
  if (!cluster) return refused('not-found', `fleet.yaml has no cluster "${name.slice(0, 63)}"`);
  const wrong = reasonProblem(reason);
  if (wrong !== undefined) return refused('invalid', `reason: ${wrong}`);
  if (!policyOf(cluster, kind)) {
    const known = kindNames.filter((other) => policyOf(cluster, other));
    const what = known.length === 0 ? 'none' : known.join(', ');
    return refused(
      'invalid',
      `kind: fleet.yaml asks for no rotation of that kind of ${name}; it asks for: ${what}`,
    );
  }
  const asked = { by: person.id, byName: person.name, reason: reason.trim() };
  const end = await takeTurn(deps, fleet, cluster, kind, { asked, forMs: firstTurnMs });
  switch (end.state) {
    case 'nothing':
    case 'refused':
      return refused('busy', end.why);
    case 'open':
    case 'ended':
      return said(shownRotation(end.rotation, deps.clock.now()));
  }
}

function wordOf(
  { clock }: Pick<RotateDeps, 'clock'>,
  { id: by, name: byName }: Person,
  reason: string,
  direction: Rotation['direction'],
): NonNullable<Rotation['confirmed']> {
  return { by, byName, at: clock.now(), why: reason.trim(), direction };
}

/**
 * A person's word that every node uses the new one (or, of a rollback, the old one again): for nodes whose start times are
 * not seen. One that is seen to run since before uses the other whatever anybody says. Of a rollback whose old value no slot
 * holds: that every sink was given it by hand.
 */
export async function confirmRotation(
  deps: RotateDeps,
  id: string,
  person: Person,
  reason: string,
): Promise<Said<ShownRotation>> {
  return change(deps, id, person, reason, 'confirmed', async (rotation) => {
    const { stage, direction, restoredAt } = rotation;
    const byHand = direction === 'back' && restoredAt === undefined;
    if (byHand) return said({ ...rotation, confirmed: wordOf(deps, person, reason, direction) });
    if (direction === 'forward' && stage !== 'verified')
      return refused(
        'conflict',
        `${id} is not yet where every node can use it: it waits for ${rotation.waiting?.what ?? 'its next turn'}`,
      );
    const { fleet } = await deps.loadFleet();
    const cluster = fleet.clusters.find(({ name }) => name === rotation.cluster);
    if (!cluster) return leftOpen(rotation);
    // As a turn sees them: who came to use it since counts, too.
    const consumers = consumersOf(fleet, cluster, rotation.kind);
    // All that is unseen now: a word that is given again is for those of before, too.
    const { confirmed: _before, ...unconfirmed } = rotation;
    const sights = await Promise.all(consumers.map((consumer) => deps.sight(consumer)));
    const use = inUse(unconfirmed, sights, fleet);
    if (!use.yes && use.older.length > 0)
      return refused(
        'conflict',
        `${use.older.join(', ')} is seen to run since before: it needs a restart, and a word does not replace that`,
      );
    const nodes = use.yes ? [] : use.unseen.slice(0, mostNodes);
    return said({ ...rotation, confirmed: { ...wordOf(deps, person, reason, direction), nodes } });
  });
}

/** Back to the one before: at every stage before the end of the old one. */
export async function rollBackRotation(
  deps: RotateDeps,
  id: string,
  person: Person,
  reason: string,
): Promise<Said<ShownRotation>> {
  return change(deps, id, person, reason, 'rolled-back', async (rotation) => {
    if (rotation.direction === 'back') return refused('conflict', `${id} is being rolled back already`);
    const why = noWayBack(rotation);
    if (why !== undefined) return refused('conflict', why);
    const ms = endMayCome(rotation, rotation.old?.ref, deps.clock.now());
    if (ms > 0)
      return refused(
        'busy',
        `${id} asked for the end of the old one, and has no answer yet: try again in ${Math.ceil(ms / 60_000)} minutes`,
      );
    const { inUseAt: _inUseAt, usedAt: _usedAt, confirmed: _confirmed, needs: _needs, ...rest } = rotation;
    return said({ ...rest, direction: 'back' as const });
  });
}

/** @param shown `needs.hash` of what the person looked at: what changed since is not approved unseen. */
export async function approveRotation(
  deps: RotateDeps,
  id: string,
  person: Person,
  shown: string,
): Promise<Said<ShownRotation>> {
  const stored = await find(deps, id);
  if (!stored) return refused('not-found', `there is no rotation ${id.slice(0, 100)}`);
  const { value: rotation } = stored;
  const { needs } = rotation;
  if (rotation.status !== 'open' || !needs)
    return refused('conflict', `${rotation.id} needs nobody's approval now`);
  const { binding } = needs;
  if (canonicalHash({ ...binding }) !== shown)
    return refused('conflict', `what ${rotation.id} needs has changed since: look again, and approve that`);
  const { fleet } = await deps.loadFleet();
  const cluster = fleet.clusters.find(({ name }) => name === rotation.cluster);
  if (!cluster) return leftOpen(rotation);
  if (!mayApprove(person.id, rotation, needs.needed ?? cluster.recovery.approvals))
    return refused('forbidden', 'two others must approve: whoever asked for it does not count');
  const at = deps.clock.now();
  await record(deps, rotation, person, 'approved', needs.why, { step: binding.step, what: binding.what });
  const { id: by, name } = person;
  await deps.state.rotations.approve({ binding, by, name, at, expiresAt: at + approvalLifeMs });
  await deps.state.nudges.send('turns', rotation.cluster, 0);
  return said(shownRotation(rotation, at));
}

/** By If-Match, never beside a turn: what a turn is about to do was planned without this word. */
async function change(
  deps: RotateDeps,
  id: string,
  person: Person,
  reason: string,
  what: 'confirmed' | 'rolled-back',
  judge: (rotation: Rotation) => Promise<Said<Rotation>>,
): Promise<Said<ShownRotation>> {
  const wrong = reasonProblem(reason);
  if (wrong !== undefined) return refused('invalid', `reason: ${wrong}`);
  for (let tries = 0; tries < mostTries; tries += 1) {
    const stored = await find(deps, id);
    if (!stored) return refused('not-found', `there is no rotation ${id.slice(0, 100)}`);
    const { value, etag } = stored;
    if (value.status === 'ended')
      return refused('conflict', `${value.id} has ended: ${value.ended?.summary ?? ''}`);
    const { fleet } = await deps.loadFleet();
    if (!fleet.clusters.some(({ name }) => name === value.cluster)) return leftOpen(value);
    const now = deps.clock.now();
    if (value.lease && value.lease.until > now) {
      await deps.clock.sleep(pauseMs);
      continue;
    }
    const next = await judge(value);
    if (!next.ok) return next;
    await record(deps, value, person, what, reason.trim(), { kind: value.kind, stage: value.stage });
    const { failing: _failing, waiting: _waiting, ...changed } = next.value;
    const saved = await deps.state.rotations.save({ value: changed, etag });
    if (!saved.saved) continue;
    await deps.state.nudges.send('turns', value.cluster, 0);
    return said(shownRotation(changed, now));
  }
  return refused('busy', `a turn works on ${id.slice(0, 100)}: try again in a minute`);
}

/** No turn would come to do it. */
function leftOpen({ id, cluster }: Rotation): Said<never> {
  return refused(
    'conflict',
    `fleet.yaml does not have ${cluster} any more: put it back first, or forget ${id}`,
  );
}

async function record(
  deps: RotateDeps,
  { cluster, id }: Rotation,
  { id: who, name }: Person,
  what: RotationAudit['what'],
  why: string,
  facts: RotationAudit['facts'],
): Promise<void> {
  const at = deps.clock.now();
  await deps.state.audit.write({ at, who, name, what, cluster, rotation: id, why, facts });
}
