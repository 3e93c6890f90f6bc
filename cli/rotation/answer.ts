/** What rotate answers of rotations, and what is said of it on a terminal. Pure. */
import { z } from 'zod';
import { plain } from '../api/client.ts';

/** ms, as a date can show it. */
const time = z.number().min(0).max(8.64e15);

/** Looser than what rotate writes: what a newer one adds is passed on by `--json`. */
export const Shown = z.looseObject({
  id: z.string(),
  cluster: z.string(),
  kind: z.string(),
  credential: z.string(),
  stage: z.string(),
  direction: z.string(),
  status: z.string(),
  byName: z.string(),
  reason: z.string(),
  requestedAt: time,
  consumers: z.array(z.string()),
  fresh: z.string().optional(),
  old: z.string().optional(),
  sinks: z.array(z.looseObject({ name: z.string(), holds: z.string(), where: z.string().optional() })),
  waiting: z.looseObject({ what: z.string(), since: time, overdue: z.boolean() }).optional(),
  failing: z
    .looseObject({ what: z.string(), message: z.string(), since: time, times: z.number() })
    .optional(),
  needs: z.looseObject({ why: z.string(), missing: z.int(), hash: z.string() }).optional(),
  inUseAt: time.optional(),
  noWayBack: z.string().optional(),
  ended: z
    .looseObject({ at: time, outcome: z.string(), summary: z.string(), left: z.array(z.string()) })
    .optional(),
});
export type Shown = z.infer<typeof Shown>;

export const All = z.looseObject({ rotations: z.array(Shown), unreadable: z.array(z.string()) });

/** A line: where it is, and what it waits for. */
export function lineOf(shown: Shown): string {
  const { id, kind, cluster, stage, waiting, needs, ended } = shown;
  const head = `${id}: ${kind} of ${cluster}, ${stage}${back(shown)}`;
  if (ended) return plain(`${head}, ended ${iso(ended.at)}, ${ended.outcome}: ${ended.summary}`);
  if (needs) return plain(`${head}: needs approval by ${people(needs.missing)}: ${needs.why}`);
  if (!waiting) return plain(`${head}: a turn is under way, or comes within a minute`);
  return plain(`${head}: waits for ${waiting.what}${waiting.overdue ? ' (overdue)' : ''}`);
}

export function describe(shown: Shown): string[] {
  const { id, cluster, kind, credential, stage, status, requestedAt, byName, reason, consumers } = shown;
  const { fresh, old, sinks, waiting, failing, needs, inUseAt, noWayBack, ended } = shown;
  return [
    `${id}: ${kind} of ${cluster}, ${stage}${back(shown)}, ${status}`,
    `  ${credential}; used by ${consumers.join(', ')}`,
    `  asked ${iso(requestedAt)} by ${byName}: ${reason}`,
    ...(fresh === undefined ? [] : [`  new: ${fresh}`]),
    ...(old === undefined ? [] : [`  before: ${old}`]),
    ...sinks.map(
      ({ name, holds, where }) => `  sink ${name}: ${holds}${where === undefined ? '' : ` (${where})`}`,
    ),
    ...(waiting
      ? [`  waits for ${waiting.what}, since ${iso(waiting.since)}${waiting.overdue ? ': overdue' : ''}`]
      : []),
    ...(failing
      ? [`  failing since ${iso(failing.since)} (${failing.what}, ${failing.times}): ${failing.message}`]
      : []),
    ...(needs ? [`  needs approval by ${people(needs.missing)}: ${needs.why}`] : []),
    ...(inUseAt === undefined ? [] : [`  in use by every node since ${iso(inUseAt)}`]),
    ...(ended
      ? [
          `  ended ${iso(ended.at)}, ${ended.outcome}: ${ended.summary}`,
          ...ended.left.map((line) => `    left for people: ${line}`),
        ]
      : noWayBack === undefined
        ? []
        : [`  no way back: ${noWayBack}`]),
  ].map(plain);
}

function back({ direction }: Shown): string {
  return direction === 'back' ? ' (rolling back)' : '';
}

function people(missing: number): string {
  return missing === 1 ? 'one person' : `${missing} people`;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
