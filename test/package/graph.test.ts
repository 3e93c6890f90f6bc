/** package/recover.graph.txt: a new version of what runs beside the shares is a change of that file, as a new module is. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../../package/apps.ts';
import { graphFile, graphText } from '../../package/graph.ts';

const read = (path: string) => readFileSync(join(root, path), 'utf8');
const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, { version: string }> };
const inLock = (folder: string) => `${folder} ${lock.packages[folder]?.version}`;

it('has each npm package with the version that the lock file installs: after a bump run npm run package -- --graph', () => {
  const packages = read(graphFile)
    .split('\n')
    .filter((line) => line.includes('node_modules/'));
  const folders = packages.map((line) => line.split(' ')[0] ?? '');
  expect(folders).toContain('node_modules/undici');
  expect(packages).toEqual(folders.map(inLock));
});

it('is written so: modules of ours, then packages as they are installed', async () => {
  const modules = ['shared/finding.ts', 'node_modules/zod/v4/index.js', 'node_modules/zod/index.js'];
  const lines = (await graphText(modules)).split('\n').filter((line) => line && !line.startsWith('#'));
  expect(lines).toEqual(['shared/finding.ts', inLock('node_modules/zod')]);
});
