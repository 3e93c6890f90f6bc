/** Back to the one before: first every sink, then every node, and only then does the new one end. */
import type { Rotation } from '../rotation.ts';
import { oldDied } from './died.ts';
import { inUse, settledAt } from './in-use.ts';
import { planUsed } from './last-use.ts';
import { listed } from './names.ts';
import { nextSink } from './next-sink.ts';
import { planUnseen } from './orphan.ts';
import { isSecret, sinkNames } from './policy.ts';
import { elsewhere } from './reads.ts';
import type { RotationInput, RotationPlan } from './say.ts';
import { inAWhile, lastWrite, minutes, notInUse, overdueAt, settleMs } from './wait.ts';

export function planBack(input: RotationInput, rotation: Rotation): RotationPlan {
  const { orphans } = input;
  if (!rotation.fresh) return rotation.creating ? afterDeath(input, orphans) : done('nothing had been made');
  if (!isSecret(rotation.kind))
    return done(`version ${rotation.fresh.ref} stays, and does no harm: older versions decrypt as before`);
  const given = Object.entries(rotation.sinks).filter(([, { startedAt }]) => startedAt !== undefined);
  if (given.length === 0) return endFresh(rotation, 'no sink was given it', []);
  const names = sinkNames(input.cluster, rotation.kind);
  const known = given.map(([name]) => name).filter((name) => names.includes(name));
  if (known.length === 0) return endFresh(rotation, 'no sink has it', names);
  return oldDied(input, rotation, known) ?? restore(input, rotation, known) ?? leave(input, rotation, names);
}

function afterDeath(input: RotationInput, orphans: RotationInput['orphans']): RotationPlan {
  if (!orphans?.ok) return inAWhile(input, 'seeing what a turn left that died', minutes(5));
  const { value } = orphans;
  switch (value.state) {
    case 'known':
      return value.end.length > 0
        ? { do: 'discard', refs: value.end, why: 'a turn that died made it' }
        : { do: 'forget-creation', why: 'the turn that died made nothing' };
    case 'adopt':
      return { do: 'forget-creation', why: 'a version of a key stays, and does no harm' };
    case 'unseen':
      return planUnseen(input, value, true);
  }
}

function restore(
  input: RotationInput,
  rotation: Rotation,
  given: readonly string[],
): RotationPlan | undefined {
  const { held, oldAtHand } = input;
  let unread: RotationPlan | undefined;
  const needs: string[] = [];
  for (const name of given) {
    const what = held[name];
    if (what && !what.ok) {
      unread ??= inAWhile(input, `reading sink ${name}: ${what.detail}`, minutes(2));
      continue;
    }
    // By us; or, where we have not got it, by a person who says so: what it holds shows only that it is the new one no more.
    const wasPutBack =
      rotation.sinks[name]?.restoredAt !== undefined ||
      (rotation.confirmed?.direction === 'back' && !oldAtHand);
    if (wasPutBack && (what === undefined || what.value !== 'fresh')) continue;
    if (!oldAtHand)
      return inAWhile(
        input,
        'the value of the old one, which no slot holds any more: put it into the sinks by hand, then confirm',
        minutes(10),
      );
    needs.push(name);
  }
  const next = nextSink(input, rotation, needs);
  if (next !== undefined) return { do: 'restore', sink: next, why: 'it was given the new one' };
  if (unread) return unread;
  const notThere = elsewhere(input, (value) => value !== 'fresh', 'old');
  if (notThere) return notThere;
  return rotation.restoredAt === undefined
    ? { do: 'restored', why: 'every sink has the old one again' }
    : undefined;
}

function leave(input: RotationInput, rotation: Rotation, names: readonly string[]): RotationPlan {
  const { consumers, cluster, now } = input;
  if (rotation.reached.retired !== undefined) return endFresh(rotation, 'it has ended', names);
  const use = inUse(rotation, consumers, input.fleet);
  if (!use.yes) return notInUse(input, rotation, use);
  const used = planUsed(input, rotation);
  if (used) return used;
  if (rotation.inUseAt === undefined) return { do: 'in-use', why: 'no node uses the new one' };
  const until = rotation.inUseAt + (cluster.rotation?.graceMs ?? 0);
  if (now < until) return { do: 'wait', what: 'the grace time', until, overdueAt: overdueAt(input) };
  // A write of it whose answer never came may still land.
  const settled = lastWrite(rotation) + settleMs;
  if (now < settled) return inAWhile(input, 'writes that may still land', settled - now);
  // Who started before any sink had it is in use at once; who restarts now may still read a copy of it.
  const copied = settledAt(rotation.sinks);
  if (now < copied)
    return inAWhile(input, 'copies of the new one to be replaced by the old one', copied - now);
  return endFresh(rotation, 'no node uses it', names);
}

/** @param names of the sinks that fleet.yaml has. */
function endFresh(rotation: Rotation, why: string, names: readonly string[]): RotationPlan {
  // Its end is on record in the row: `retired` is reached by a rollback, too.
  if (rotation.reached.retired !== undefined || !rotation.fresh) return done('the new one has ended');
  const still = Object.entries(rotation.sinks)
    .filter(([name, { startedAt }]) => startedAt !== undefined && !names.includes(name))
    .map(([name]) => name);
  // Nothing here can put the old one back there: what may be read from it stays alive (rule 9).
  if (still.length > 0)
    return done('the new one was left alive', [
      `${rotation.fresh.ref} was not ended: sink ${listed(still)}, which is not in fleet.yaml any more, was given it. Put the old one back there, then end it by hand.`,
    ]);
  return { do: 'end-fresh', ref: rotation.fresh.ref, why };
}

function done(summary: string, left: string[] = []): RotationPlan {
  return { do: 'finish', outcome: 'rolled-back', summary: `rolled back: ${summary}`, left };
}
