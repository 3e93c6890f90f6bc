import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { catalogue } from '../../shared/finding.ts';

const folder = join(import.meta.dirname, '../../docs/runbooks');
const codes = Object.keys(catalogue);

describe('the runbooks', () => {
  it('have a page for every code, and none for anything else', () => {
    const pages = readdirSync(folder).map((file) => file.replace(/\.md$/, ''));
    expect(pages.sort()).toEqual([...codes].sort());
  });

  it.each(codes)('%s says what it means, how it is known, what to do, what not, and how it ends', (code) => {
    const text = readFileSync(join(folder, `${code}.md`), 'utf8');
    expect(text.startsWith(`# ${code}: `)).toBe(true);
    for (const part of ['**Means.**', '**How Sealwatch knows.**', '**First.**', '**Do not**', '**Ends**']) {
      expect(text).toContain(part);
    }
    expect(text.trimEnd().split('\n').length).toBeGreaterThanOrEqual(15);
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(40);
  });

  it.each(codes)('%s names no page that does not exist', (code) => {
    const text = readFileSync(join(folder, `${code}.md`), 'utf8');
    const named = [...text.matchAll(/see ((?:node|cluster|raft|seal|storage|split|no|autopilot)-[a-z-]+)/g)];
    expect(named.map(([, page]) => page).filter((page) => !codes.includes(page ?? ''))).toEqual([]);
  });
});
