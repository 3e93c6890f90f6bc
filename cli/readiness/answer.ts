/** What rotate answers of readiness, and what is said of it on a terminal. Pure. */
import { z } from 'zod';

/** Looser than what rotate writes: what a newer one adds is passed on by `--json`. */
export const Cluster = z.looseObject({
  cluster: z.string(),
  seal: z.string(),
  state: z.string(),
  why: z.string().optional(),
  until: z.string().optional(),
  indirect: z.literal(true).optional(),
  exercised: z.string().optional(),
  evidence: z.array(z.string()),
  problems: z.array(z.looseObject({ code: z.string(), summary: z.string(), advice: z.string().optional() })),
});
export type Cluster = z.infer<typeof Cluster>;

export const Fleet = z.looseObject({ clusters: z.array(Cluster), unreadable: z.array(z.string()) });
export type Fleet = z.infer<typeof Fleet>;

/** What there is nothing to do about now. A `stale` answer is no good news: rotate should have exercised it since. */
const calm: ReadonlySet<string> = new Set(['ready', 'unknown', 'never']);

export function isCalm({ clusters, unreadable }: Fleet): boolean {
  return unreadable.length === 0 && clusters.every(({ state }) => calm.has(state));
}

/** A line, and its problems below it. @param closely whether to tell also what to do first, and what was tried. */
export function describe(
  { cluster, seal, state, why, until, indirect, exercised, ...more }: Cluster,
  closely: boolean,
): string[] {
  const when = exercised === undefined ? 'not exercised yet' : `exercised ${exercised}`;
  const head = [
    `${cluster}: ${state} (${[seal, ...(indirect ? ['not exercised itself'] : [])].join(', ')})`,
    when,
    ...(until === undefined ? [] : [`ready until ${until}`]),
  ].join(', ');
  return [
    why === undefined ? head : `${head}: ${why}`,
    ...more.problems.flatMap(({ code, summary, advice }) => [
      summary === why ? `  ${code}` : `  ${code}: ${summary}`,
      ...(closely && advice !== undefined ? [`    First: ${advice}`] : []),
    ]),
    ...(closely ? more.evidence.map((line) => `  - ${line}`) : []),
  ];
}
