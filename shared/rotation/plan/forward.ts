/** From a new credential to the end of the old one. */
import type { Rotation } from '../rotation.ts';
import { died, isDead } from './died.ts';
import { inUse } from './in-use.ts';
import { planUsed } from './last-use.ts';
import { planMinimum } from './minimum.ts';
import { nextSink } from './next-sink.ts';
import { planUnseen } from './orphan.ts';
import { isSecret, policyOf, sinkNames } from './policy.ts';
import { elsewhere } from './reads.ts';
import { rescue } from './rescue.ts';
import type { RotationInput, RotationPlan } from './say.ts';
import { planShut } from './shut.ts';
import { planStepDown } from './step-down.ts';
import { newestVersion } from './versions.ts';
import { hours, inAWhile, lastWrite, minutes, notInUse, overdueAt, settleMs, wasGiven } from './wait.ts';

/** What another hand changed in a sink is not changed back before this, ms: two tools must not fight by the minute. */
const fightMs = hours(1);
/** Entra takes seconds to minutes (AZURE-FACTS); what does not work then never will, ms. */
const propagationMs = minutes(20);
/** What it waits for meanwhile begins so (shared/work/rotate/turn/make.ts). */
const beginsWords = 'the new one to begin to work';
const replicasMs = minutes(1);
/** After so many that never worked, one a day: the cause is not in them. */
const mostDiscards = 2;
const anotherMs = hours(24);

export function planForward(input: RotationInput, rotation: Rotation): RotationPlan {
  const dropped = withoutPolicy(input, rotation);
  if (dropped) return turnsAnyway(input, rotation) ?? dropped;
  switch (rotation.stage) {
    case 'due':
      return make(input, rotation);
    case 'created':
      return died(input, rotation) ?? tryAndDeliver(input, rotation);
    case 'delivered':
      return amiss(input, rotation) ?? { do: 'verify', why: 'every sink has it' };
    case 'verified':
      return amiss(input, rotation) ?? moveOn(input, rotation);
    case 'retired':
      return finish(input, rotation);
  }
}

/** What was delivered is not where it should be, or is dead. */
function amiss(input: RotationInput, rotation: Rotation): RotationPlan | undefined {
  return (
    died(input, rotation) ??
    sinkTrouble(input, rotation) ??
    notThere(input, rotation) ??
    died(input, rotation, 'read')
  );
}

/** fleet.yaml changed under it: nobody says then where the credential belongs. */
function withoutPolicy(input: RotationInput, rotation: Rotation): RotationPlan | undefined {
  const { cluster, kind } = input;
  if (!policyOf(cluster, kind))
    return inAWhile(
      input,
      'fleet.yaml does not ask for this rotation any more: put it back, or roll back',
      minutes(10),
    );
  const names = sinkNames(cluster, kind);
  const gone = Object.keys(rotation.sinks).filter((name) => !names.includes(name));
  if (gone.length === 0) return undefined;
  const what = `sink ${gone.join(', ')} was taken out of fleet.yaml while its rotation is open: put it back, or roll back`;
  return inAWhile(input, what, minutes(10));
}

/** What was delivered is dead, and fleet.yaml still has a sink that can be given another. */
function turnsAnyway(input: RotationInput, rotation: Rotation): RotationPlan | undefined {
  const { stage, sinks } = rotation;
  const names = sinkNames(input.cluster, input.kind);
  const canBeGiven = Object.keys(sinks).some((name) => names.includes(name));
  return canBeGiven && stage !== 'due' && stage !== 'retired' ? died(input, rotation) : undefined;
}

function make(input: RotationInput, rotation: Rotation): RotationPlan {
  const { orphans, freshAtHand, look, cluster, kind } = input;
  if (rotation.fresh) {
    // What was made is named. Whoever held its value either stores it now, or died with it.
    if (!isSecret(kind)) return { do: 'stage', why: 'a key stays where it is' };
    if (freshAtHand) return { do: 'stage', why: 'it was made just now' };
    return {
      do: 'discard',
      refs: [rotation.fresh.ref],
      why: 'the turn that made it died before any sink got it',
    };
  }
  if (rotation.creating) return afterDeath(input, rotation, orphans);
  const pause = pauseAfterDiscards(input, rotation);
  if (pause) return pause;
  // fleet.yaml may have named one since this began.
  const rescued = rescue(input);
  if (rescued !== undefined) return { do: 'refuse', why: rescued };
  if (!look.ok) return inAWhile(input, `seeing it: ${look.detail}`, minutes(5));
  const newest = newestVersion(look.value);
  if (policyOf(cluster, kind)?.follows && newest)
    return {
      do: 'adopt',
      fresh: { ref: newest.version, madeAt: newest.madeAt },
      why: "the vault's own policy made it",
    };
  return { do: 'create', why: 'nothing was made yet' };
}

