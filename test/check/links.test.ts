/** Links from page to page lead somewhere: files that are there, and headings that they have. */
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: root });
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** As GitHub makes it of a heading. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');
}

/** Targets within the repository, without code, where brackets are no links. */
function linksOf(page: string): string[] {
  const prose = read(page)
    .replaceAll(/^```[\s\S]*?^```$/gm, '')
    .replaceAll(/`[^`\n]*`/g, '``');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

function problem(page: string, target: string): string | undefined {
  const [path = '', heading] = target.split('#');
  const file = path === '' ? page : relative(root, join(root, dirname(page), path));
  if (file.startsWith('..') || !existsSync(join(root, file))) return `${target}: there is no ${file}`;
  if (heading === undefined || !statSync(join(root, file)).isFile()) return undefined;
  const anchors = [...read(file).matchAll(/^#{1,6} (.+)$/gm)].map(([, text = '']) => anchor(text));
  return anchors.includes(heading) ? undefined : `${target}: ${file} has no such heading`;
}

it.each(pages)('%s links to what is there', (page) => {
  expect(linksOf(page).flatMap((target) => problem(page, target) ?? [])).toEqual([]);
});

it('pages with links are found, and a link to nothing is', () => {
  expect(pages.flatMap(linksOf).length).toBeGreaterThan(40);
  expect(problem('README.md', 'docs/nothing.md')).toMatch(/there is no/);
  expect(problem('README.md', 'docs/infra.md#nothing')).toMatch(/no such heading/);
  expect(problem('docs/infra.md', '../../outside.md')).toMatch(/there is no/);
});
