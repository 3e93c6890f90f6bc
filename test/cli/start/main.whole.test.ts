/** `npm start` as a person meets it when something is missing. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sealwatch-main-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function start(args: string[] = [], env: Record<string, string> = {}) {
  const options = { cwd: folder, env: { PATH: process.env.PATH, ...env }, encoding: 'utf8' as const };
  return spawnSync(process.execPath, [resolve('cli/start/main.ts'), ...args], options);
}

test('without a fleet.yaml it says what to do, exits 1 and leaves nothing behind', () => {
  const { status, stderr } = start();
  expect(status).toBe(1);
  expect(stderr).toContain(join(folder, 'fleet.yaml'));
  expect(stderr).toContain('cp fleet.example.yaml fleet.yaml');
  expect(readdirSync(folder)).toEqual([]);
});

test('SEALWATCH_FLEET names another file', () => {
  const { status, stderr } = start([], { SEALWATCH_FLEET: 'other.yaml' });
  expect(status).toBe(1);
  expect(stderr).toContain(join(folder, 'other.yaml'));
});

test('an unknown argument is named', () => {
  const { status, stderr } = start(['--memroy']);
  expect(status).toBe(1);
  expect(stderr).toMatch(/--memroy[\s\S]*--memory/);
});

test('--help explains itself', () => {
  const { status, stderr } = start(['--help']);
  expect(status).toBe(0);
  expect(stderr).toContain('SEALWATCH_PORT');
});