/** It stays open, so that it is told. */
function pauseAfterDiscards(
  input: RotationInput,
  { discards = 0, failing, waiting }: Rotation,
): RotationPlan | undefined {
  // The one of today could not even be made.
  if (discards < mostDiscards || failing?.what === 'create') return undefined;
  const words = `a day to pass before another is made: ${discards} never worked, and were ended again`;
  const isWaiting = waiting?.what.startsWith(words) === true;
  const ms = isWaiting ? waiting.until - input.now : anotherMs;
  if (ms <= 0) return undefined;
  return inAWhile(input, `${words}${failing ? `: ${failing.message}` : ''}`, ms);
}

function afterDeath(
  input: RotationInput,
  { repairs }: Rotation,
  orphans: RotationInput['orphans'],
): RotationPlan {
  if (!orphans) return { do: 'forget-creation', why: 'nothing was asked for' };
  if (!orphans.ok) return inAWhile(input, `seeing what a turn left that died: ${orphans.detail}`, minutes(5));
  const { value } = orphans;
  switch (value.state) {
    case 'adopt':
      return { do: 'adopt', fresh: value.fresh, why: 'a turn that died made it' };
    case 'unseen':
      return planUnseen(input, value, repairs || isDead(input));
    case 'known':
      return value.end.length > 0
        ? { do: 'discard', refs: value.end, why: 'a turn that died made it, and nobody has its value' }
        : { do: 'forget-creation', why: 'the turn that died made nothing' };
  }
}

function tryAndDeliver(input: RotationInput, rotation: Rotation): RotationPlan {
  const { freshAtHand, kind, now } = input;
  if (isSecret(kind) && !freshAtHand) return lost(input, rotation);
  // Nothing got it: to begin again costs nobody anything.
  const useless = isSecret(kind) && !wasGiven(rotation) ? neverWorks(rotation, now) : undefined;
  if (useless !== undefined && rotation.fresh)
    return { do: 'discard', refs: [rotation.fresh.ref], why: useless };
  if (rotation.triedAt === undefined) return { do: 'try', why: 'no node may read what does not work yet' };
  // One replica of Entra knows it; a node that starts may ask another.
  if (kind === 'entra-secret' && now < rotation.triedAt + replicasMs && !wasGiven(rotation))
    return inAWhile(input, "Entra's other replicas to know it", rotation.triedAt + replicasMs - now);
  const next = nextSink(input, rotation, undelivered(input, rotation));
  if (next !== undefined) return { do: 'deliver', sink: next, why: 'it does not have the new one yet' };
  return { do: 'delivered', why: 'every sink has it' };
}

function undelivered({ cluster, kind }: RotationInput, { sinks }: Rotation): string[] {
  return sinkNames(cluster, kind).filter((name) => sinks[name]?.deliveredAt === undefined);
}

/** By its last try. What is denied, throttled or away says nothing of it: another one would fare no better. */
function neverWorks({ failing, waiting, triedAt, reached, old }: Rotation, now: number): string | undefined {
  const wasTried = failing?.what === 'try' || failing?.what === 'deliver';
  if (wasTried && failing.code === 'dead') return `it is dead: ${failing.message}`;
  if (triedAt !== undefined || old === undefined || failing?.what === 'try') return undefined;
  if (waiting?.what.startsWith(beginsWords) !== true) return undefined;
  const since = Math.max(reached.created ?? now, waiting.since);
  if (now - since <= propagationMs) return undefined;
  return `it did not begin to work within ${propagationMs / 60_000} minutes`;
}

