/** One thing at a time, each on record and in the row before it is done (rule 10). */
import type { RotationPlan } from '../../../rotation/plan/say.ts';
import type { Rotation } from '../../../rotation/rotation.ts';
import type { Turn } from './context.ts';
import { storeSinks } from './context.ts';
import { deliver, putBackByHand, restore, turnBack, verify } from './deliver.ts';
import type { HeldRotation } from './held.ts';
import { end, letStepDown, raiseMinimum } from './irrevocable.ts';
import { failed, finish, giveBack } from './leave.ts';
import { create, discard, exercise, stage } from './make.ts';
import { done } from './record.ts';
import { renew } from './renew.ts';
import { endStrays } from './strays.ts';

/** @returns `again`: plan anew at once. @throws LostRotation */
export async function act(turn: Turn, held: HeldRotation, plan: RotationPlan): Promise<'again' | 'stop'> {
  const { deps } = turn;
  const now = deps.clock.now();
  switch (plan.do) {
    case 'create':
      return create(turn, held);
    case 'adopt':
      return done(held, { fresh: plan.fresh });
    case 'forget-creation':
      // What failed before it has not succeeded by that: its pauses go on growing.
      await held.update({ ...(held.value.creating && { unanswered: held.value.creating.at }) }, [
        'creating',
        'needs',
      ]);
      return 'again';
    case 'discard':
      return discard(turn, held, plan);
    case 'stage':
      return stage(turn, held);
    case 'try':
      return exercise(turn, held);
    case 'deliver':
      return deliver(turn, held, plan.sink);
    case 'note-shut':
      return done(held, { shut: plan.shut });
    case 'note-use':
      return done(held, { usedAt: plan.at }, ['inUseAt']);
    case 'note-change': {
      const { sinks } = held.value;
      return done(held, { sinks: { ...sinks, [plan.sink]: { ...sinks[plan.sink], changedAt: now } } }, [
        'inUseAt',
      ]);
    }
    case 'delivered':
      return done(held, { stage: 'delivered', reached: { ...held.value.reached, delivered: now } });
    case 'verify':
      return verify(turn, held);
    case 'in-use':
      return done(held, { inUseAt: now });
    case 'not-in-use':
      return done(held, stillConfirmed(held.value, plan.voids), ['inUseAt']);
    case 'turn-back':
      return turnBack(turn, held, plan.why);
    case 'restore':
      return restore(turn, held, plan.sink);
    case 'restored':
      return done(held, { restoredAt: now, sinks: putBackByHand(turn, held.value, now) }, ['inUseAt']);
    case 'step-down':
      return letStepDown(turn, held, plan);
    case 'raise-minimum':
      return raiseMinimum(turn, held, plan);
    case 'end-old':
    case 'end-fresh':
      return end(turn, held, plan);
    case 'finish':
      return close(turn, held, plan);
    case 'refuse':
      return close(turn, held, { do: 'finish', outcome: 'failed', summary: plan.why, left: [] });
    case 'wait':
      if (plan.voids) await held.update(stillConfirmed(held.value, plan.voids));
      await giveBack(deps, held, { what: plan.what, ms: plan.until - now, overdueAt: plan.overdueAt });
      return 'stop';
    case 'approval': {
      const { why, binding, missing, needed, overdueAt } = plan;
      const who = missing === 1 ? "a person's approval" : "two people's approval";
      await giveBack(deps, held, {
        what: `${who}: ${why}`,
        ms: plan.until - now,
        overdueAt,
        needs: { why, binding, missing, needed },
      });
      return 'stop';
    }
    case 'renew':
      // Whether it helped or not, the rotation goes on.
      await renew(turn, plan);
      return 'again';
    case 'nothing':
    case 'open':
      throw new Error(`a plan for an open rotation: ${plan.do}`);
  }
}

/** A word does not count for a node that was seen to run since before it. */
function stillConfirmed({ confirmed }: Rotation, voids: readonly string[] = []): Partial<Rotation> {
  if (!confirmed?.nodes) return {};
  return { confirmed: { ...confirmed, nodes: confirmed.nodes.filter((node) => !voids.includes(node)) } };
}

/** What slots beside the live one hold is no use any more. Where nothing was made, a sink that is away is no reason to go on. */
async function close(
  turn: Turn,
  held: HeldRotation,
  plan: Extract<RotationPlan, { do: 'finish' }>,
): Promise<'stop'> {
  const wasMade = held.value.fresh?.fingerprint !== undefined;
  const strays = await endStrays(turn, held);
  if (!strays.ok) return failed(turn, held, 'finish', strays);
  for (const store of storeSinks(turn)) {
    for (const slot of ['next', 'previous'] as const) {
      const cleared = await store.clear(slot);
      if (!cleared.ok && wasMade) return failed(turn, held, 'finish', cleared);
    }
  }
  await finish(turn.deps, held, { ...plan, left: [...plan.left, ...strays.left] });
  return 'stop';
}
