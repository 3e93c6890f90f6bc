/** `npm start` with something wrong: said at once, in lines that a person can act on, and ended. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ownProcess } from '../servers/owned-processes.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sealwatch-refused-'));
});
afterEach(() => rmSync(folder, { recursive: true, maxRetries: 3 }));

async function start(
  fleet: string,
  env: Record<string, string> = {},
): Promise<{ code: unknown; lines: string[] }> {
  writeFileSync(join(folder, 'fleet.yaml'), fleet);
  const child = spawn(process.execPath, [resolve('cli/start/main.ts'), '--memory'], {
    cwd: folder,
    env: { PATH: process.env.PATH, SEALWATCH_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  ownProcess(child);
  let output = '';
  for (const pipe of [child.stdout, child.stderr]) pipe.on('data', (chunk) => (output += String(chunk)));
  const [code] = await once(child, 'close');
  return { code, lines: output.split('\n') };
}

const cluster = 'clusters: {payments: {nodes: ["https://127.0.0.1:1"]}}\n';

test('a fleet.yaml with mistakes: each in a line of its own, with its place', async () => {
  const { code, lines } = await start(`version: 1\nprobe: {totalTimout: 8s}\n${cluster}chanels: {}\n`);
  expect(code).toBe(1);
  expect(lines.join('\n')).toMatch(/line 2, column 9: probe\.totalTimout: .*totalTimeout/);
  expect(lines.join('\n')).toMatch(/line 4, column 1: chanels: .*channels/);
});

test('a channel to a host that may not be called', async () => {
  const url =
    'channels: {hook: {kind: webhook, url: "https://events.example.com/x", signingKeys: ["env:SEALWATCH_SECRET_KEY"]}}';
  const { code, lines } = await start(`version: 1\n${url}\n${cluster}`);
  expect(code).toBe(1);
  expect(lines.join('\n')).toContain('SEALWATCH_ENDPOINT_HOSTS');
});

test('a channel whose secret is not there', async () => {
  const { code, lines } = await start(
    `version: 1\nchannels: {chat: {kind: slack, url: "env:SEALWATCH_SECRET_X"}}\n${cluster}`,
  );
  expect(code).toBe(1);
  expect(lines.some((line) => line.startsWith('channels.chat.url: env:SEALWATCH_SECRET_X: '))).toBe(true);
});

test.each([
  ['SEALWATCH_LOG_LEVEL', 'verbose'],
  ['SEALWATCH_STORAGE', 'garbage'],
  ['SEALWATCH_SCHEDULE', '* * * * *'],
  ['SEALWATCH_FLEET', 'https://ours.blob.core.windows.net/fleet/fleet.yaml?sig=hunter2'],
  ['SEALWATCH_FLEET', 'https://fleets.example.com/fleet/fleet.yaml'],
])('the setting %s=%s, named', async (name, value) => {
  const { code, lines } = await start(`version: 1\n${cluster}`, { [name]: value });
  expect(code).toBe(1);
  expect(lines.some((line) => line.startsWith('settings: ') && line.includes(name))).toBe(true);
  expect(lines.join('\n')).not.toContain('hunter2');
});

test('an identity for storage, which only Azure Functions can use', async () => {
  const env = { SEALWATCH_STORAGE__tableServiceUri: 'https://a.table.core.windows.net' };
  const { code, lines } = await start(`version: 1\n${cluster}`, env);
  expect(code).toBe(1);
  expect(lines.join('\n')).toContain('npm start takes a connection string');
});