/** No slot holds the new one. Where a sink may have got it, that is settled first. */
function lost(input: RotationInput, rotation: Rotation): RotationPlan {
  const { now, held } = input;
  const unreadable = Object.entries(held).find(([, what]) => !what.ok);
  if (unreadable) return inAWhile(input, `reading sink ${unreadable[0]}, to learn what it holds`, minutes(2));
  const started = Math.max(lastWrite(rotation), rotation.reached.created ?? 0);
  if (now < started + settleMs)
    return inAWhile(input, 'a write that may still land', started + settleMs - now);
  if (!rotation.fresh || wasGiven(rotation))
    return inAWhile(
      input,
      'the value of the new one, which no sink holds any more though one was given it: roll back',
      minutes(10),
    );
  return {
    do: 'discard',
    refs: [rotation.fresh.ref],
    why: 'no slot holds its value any more, and no sink was given it',
  };
}

/** A sink that is new, or that another hand changed. What can be given is given before one is waited for. */
function sinkTrouble(input: RotationInput, rotation: Rotation): RotationPlan | undefined {
  const added = undelivered(input, rotation);
  const why = new Map(added.map((name) => [name, 'fleet.yaml has it now']));
  let wait: RotationPlan | undefined;
  for (const [name, what] of Object.entries(input.held)) {
    if (why.has(name)) continue;
    if (!what.ok) {
      wait ??= inAWhile(input, `reading sink ${name}: ${what.detail}`, minutes(2));
      continue;
    }
    const changedAt = rotation.sinks[name]?.changedAt;
    // Whoever started meanwhile read something else: it counts as given now.
    if (what.value === 'fresh' && changedAt !== undefined)
      why.set(name, 'another hand changed it, and changed it back');
    if (what.value === 'fresh') continue;
    if (changedAt === undefined)
      return { do: 'note-change', sink: name, why: 'it does not hold the new one any more' };
    if (input.now >= changedAt + fightMs) why.set(name, 'it does not hold the new one any more');
    else
      wait ??= inAWhile(
        input,
        `sink ${name}, which another hand changed since it was delivered to: it gets the new one again in an hour`,
        changedAt + fightMs - input.now,
      );
  }
  const next = nextSink(input, rotation, [...why.keys()]);
  return next === undefined ? wait : { do: 'deliver', sink: next, why: why.get(next) ?? '' };
}

/** A webhook that took its message has brought nothing anywhere yet: the next restart would read the old one. */
function notThere(input: RotationInput, rotation: Rotation): RotationPlan | undefined {
  return isSecret(rotation.kind) ? elsewhere(input, (value) => value === 'fresh', 'new') : undefined;
}

function moveOn(input: RotationInput, rotation: Rotation): RotationPlan {
  const { consumers, cluster, now } = input;
  const shut = planShut(input, rotation);
  if (shut) return shut;
  const use = inUse(rotation, consumers, input.fleet);
  if (!use.yes) {
    const step = isSecret(rotation.kind) ? undefined : planStepDown(input, rotation, use.older);
    const isTold = rotation.inUseAt !== undefined || use.voids !== undefined;
    return step === undefined || isTold ? notInUse(input, rotation, use) : step;
  }
  const used = planUsed(input, rotation);
  if (used) return used;
  if (rotation.inUseAt === undefined) return { do: 'in-use', why: 'every node uses the new one' };
  const until = rotation.inUseAt + (cluster.rotation?.graceMs ?? 0);
  if (now < until) return { do: 'wait', what: 'the grace time', until, overdueAt: overdueAt(input) };
  const minimum = planMinimum(input, rotation);
  if (minimum) return minimum;
  if (isSecret(rotation.kind) && rotation.old?.ours === true)
    return {
      do: 'end-old',
      ref: rotation.old.ref,
      why: 'every node uses the new one, and the grace time is over',
    };
  return finish(input, rotation);
}

function finish(input: RotationInput, { kind, old, fresh }: Rotation): RotationPlan {
  const { look } = input;
  const left = look.ok ? look.value.foreign : [];
  if (isSecret(kind)) {
    const end =
      old === undefined
        ? 'there was none before it that worked'
        : old.ours
          ? 'the one before has ended'
          : "the one before is people's own, and was left: end it by hand";
    return { do: 'finish', outcome: 'retired', summary: `every node uses the new one; ${end}`, left };
  }
  const summary = `every consumer wraps with version ${fresh?.ref ?? ''}; older versions stay (rule 11)`;
  return {
    do: 'finish',
    outcome: 'retired',
    summary,
    left: [
      ...left,
      'Older versions may be disabled once no kept snapshot needs them: nothing here deletes or disables one.',
    ],
  };
}
