import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { functionKeyFrom } from '../../../cli/start/function-key.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sealwatch-key-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a key is made once, for this user only, and kept', async () => {
  const path = join(folder, 'new', 'function-key');
  const key = await functionKeyFrom(path);
  expect(key).toMatch(/^[\w-]{32}$/);
  expect(await functionKeyFrom(path)).toBe(key);
  expect(readFileSync(path, 'utf8')).toBe(`${key}\n`);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('two folders have two keys', async () => {
  expect(await functionKeyFrom(join(folder, 'a'))).not.toBe(await functionKeyFrom(join(folder, 'b')));
});

test('a file without a usable key is not taken for one', async () => {
  const path = join(folder, 'function-key');
  writeFileSync(path, 'short\n');
  await expect(functionKeyFrom(path)).rejects.toThrow(/delete it/);
});
