/** What consumers' own references lead to: a webhook that took its message has brought nothing anywhere yet. */
import { listed } from './names.ts';
import type { RotationInput, RotationPlan } from './say.ts';
import { inAWhile, minutes } from './wait.ts';

type Read = 'fresh' | 'old' | 'other' | 'nothing';

/** Undefined: every consumer's leads where it should, or none was read. */
export function elsewhere(
  input: RotationInput,
  isThere: (value: Read) => boolean,
  which: 'new' | 'old',
): RotationPlan | undefined {
  const { reads = {} } = input;
  const behind: string[] = [];
  for (const [name, read] of Object.entries(reads)) {
    if (!read.ok)
      return inAWhile(input, `reading the seal's own reference of ${name}: ${read.detail}`, minutes(2));
    if (!isThere(read.value)) behind.push(name);
  }
  if (behind.length === 0) return undefined;
  return inAWhile(
    input,
    `the ${which} one at the seal's own reference (seal.token, seal.clientSecret) of ${listed(behind)}, where a webhook's receiver brings it`,
    minutes(2),
  );
}
