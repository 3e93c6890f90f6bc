/** The layout's lines (DESIGN, Layout): that the lint rules which hold them bite, and what they cannot say. */
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');

async function sources(...folders: string[]): Promise<{ path: string; text: string }[]> {
  const files = await Promise.all(
    folders.map(async (folder) => {
      const names = await readdir(join(root, folder), { recursive: true });
      return names.filter((name) => name.endsWith('.ts')).map((name) => join(folder, name));
    }),
  );
  return Promise.all(
    files.flat().map(async (path) => ({ path, text: await readFile(join(root, path), 'utf8') })),
  );
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sealwatch-lint-'));
  await copyFile(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
});
afterAll(() => rm(folder, { recursive: true }));

/** What the project's rules say of a file that would stand there. */
async function lint(sample: string, text: string): Promise<string> {
  await mkdir(join(folder, dirname(sample)), { recursive: true });
  await writeFile(join(folder, sample), text);
  const program = join(root, 'node_modules/.bin/oxlint');
  const found = await run(program, [sample], { cwd: folder }).catch((error: { stdout: string }) => error);
  return found.stdout;
}

describe('a room', () => {
  const sample = 'shared/probe/gather/sample.ts';

  it('may import types of another room, but no values', async () => {
    const types = "import type { Answer } from '../../vault/answer.ts';\nexport type A = Answer<string>;\n";
    const values = "import { x } from '../../vault/answer.ts';\nexport const a = x;\n";
    expect(await lint(sample, types)).not.toContain('no-restricted-imports');
    expect(await lint(sample, values)).toContain('no-restricted-imports');
  });

  it.each([
    ["import { x } from '../../work/sweep.ts';\nexport const a = x;\n", 'no-restricted-imports'],
    ["import { x } from '../../compose.ts';\nexport const a = x;\n", 'no-restricted-imports'],
    ["import { x } from '../../../test/fakes/clock.ts';\nexport const a = x;\n", 'no-restricted-imports'],
    ["import { x } from '../../../host/start.ts';\nexport const a = x;\n", 'no-restricted-imports'],
    ['export const a = process.env.HOME;\n', 'no-restricted-properties'],
    ['export const a = Date.now();\n', 'no-restricted-properties'],
    ['export const a = Math.random();\n', 'no-restricted-properties'],
    ['export const a = setTimeout(() => undefined, 1);\n', 'no-restricted-globals'],
    ["export const a = fetch('http://127.0.0.1');\n", 'no-restricted-globals'],
  ])('is refused %j', async (text, rule) => {
    expect(await lint(sample, text)).toContain(rule);
  });
});

describe('the command', () => {
  it.each([
    ["import { x } from '../../shared/state/azure/connect.ts';", true],
    ["import { x } from '../../shared/log/log.ts';", true],
    ["import { x } from '../../shared/escrow/custodians/key-vault.ts';", true],
    ["import { x } from '../../functions/watch/probe.ts';", true],
    ["import type { x } from '../../shared/state/ports.ts';", false],
    ["import { x } from '../../shared/state/errors.ts';", false],
    ["import { x } from '../../shared/fleet/parse.ts';", false],
    ["import { x } from '../../shared/compose/prepare.ts';", false],
  ])('has compose build its adapters: %s refused: %s', async (line, isRefused) => {
    const found = await lint('cli/start/sample.ts', `${line}\nexport type A = typeof x;\n`);
    expect(found.includes('no-restricted-imports')).toBe(isRefused);
  });
});

describe('the source', () => {
  it('reads no clock by an empty new Date()', async () => {
    const clocks = (await sources('shared', 'functions')).filter(({ text }) => /new Date\(\s*\)/.test(text));
    expect(clocks.map(({ path }) => path)).toEqual([]);
  });

  it('keeps triggers thin: one use case each, and nothing of Azure Functions outside functions/ and host/', async () => {
    const thick = (await sources('functions')).filter(({ text }) => text.split('\n').length > 50);
    const stray = (await sources('shared')).filter(({ text }) => text.includes("from '@azure/functions'"));
    expect([...thick, ...stray].map(({ path }) => path)).toEqual([]);
  });

  it('keeps the embedded host small: triggers and nothing else, in at most 600 lines', async () => {
    const host = await sources('host');
    const lines = host.reduce((sum, { text }) => sum + text.trimEnd().split('\n').length, 0);
    expect(host.length).toBeGreaterThan(0);
    expect(lines).toBeLessThanOrEqual(600);
    expect(host.filter(({ text }) => /process\.(env|argv|on)|\.\.\/cli\//.test(text))).toEqual([]);
  });

  it('imports only `app` from the functions package at run time', async () => {
    const imports = (await sources('functions')).flatMap(({ text }) =>
      [...text.matchAll(/import (?!type)([^;]*) from '@azure\/functions'/g)].map((match) => match[1]),
    );
    expect(new Set(imports)).toEqual(new Set(['{ app }']));
  });
});
