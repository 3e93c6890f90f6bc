/** One sealed node: whether it may get shares now, later, or not from us. */
import { forgetSets } from '../intents.ts';
import type { PlanInput, RefusalCode, Step } from '../recovery.ts';
import { type Cause, causeOf } from './cause.ts';
import { joinerMs, laterMs, mostBegun, mostSets, retryMs, soonMs } from './limits.ts';
import { misfit } from './misfit.ts';
import type { SealedSight } from './picture.ts';
import { failedAt, isForeign, progressOf, tookOurSet, wasCutShort } from './progress.ts';
import { foreignKey, joinKey, since } from './since.ts';

export type Sealed =
  | { kind: 'ready'; node: string; step: Step; cause: Cause }
  | { kind: 'waits'; node: string; steps: Step[]; what: string; until: number; giveUpAt: number }
  | { kind: 'stuck'; node: string; code: RefusalCode; why: string; remedy: string };

export function judgeSealed(input: PlanInput, sight: SealedSight): Sealed {
  return (
    otherKind(input, sight) ??
    joining(input, sight) ??
    exhausted(input, sight) ??
    foreign(input, sight) ??
    paused(input, sight) ??
    capped(input, sight) ??
    ready(input, sight)
  );
}

function ready(input: PlanInput, sight: SealedSight): Sealed {
  const { node, address, state } = sight;
  const step: Step = { kind: 'unseal-node', node, address, reset: state.seal.progress > 0 };
  const { generation } = input;
  // With a threshold of one, the set may just as well never have been sent.
  const tookSet = generation.state === 'ready' && generation.threshold > 1 && tookOurSet(input, sight);
  return { kind: 'ready', node, step, cause: causeOf(input, sight, tookSet) };
}

/** By its own word no shares of ours open it. The word is one node's: the others are helped (rule 15). */
function otherKind(input: PlanInput, sight: SealedSight): Sealed | undefined {
  const found = misfit(input, sight);
  if (!found) return undefined;
  const { code, says, remedy } = found;
  return { kind: 'stuck', node: sight.node, code, why: `${sight.node}: ${says}`, remedy };
}

/** After the set: `sealed: false`, or it joins and unseals by itself; never a second set meanwhile (rule 3). */
function joining(input: PlanInput, sight: SealedSight): Sealed | undefined {
  const { node } = sight;
  if (!tookOurSet(input, sight)) return undefined;
  const giveUpAt = since(input, joinKey(node)) + joinerMs;
  if (input.now >= giveUpAt) return undefined;
  const what = `${node} took its shares and is about to unseal`;
  return {
    kind: 'waits',
    node,
    steps: [{ kind: 'await-joiner', node }],
    what,
    until: input.now + soonMs,
    giveUpAt,
  };
}

function exhausted(input: PlanInput, sight: SealedSight): Sealed | undefined {
  const { node } = sight;
  const sets = forgetSets(input.recovery, input.nodes, input.notes)[node] ?? 0;
  if (sets < (wasCutShort(input, sight) ? mostBegun : mostSets)) return undefined;
  return {
    kind: 'stuck',
    node,
    code: 'gave-up',
    why: `${node} is sealed after ${sets} sets of shares`,
    remedy: `Read the end of the server log on ${node}, and find out who else sends to its sys/unseal; then request a recovery again.`,
  };
}

/** Somebody may be unsealing by hand: a set in progress is theirs until they had time to end it. */
function foreign(input: PlanInput, sight: SealedSight): Sealed | undefined {
  if (!isForeign(input, sight)) return undefined;
  const { afterMs, then } = input.cluster.recovery.foreignProgress;
  const { node, state } = sight;
  const { progress, t } = state.seal;
  const giveUpAt = since(input, foreignKey(node)) + afterMs;
  const held = `${node} holds ${progress} of ${t} shares that are not known to be ours`;
  if (input.now < giveUpAt) {
    return {
      kind: 'waits',
      node,
      steps: [],
      what: `${held}: somebody may be unsealing it`,
      until: Math.min(giveUpAt, input.now + laterMs),
      giveUpAt,
    };
  }
  if (then === 'reset' || progressOf(input, sight) === 'likely-ours') return undefined;
  return {
    kind: 'stuck',
    node,
    code: 'foreign-progress',
    why: held,
    remedy: `Ask who unseals ${node}. If nobody does: vault operator unseal -reset on it, then request a recovery again.`,
  };
}

function paused(input: PlanInput, { node }: SealedSight): Sealed | undefined {
  const failed = failedAt(input, node);
  if (failed === undefined || input.now >= failed + retryMs) return undefined;
  const until = failed + retryMs;
  return {
    kind: 'waits',
    node,
    steps: [],
    what: `${node} did not take the last set; the next one is due`,
    until,
    giveUpAt: until,
  };
}

function capped({ recovery, budget }: PlanInput, { node }: SealedSight): Sealed | undefined {
  const unseals = budget.unseals[node] ?? 0;
  if (recovery.way !== 'automatic' || unseals < budget.allowedUnseals) return undefined;
  return {
    kind: 'stuck',
    node,
    code: 'restart-cap',
    why: `${node} was unsealed automatically ${unseals} times of late, and comes back sealed again`,
    remedy: `Find out why ${node} restarts: read the end of its server log. A person may still request a recovery.`,
  };
}
