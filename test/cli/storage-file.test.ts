import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { forgetStorage, keepStorage, withStorage } from '../../cli/storage-file.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sealwatch-storage-'));
  path = join(folder, 'storage');
});
afterEach(() => rmSync(folder, { recursive: true }));

it("the embedded host's storage is found while it runs, by this user only", async () => {
  writeFileSync(path, 'of an older run', { mode: 0o644 });
  await keepStorage(path, 'UseDevelopmentStorage=true');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(await withStorage({ A: 'b' }, path)).toEqual({
    A: 'b',
    SEALWATCH_STORAGE: 'UseDevelopmentStorage=true',
  });
  await forgetStorage(path);
  expect(await withStorage({ A: 'b' }, path)).toEqual({ A: 'b' });
});

it.each([
  [{ SEALWATCH_STORAGE: 'mine' }],
  [{ SEALWATCH_STORAGE__tableServiceUri: 'https://mine.table.core.windows.net' }],
])('settings of a deployment come first: %j', async (env) => {
  await keepStorage(path, 'UseDevelopmentStorage=true');
  expect(await withStorage(env, path)).toEqual(env);
});

it('what cannot be read is told', async () => {
  await expect(withStorage({}, folder)).rejects.toThrow('cannot be read (EISDIR): set SEALWATCH_STORAGE');
});
