import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isScalar, parseDocument, visit } from 'yaml';
import { file, fleetOf, problemsOf } from './builders.ts';
import { closedMaps } from './schema-fields.ts';

const example = readFileSync(new URL('../../fleet.example.yaml', import.meta.url), 'utf8');
const known = new Set(closedMaps().flatMap(({ keys }) => keys));

/** Every key of the example that the schema names, with the offset of its text. */
function namedKeys(): { key: string; offset: number; line: number }[] {
  const found: { key: string; offset: number; line: number }[] = [];
  visit(parseDocument(example), {
    Pair(_, pair, ancestors) {
      const above = ancestors.flatMap((node) =>
        'key' in node && isScalar(node.key) ? [String(node.key.value)] : [],
      );
      const name = isScalar(pair.key) ? String(pair.key.value) : '';
      const free = ['clusters', 'channels', 'labels', 'custodians'].includes(above.at(-1) ?? '');
      const offset = isScalar(pair.key) ? (pair.key.range?.[0] ?? 0) : 0;
      if (!free && known.has(name))
        found.push({ key: name, offset, line: example.slice(0, offset).split('\n').length });
    },
  });
  return found;
}

describe('an unknown key', () => {
  it('is an error in every map of the file but those with names of your own', () => {
    const whole = parseDocument(example);
    const told = new Map<string, boolean>();
    visit(whole, {
      Map(_, map, ancestors) {
        const path = ancestors.flatMap((node) =>
          'key' in node && isScalar(node.key) ? [String(node.key.value)] : [],
        );
        if (path.at(-1) === 'labels') return;
        map.set('zzunknownzz', 'x');
        const problems = problemsOf(whole.toString());
        told.set(
          `${path.join('.')} #${told.size}`,
          problems.some((problem) => problem.path.endsWith('zzunknownzz')),
        );
        map.delete('zzunknownzz');
      },
    });
    expect(told.size).toBeGreaterThan(20);
    expect([...told].filter(([, seen]) => !seen)).toEqual([]);
  });

  it('that is a misspelling is told once, on its line, with the right spelling', () => {
    const keys = namedKeys();
    const slip = fc.record({
      which: fc.nat({ max: keys.length - 1 }),
      at: fc.nat(40),
      how: fc.constantFrom('drop', 'double', 'swap', 'case'),
    });
    fc.assert(
      fc.property(slip, ({ which, at, how }) => {
        const { key, offset, line } = keys[which] ?? { key: '', offset: 0, line: 0 };
        const wrong = misspell(key, at % key.length, how);
        fc.pre(!known.has(wrong) && wrong.length > 1);
        const text = example.slice(0, offset) + wrong + example.slice(offset + key.length);
        const told = problemsOf(text).map(({ line: at_, message, suggestion }) => ({
          line: at_,
          message,
          suggestion,
        }));
        expect(told).toEqual([{ line, message: 'unknown key', suggestion: key }]);
      }),
      { numRuns: 300 },
    );
  });

  it('that is only a little like a known one is told once: its value is not judged as if that were meant', () => {
    const told = problemsOf(file(['thresholds: {certificateDays: -3}']));
    expect(told.map(({ path, suggestion }) => [path, suggestion])).toEqual([
      ['clusters.payments.thresholds.certificateDays', 'certificateWarning'],
    ]);
  });

  it('is not taken for one that stands beside it already', () => {
    const login = 'login: {method: token, token: env:SEALWATCH_SECRET_T}';
    const [told, ...others] = problemsOf(file([login, `logn: {}`]));
    expect(others).toEqual([]);
    expect(told).toMatchObject({ line: 6, path: 'clusters.payments.logn' });
    expect(told).not.toHaveProperty('suggestion');
    expect(told?.message).toContain('unknown key (login is set already); allowed here: nodes, ');
  });

  it('is not told of the example as it is', () => {
    expect(fleetOf(example).clusters).toHaveLength(5);
  });
});

function misspell(key: string, at: number, how: string): string {
  const [before, letter, after] = [key.slice(0, at), key.charAt(at), key.slice(at + 1)];
  if (how === 'drop') return before + after;
  if (how === 'double') return before + letter + letter + after;
  if (how === 'swap') return before + after.charAt(0) + letter + after.slice(1);
  return before + (letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase()) + after;
}
