import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFleet } from '../../shared/fleet/parse.ts';
import { formatProblems } from '../../shared/fleet/problem.ts';
import { limits, problemsOf } from './builders.ts';
import { fields } from './schema-fields.ts';

const example = readFileSync(new URL('../../fleet.example.yaml', import.meta.url), 'utf8');
const words = [
  ...new Set(fields().map(({ key }) => key)),
  '*a',
  '&a',
  '<<',
  '__proto__',
  'constructor',
  'toString',
  '!x',
  '- ',
  '? ',
];

/** Good or told why not, with places inside the text; never an exception. */
function holds(text: string): void {
  const parsed = parseFleet(text, limits());
  if (parsed.ok) return;
  expect(parsed.problems.length).toBeGreaterThan(0);
  const lines = text.split('\n').length;
  for (const { line, column, message } of parsed.problems) {
    expect(line).toBeLessThanOrEqual(lines);
    expect(column).toBeGreaterThanOrEqual(line === 0 ? 0 : 1);
    expect(message).not.toBe('');
  }
  expect(parsed.problems.map(({ line }) => line)).toEqual(
    parsed.problems.map(({ line }) => line).toSorted((a, b) => a - b),
  );
  expect(formatProblems(parsed.problems, 'fleet.yaml')).toContain('fleet.yaml has ');
}

describe('whatever the text, the answer is a fleet or its problems:', () => {
  it('any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), holds), { numRuns: 500 });
  });

  it('text made of the pieces of YAML', () => {
    const pieces = fc.constantFrom(
      ...words,
      ': ',
      '\n',
      '\n  ',
      '\n    ',
      '[',
      ']',
      '{',
      '}',
      ', ',
      '"',
      "'",
      '|\n',
      '#',
      '1',
      'null',
      '---\n',
      '\t',
    );
    fc.assert(
      fc.property(
        fc.array(pieces, { maxLength: 40 }).map((all) => all.join('')),
        holds,
      ),
      { numRuns: 1000 },
    );
  });

  it('any JSON, also below the keys that there are', () => {
    const json = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 6 },
        fc.jsonValue({ maxDepth: 1 }),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...words), tie('value'), { maxKeys: 5 }),
      ),
    })).value;
    fc.assert(
      fc.property(json, (value) => holds(JSON.stringify(value))),
      { numRuns: 1000 },
    );
  });

  it('the example with any piece cut out', () => {
    fc.assert(
      fc.property(fc.nat(example.length), fc.nat(400), (from, length) =>
        holds(example.slice(0, from) + example.slice(from + length)),
      ),
      { numRuns: 300 },
    );
  });

  it.each([
    ['deep lists', '['.repeat(20_000)],
    ['deep maps', '{a: '.repeat(20_000)],
    ['deep entries', '- '.repeat(20_000)],
    ['an alias inside its own anchor', 'a: &a [*a]'],
    [
      'aliases that multiply',
      [
        'a0: &a0 [x, x, x, x, x, x, x, x, x, x]',
        ...Array.from(
          { length: 30 },
          (_, n) => `a${n + 1}: &a${n + 1} [${Array(10).fill(`*a${n}`).join(', ')}]`,
        ),
      ].join('\n'),
    ],
  ])('%s', (_, text) => {
    holds(text);
    expect(problemsOf(text)).not.toEqual([]);
  });
});
