/** How long something is waited for, and from when on that is told. */
import type { Rotation } from '../rotation.ts';
import type { RotationInput, RotationPlan } from './say.ts';

export const minutes = (count: number): number => count * 60_000;
export const hours = (count: number): number => count * 3_600_000;

/** A write whose answer never came may still land: only later does a sink's content tell, ms. */
export const settleMs = minutes(5);

/** When the last request to a sink began, ms; 0: none did. */
export function lastWrite({ sinks }: Pick<Rotation, 'sinks'>): number {
  return Math.max(0, ...Object.values(sinks).map(({ startedAt }) => startedAt ?? 0));
}

/** Some sink may hold the new one. */
export function wasGiven({ sinks }: Pick<Rotation, 'sinks'>): boolean {
  return Object.values(sinks).some(({ startedAt }) => startedAt !== undefined);
}

/** Where fleet.yaml does not ask for rotation any more, ms. */
const overdueOtherwise = hours(7 * 24);

/**
 * `what` is for people: what is waited for, and what would end the wait.
 *
 * @param ms until it is looked at again.
 */
export function inAWhile(input: RotationInput, what: string, ms: number): RotationPlan {
  return { do: 'wait', what, until: input.now + ms, overdueAt: overdueAt(input) };
}

/** What was taken for in use is not; or it is waited for. @param voids nodes for which a person's word does not count any more. */
export function notInUse(
  input: RotationInput,
  { inUseAt }: Pick<Rotation, 'inUseAt'>,
  { what, voids }: { what: string; voids?: string[] },
): RotationPlan {
  const more = voids && { voids };
  if (inUseAt !== undefined) return { do: 'not-in-use', why: what, ...more };
  const until = input.now + minutes(5);
  return { do: 'wait', what, until, overdueAt: overdueAt(input), ...more };
}

/** Whatever it waits for by then: counted from the stage that was reached last. */
export function overdueAt({
  rotation,
  cluster,
  now,
}: Pick<RotationInput, 'rotation' | 'cluster' | 'now'>): number {
  const overdueMs = cluster.rotation?.overdueMs ?? overdueOtherwise;
  if (!rotation) return now + overdueMs;
  const since = Math.max(
    rotation.requestedAt,
    ...Object.values(rotation.reached),
    rotation.inUseAt ?? 0,
    rotation.restoredAt ?? 0,
  );
  // The grace time is not a delay.
  const grace = rotation.inUseAt === undefined ? 0 : (cluster.rotation?.graceMs ?? 0);
  return since + grace + overdueMs;
}
