/** At its end, a rotation leaves no live one that it made but the one in use: one whose request came late, say (rule 10). */
import { isSecret } from '../../../rotation/plan/policy.ts';
import type { Did } from '../../../rotation/rotation.ts';
import type { Turn } from './context.ts';
import type { HeldRotation } from './held.ts';
import { endOne } from './irrevocable.ts';

type Refusal = Extract<Did<never>, { ok: false }>;

/** How often it is tried before what is left is for people. */
const mostTries = 3;

/** @returns lines of what may be left; or why it is to be tried again. @throws LostRotation */
export async function endStrays(
  turn: Turn,
  held: HeldRotation,
): Promise<{ ok: true; left: string[] } | Refusal> {
  const { kind, name, deps } = turn;
  const { id, fresh, old, creating, unanswered, requestedAt, failing } = held.value;
  if (!isSecret(name) || !kind.end || (!fresh && !creating && unanswered === undefined))
    return { ok: true, left: [] };
  const isLastTry = failing?.what === 'finish' && failing.times >= mostTries - 1;
  const found = await kind.orphans(id, { at: unanswered ?? creating?.at ?? requestedAt });
  if (!found.ok)
    return isLastTry
      ? { ok: true, left: [`Whether it left any other alive is not seen: ${found.detail}`] }
      : found;
  if (found.value.state !== 'known') {
    // What nobody renewed has ended by then.
    const { value } = found;
    if (value.state === 'adopt' || value.until <= deps.clock.now() || unanswered === undefined)
      return { ok: true, left: [] };
    return { ok: true, left: [`It may have made another one, which nobody holds: ${value.why}`] };
  }
  const left: string[] = [];
  for (const ref of found.value.end.filter((one) => one !== fresh?.ref && one !== old?.ref)) {
    const why = 'this rotation made it, and nobody was given it';
    const ended = await endOne(turn, held, 'end-stray', { ref, why });
    if (ended.ok) continue;
    if (!isLastTry) return ended;
    left.push(`${ref} was not ended, which it made and nobody was given: end it by hand. ${ended.detail}`);
  }
  return { ok: true, left };
}
