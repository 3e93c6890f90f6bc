/** How a turn ends with a rotation's row: given back, waiting for something; or ended for good. */
import { clip } from '../../../alert/text.ts';
import type { Cluster } from '../../../fleet/fleet.ts';
import type { RotationPlan } from '../../../rotation/plan/say.ts';
import { overdueAt } from '../../../rotation/plan/wait.ts';
import type { Rotation, RotationFailure } from '../../../rotation/rotation.ts';
import type { RotateDeps } from '../deps.ts';
import type { HeldRotation } from './held.ts';

/** Longer waits are for the timer, which looks at every open rotation: nudges are for the near future, ms. */
const longestNudge = 10 * 60_000;
/** Where no plan said how long is too long, ms. */
const unknownMs = 24 * 3_600_000;
/** Pauses after a step that failed, by how often it did in a row, ms. */
const pauses = [30_000, 60_000, 120_000, 300_000, 600_000];

/** Whoever writes it, a row has room for it: what cannot be stored would end every turn. */
const longestText = 1_000;
const mostLines = 20;

type Deps = Pick<RotateDeps, 'state' | 'clock' | 'log'>;

/** `ms`: until it is looked at again. */
export async function giveBack(
  deps: Deps,
  held: HeldRotation,
  {
    what: whole,
    ms,
    overdueAt: until,
    needs: wanted,
  }: { what: string; ms: number; overdueAt?: number; needs?: Rotation['needs'] },
): Promise<void> {
  const { value } = held;
  const what = clip(whole, longestText);
  const needs = wanted && { ...wanted, why: clip(wanted.why, longestText) };
  const now = deps.clock.now();
  const before = told(value);
  const waiting = {
    what,
    since: value.waiting?.what === what ? value.waiting.since : now,
    until: now + ms,
    overdueAt: until ?? value.waiting?.overdueAt ?? now + unknownMs,
  };
  await held.release({ waiting, ...(needs && { needs }) }, needs ? [] : ['needs']);
  // A turn that came early leaves the nudge that is on its way: one more each time would become a storm.
  const coming = value.waiting?.until ?? 0;
  const isComing = coming > now && coming <= now + ms;
  if (ms <= longestNudge && !isComing) await nudge(deps, 'turns', value.cluster, ms);
  if (told(held.value) !== before) await nudge(deps, 'probe', value.cluster, 0);
}

/** A step did not succeed: told, and tried again after a pause that grows. */
export async function failed(
  { deps, cluster: entry }: { deps: Deps; cluster: Cluster },
  held: HeldRotation,
  what: RotationPlan['do'],
  { code, detail }: { code: RotationFailure; detail: string },
): Promise<'stop'> {
  const { failing, cluster, id } = held.value;
  const now = deps.clock.now();
  // One that was made anew because the last one never worked has the same trouble still.
  const same = failing?.what === what || failing?.what === 'discard';
  const times = same ? failing.times + 1 : 1;
  const since = same ? failing.since : now;
  deps.log.warn('rotation-step-failed', { cluster, rotation: id, what, code, detail, times });
  await held.update({ failing: { what, code, message: clip(detail, 500), since, times } });
  const ms = pauses[Math.min(times, pauses.length) - 1] ?? longestNudge;
  await giveBack(deps, held, {
    what: `another try: ${clip(detail, 400)}`,
    ms,
    overdueAt: overdueAt({ rotation: held.value, cluster: entry, now }),
  });
  return 'stop';
}

export async function finish(
  deps: Deps,
  held: HeldRotation,
  { outcome, summary: whole, left: lines }: Extract<RotationPlan, { do: 'finish' }>,
): Promise<void> {
  const summary = clip(whole, longestText);
  const left = clipped(lines);
  const { id, cluster, by, byName, reason } = held.value;
  const at = deps.clock.now();
  const facts = { outcome, summary };
  await deps.state.audit.write({
    at,
    who: by,
    name: byName,
    what: 'ended',
    cluster,
    rotation: id,
    why: reason,
    facts,
  });
  await held.end({ at, outcome, summary, left });
  deps.log.info('rotation-ended', { cluster, rotation: id, outcome, summary });
  await nudge(deps, 'probe', cluster, 0);
}

function clipped(lines: readonly string[]): string[] {
  const kept = lines.slice(0, mostLines).map((line) => clip(line, longestText));
  const more = lines.length - kept.length;
  return more > 0 ? [...kept, `… and ${more} more`] : kept;
}

/** What the sweep makes messages of. */
function told({ needs, waiting, failing, stage, direction }: Rotation): string {
  return JSON.stringify([needs?.why, waiting?.what, failing?.times, stage, direction]);
}

/** The row is stored: without its nudge the timer comes by. */
async function nudge(
  { state, log }: Deps,
  queue: 'turns' | 'probe',
  cluster: string,
  ms: number,
): Promise<void> {
  await state.nudges
    .send(queue, cluster, Math.max(0, ms))
    .catch((error: unknown) => log.warn('nudge-not-sent', { queue, cluster, error }));
}
