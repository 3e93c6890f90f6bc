/** docs/security.md says nothing of files and tests that are not there, and leaves no part of STRIDE out. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const text = readFileSync(join(root, 'docs/security.md'), 'utf8');
const apps = ['watch', 'rotate', 'recover'];

interface Threat {
  letter: string;
  threat: string;
  stopped: string;
  tests: string;
  left: string;
}

function threatsOf(app: string): Threat[] {
  const [, section = ''] = text.split(`## STRIDE: ${app}\n`);
  const [table = ''] = section.split('\n## ');
  return table
    .split('\n')
    .filter((line) => /^\| [STRIDE] \|/.test(line))
    .map((line) => {
      const [, letter = '', threat = '', stopped = '', tests = '', left = ''] = line
        .split(' | ')
        .flatMap((cell, index) => (index === 0 ? ['', cell.replace('| ', '')] : [cell.replace(/ \|$/, '')]));
      return { letter, threat, stopped, tests, left };
    });
}

/** `path` or `path` *title*. */
const file = /`([\w.-]+\/[\w./-]+\.\w+)`/g;
const test = /`(test\/[\w./-]+\.ts)` \*([^*]+)\*/g;

it('every file that is named exists', () => {
  const named = [...text.matchAll(file)]
    .map(([, path = '']) => path)
    .filter((path) => !path.startsWith('.sealwatch/'));
  expect(named.length).toBeGreaterThan(60);
  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

it('every title of a test stands in the test that it is said of', () => {
  const titled = [...text.matchAll(test)].map(([, path = '', title = '']) => ({ path, title }));
  expect(titled.length).toBeGreaterThan(30);
  expect(titled.filter(({ path, title }) => !readFileSync(join(root, path), 'utf8').includes(title))).toEqual(
    [],
  );
});

describe.each(apps)('%s', (app) => {
  const threats = threatsOf(app);

  it('has a threat of each kind', () => {
    expect([...new Set(threats.map(({ letter }) => letter))].sort()).toEqual(['D', 'E', 'I', 'R', 'S', 'T']);
  });

  it.each(threats)(
    '$letter, $threat: names what stops it, the test that would fail, and what is left',
    (threat) => {
      expect(threat.stopped).toMatch(/`[\w./-]+\/[\w./-]+`/);
      expect(threat.tests).toMatch(/`test\/[\w./-]+\.ts` \*/);
      expect(threat.left).not.toBe('');
    },
  );
});
