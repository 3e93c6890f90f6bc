import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { plan } from '../../shared/recovery/plan.ts';
import type { Plan } from '../../shared/recovery/recovery.ts';
import { now } from './build.ts';
import { scenarios } from './scenarios/table.ts';

function codeOf(found: Plan): string {
  if (found.kind === 'refuse') return found.code;
  return found.kind === 'nothing' ? found.outcome : found.kind;
}

/** Times as seconds from now: what a reader compares. */
function readable(found: Plan): object {
  return found.kind === 'wait'
    ? { ...found, until: (found.until - now) / 1000, giveUpAt: (found.giveUpAt - now) / 1000 }
    : found;
}

describe('the plan of a recovery', () => {
  it.each(scenarios.map(({ title, ...rest }) => [title, rest] as const))(
    '%s',
    (_title, { input, plan: code }) => {
      expect(codeOf(plan(input))).toBe(code);
    },
  );

  it('says the same words as before', async () => {
    const plans = Object.fromEntries(scenarios.map(({ title, input }) => [title, readable(plan(input))]));
    expect(Object.keys(plans)).toHaveLength(scenarios.length);
    const path = join(import.meta.dirname, 'scenarios/plans.golden.yaml');
    await expect(stringify(plans, { aliasDuplicateObjects: false, lineWidth: 0 })).toMatchFileSnapshot(path);
  });
});
