/** One rotation in lines for people: where it is, what is in use where, what ends its wait, whether it can go back. */
import { clip, oneLine } from '../../alert/text.ts';
import { isSecret } from '../../rotation/plan/policy.ts';
import type { RotationPlan } from '../../rotation/plan/say.ts';
import type { Rotation, SinkRecord, Stage } from '../../rotation/rotation.ts';
import { noWayBack } from '../rotate/rotation-row.ts';

const stages: readonly Stage[] = ['due', 'created', 'delivered', 'verified', 'retired'];
const textLength = 200;
/** Evidence has to end somewhere. */
const shownSinks = 4;

/** A time of a row, which may hold any number. */
export function iso(ms: number): string {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : 'never';
}

/** "rollback of token of payments at root" */
export function nameText({ credential, direction }: Pick<Rotation, 'credential' | 'direction'>): string {
  const what = clip(oneLine(credential), textLength);
  return direction === 'back' ? `rollback of ${what}` : what;
}

/** "token of payments at root: waits since 2026-11-15 00:01 UTC for a restart of payments/vault-2, to use the new one" */
export function waitText(rotation: Rotation): string {
  const { waiting, stage } = rotation;
  if (!waiting)
    return `${nameText(rotation)}: does not go on from stage ${stage} since ${minuteText(reachedLast(rotation))}`;
  const what = clip(oneLine(waiting.what), textLength);
  return `${nameText(rotation)}: waits since ${minuteText(waiting.since)} for ${what}`;
}

function minuteText(ms: number): string {
  const [date = '', time = ''] = iso(ms).split('T');
  return time === '' ? date : `${date} ${time.slice(0, 5)} UTC`;
}

/** When it got as far as it is, ms. */
export function reachedLast({ requestedAt, reached, inUseAt, restoredAt }: Rotation): number {
  return Math.max(requestedAt, ...Object.values(reached), inUseAt ?? 0, restoredAt ?? 0);
}

/** Lines of evidence, the most telling first. */
export function factsOf(rotation: Rotation): string[] {
  return [inUseText(rotation), ...failingTexts(rotation), idText(rotation), reachedText(rotation)];
}

function idText({ id, kind, stage, by, byName, reason, direction }: Rotation): string {
  const who = by === 'app:rotate' ? 'begun by itself' : `asked for by ${clip(oneLine(byName), 80)}`;
  const back = direction === 'back' ? ', going back' : '';
  return `Rotation ${id} (${kind}), stage ${stage}${back}; ${who}: ${clip(oneLine(reason), textLength)}`;
}

function reachedText({ reached, inUseAt, restoredAt }: Rotation): string {
  const times = [
    ...stages.flatMap((stage) => {
      const at = reached[stage];
      return at === undefined ? [] : [`${stage} ${iso(at)}`];
    }),
    ...(inUseAt === undefined ? [] : [`in use ${iso(inUseAt)}`]),
    ...(restoredAt === undefined ? [] : [`put back ${iso(restoredAt)}`]),
  ];
  return times.length > 0 ? `Reached: ${times.join(', ')}.` : 'Reached: nothing yet.';
}

/** What the next restart reads: for who wonders whether a node may be restarted now. */
function inUseText({ fresh, old, sinks, kind }: Rotation): string {
  const before = old ? `the one before is ${clip(oneLine(old.ref), textLength)}` : 'none before it works';
  if (!fresh)
    return old
      ? `Nothing new was made yet: ${before}.`
      : 'Nothing new was made yet, and what there is does not work.';
  const ref = clip(oneLine(fresh.ref), textLength);
  if (!isSecret(kind)) return `The newest version is ${ref}, ${before}. Older versions decrypt as before.`;
  const given = Object.entries(sinks).filter(([, { startedAt }]) => startedAt !== undefined);
  const names = given
    .slice(0, shownSinks)
    .map(([name, sink]) => `${holds(sink)} from ${clip(oneLine(name), 80)}`);
  const more = given.length > shownSinks ? [`and so on for ${given.length - shownSinks} more`] : [];
  const reads =
    given.length > 0
      ? `A node that restarts now reads ${[...names, ...more].join(', ')}.`
      : 'No sink was given it yet: a node that restarts now reads the one before.';
  return `The new one is ${ref}, ${before}. ${reads}`;
}

function holds({ deliveredAt, restoredAt, settlesAt, where }: SinkRecord): string {
  const which =
    restoredAt !== undefined
      ? 'the old one again'
      : deliveredAt !== undefined
        ? 'the new one'
        : 'the old or the new one';
  const copied = settlesAt === undefined ? [] : [`its copies from ${iso(settlesAt)} on`];
  const more = [...(where === undefined ? [] : [clip(oneLine(where), 80)]), ...copied];
  return more.length === 0 ? which : `${which} (${more.join('; ')})`;
}

function failingTexts({ failing }: Rotation): string[] {
  if (!failing) return [];
  const { what, code, message, since, times } = failing;
  const said = clip(oneLine(message), textLength);
  return [`Fails since ${iso(since)}, ${count(times)} in a row: ${stepText(what)} (${code}): ${said}`];
}

/** Steps of the plan (RotationPlan) in people's words. */
const steps: Partial<Record<RotationPlan['do'], string>> = {
  create: 'making the new one',
  adopt: 'taking over what a killed run made',
  discard: 'ending what no node was given',
  stage: 'keeping the new one beside the old one',
  try: 'trying the new one',
  deliver: 'giving it to a sink',
  verify: 'reading it back from the sinks',
  'step-down': 'the step-down',
  'raise-minimum': 'raising the minimum version',
  restore: 'giving the old one back to a sink',
  'end-old': 'ending the old one',
  'end-fresh': 'ending the new one',
  finish: 'clearing up',
};

export function stepText(what: string): string {
  const known: Partial<Record<string, string>> = steps;
  return known[what] ?? clip(oneLine(what), 80);
}

function count(times: number): string {
  return times === 1 ? 'once' : `${times} times`;
}

/** What leads out of it. Undefined: nothing does any more, or it goes back already. */
export function wayBack(rotation: Rotation): string | undefined {
  const { id, direction, kind, old } = rotation;
  if (direction === 'back' || noWayBack(rotation) !== undefined) return undefined;
  const what = isSecret(kind) && old ? 'To go back to the old one' : 'To give it up';
  return `${what}: sealwatch rotation rollback ${id} --reason "…"`;
}
