/** docs/rotation.md: its example is accepted, and it names what people need to find. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readLimits } from '../../shared/fleet/limits.ts';
import { kindNames } from '../../shared/rotation/rotation.ts';
import { rotationCodes } from '../../shared/work/rotation-findings/judge.ts';
import { limits, problemsOf } from '../fleet/builders.ts';

const docs = join(import.meta.dirname, '../../docs');
const text = readFileSync(join(docs, 'rotation.md'), 'utf8');

it('the example of fleet.yaml is accepted with the settings below it, and not without', () => {
  const [, yaml = '', settings = ''] = /```yaml\n([\s\S]*?)```\n+```\n([\s\S]*?)```/.exec(text) ?? [];
  expect(yaml).toContain('rotation:');
  const said = readLimits(
    Object.fromEntries([...settings.matchAll(/^(\w+)=(.*)$/gm)].map(([, ...own]) => own)),
  );
  if (!said.ok) throw new Error(said.problems.join());
  expect(problemsOf(yaml, said.limits)).toEqual([]);
  expect(problemsOf(yaml, limits()).map(({ path }) => path)).toContain('clusters.root.rotateLogin.audience');
});

it('every kind, every finding and every setting of a sink is there', () => {
  const settings = ['SEALWATCH_SINK_VAULTS', 'SEALWATCH_SINK_HOSTS', 'SEALWATCH_SINK_ROOT'];
  const wanted = [...kindNames, ...rotationCodes, ...settings];
  expect(wanted.filter((name) => !text.includes(name))).toEqual([]);
});

it('every page that it links to exists', () => {
  const pages = [...text.matchAll(/\]\(([^)#]+)(?:#[\w-]+)?\)/g)].map(([, page = '']) => page);
  expect(pages.length).toBeGreaterThan(5);
  expect(pages.filter((page) => !existsSync(join(docs, page)))).toEqual([]);
});
