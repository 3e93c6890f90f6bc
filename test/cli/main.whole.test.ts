/** `sealwatch` as a process of its own. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { freePorts } from '../servers/free-ports.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sealwatch-command-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function sealwatch(args: string[], env: Record<string, string> = {}) {
  const options = { cwd: folder, env: { PATH: process.env.PATH, ...env }, encoding: 'utf8' as const };
  return spawnSync(process.execPath, [resolve('cli/main.ts'), ...args], options);
}

it.each([[['--help']], [['help']], [['escrow', '--help']], [['escrow', 'import', '--help']]])(
  '%j explains it on standard output',
  (args) => {
    const { status, stdout } = sealwatch(args);
    expect(status).toBe(0);
    expect(stdout).toContain('escrow import --cluster C');
    expect(readdirSync(folder)).toEqual([]);
  },
);

it('break-glass explains itself', () => {
  const { status, stdout } = sealwatch(['recover', '--help']);
  expect(status).toBe(0);
  expect(stdout).toContain('--envelopes');
});

it.each([[[]], [['unseal']], [['escrow']], [['escrow', 'steal']], [['constructor']]])(
  '%j is not understood',
  (args) => {
    const { status, stdout, stderr } = sealwatch(args);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/sealwatch/);
  },
);

it('a token alone goes to standard output', () => {
  const { status, stdout } = sealwatch(['token', '--as', 'ada', '--role', 'read']);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
  expect(readdirSync(join(folder, '.sealwatch'))).toEqual(['issuer.pem']);
});

it('missing settings are named in one line', () => {
  const { status, stderr } = sealwatch(['escrow', 'list']);
  expect(status).toBe(1);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).toContain('SEALWATCH_STORAGE: set a connection string');
});

it('a fleet.yaml that is not there is told', () => {
  const { status, stderr } = sealwatch(['escrow', 'list'], {
    SEALWATCH_STORAGE: 'UseDevelopmentStorage=true',
  });
  expect(status).toBe(1);
  expect(stderr).toMatch(/fleet\.yaml[\s\S]*cannot be read \(ENOENT\)/);
});

it('an API that does not answer is told with what to set', async () => {
  const [port] = await freePorts(1);
  const { status, stderr } = sealwatch(['show', 'payments.1'], {
    SEALWATCH_TOKEN: 'a.b.c',
    SEALWATCH_API: `http://127.0.0.1:${port}`,
  });
  expect(status).toBe(1);
  expect(stderr).toBe(
    `http://127.0.0.1:${port} does not answer (ECONNREFUSED): set SEALWATCH_API to where recover runs\n`,
  );
});
