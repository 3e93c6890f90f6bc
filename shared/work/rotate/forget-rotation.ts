/** A person ends an open rotation that no turn can go on with: fleet.yaml does not have its cluster, or means another credential. */
import type { Person } from '../../people/person.ts';
import { reasonProblem } from '../../people/reason.ts';
import type { Rotation } from '../../rotation/rotation.ts';
import { refused, type Said, said } from '../recover/said.ts';
import type { RotateDeps } from './deps.ts';
import { leftByHand } from './left-by-hand.ts';
import { credentialNow, find } from './rotation-row.ts';
import { type ShownRotation, shownRotation } from './show-rotations.ts';

/** How often a row that somebody else changes is read anew. */
const mostTries = 5;

/**
 * Ends the row as failed and frees its locks; changes nothing at a provider or a sink. What may live there is named in
 * `ended.left`, and stays with people. On record first (rule 10).
 */
export async function forgetRotation(
  deps: RotateDeps,
  id: string,
  person: Person,
  reason: string,
): Promise<Said<ShownRotation>> {
  const problem = reasonProblem(reason);
  if (problem !== undefined) return refused('invalid', `reason: ${problem}`);
  for (let tries = 0; tries < mostTries; tries += 1) {
    const answer = await forget(deps, id, person, reason.trim());
    if (answer !== 'conflict') return answer;
  }
  return refused('busy', `somebody works on ${id.slice(0, 100)}: try again in a minute`);
}

async function forget(
  deps: RotateDeps,
  id: string,
  person: Person,
  reason: string,
): Promise<Said<ShownRotation> | 'conflict'> {
  const stored = await find(deps, id);
  if (!stored) return refused('not-found', `there is no rotation ${id.slice(0, 100)}`);
  const { value, etag } = stored;
  const refusal = await mustStay(deps, value);
  if (refusal) return refusal;
  const now = deps.clock.now();
  const forgotten = ended(value, person, reason, now);
  await record(deps, value, person, reason);
  if ((await deps.state.rotations.end({ value: forgotten, etag })) === 'conflict') return 'conflict';
  deps.log.warn('rotation-forgotten', { cluster: value.cluster, rotation: value.id, by: person.id });
  return said(shownRotation(forgotten, now));
}

/** While fleet.yaml has the cluster and means the same, its turns end it: forgotten, what it made would live on for no reason. */
async function mustStay(
  deps: RotateDeps,
  { id, cluster, kind, credential, status, ended, lease }: Rotation,
): Promise<Said<never> | undefined> {
  if (status === 'ended') return refused('conflict', `${id} has ended: ${ended?.summary ?? ''}`);
  const { fleet } = await deps.loadFleet();
  const entry = fleet.clusters.find(({ name }) => name === cluster);
  // Where it means another credential by now, no turn touches this one.
  if (entry && credentialNow(entry, kind) === credential)
    return refused(
      'conflict',
      `fleet.yaml has ${cluster}, so ${id} goes on: roll it back, or take the cluster out first`,
    );
  if (lease && lease.until > deps.clock.now())
    return refused('busy', `a turn works on ${id}: try again in a minute`);
  return undefined;
}

function ended(rotation: Rotation, { name }: Person, reason: string, at: number): Rotation {
  const { needs: _needs, lease: _lease, waiting: _waiting, failing: _failing, ...rest } = rotation;
  const summary = `forgotten by ${name.slice(0, 200)}, at stage ${rotation.stage}: ${reason}`;
  return {
    ...rest,
    status: 'ended',
    ended: { at, outcome: 'failed', summary, left: leftByHand(rotation) },
  };
}

async function record(
  { state, clock }: RotateDeps,
  { cluster, id, kind, stage, fresh, old }: Rotation,
  { id: who, name }: Person,
  why: string,
): Promise<void> {
  await state.audit.write({
    at: clock.now(),
    who,
    name,
    what: 'forgotten',
    cluster,
    rotation: id,
    why,
    facts: { kind, stage, ...(fresh && { fresh: fresh.ref }), ...(old && { old: old.ref }) },
  });
}
