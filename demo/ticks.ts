/** How long a detection took, and how much of it was waiting for the timer. */

/** The demo's own pace; the default of an installation is 30 s. */
export const tickSeconds = 5;
export const schedule = `*/${tickSeconds} * * * * *`;

/** From `at` to the next run of the schedule, ms. Both timers go by the wall clock. */
export function untilNextTick(at: number): number {
  const tick = tickSeconds * 1000;
  return tick - (at % tick);
}

/**
 * "3.4 s after the kill (2.9 s of it waiting for the next 5 s tick)".
 *
 * @param actedAt,seenAt wall clock, ms.
 */
export function afterHowLong(act: string, actedAt: number, seenAt: number): string {
  const taken = seenAt - actedAt;
  const waited = untilNextTick(actedAt);
  const why =
    taken < waited
      ? 'a sweep was just under way'
      : `${seconds(waited)} of it waiting for the next ${tickSeconds} s tick`;
  return `${seconds(taken)} after ${act} (${why})`;
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
