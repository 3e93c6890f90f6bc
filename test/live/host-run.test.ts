/** `npm start` from start to end, in a process of its own, with a function of this test instead of Sealwatch's. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ownProcess } from '../servers/owned-processes.ts';
import { until } from '../servers/until.ts';

const moduleUrl = (path: string) => JSON.stringify(pathToFileURL(resolve(path)).href);
const program = `
  import { run } from ${moduleUrl('cli/start/run.ts')};
  const { app } = await import(${moduleUrl('node_modules/@azure/functions/dist/azure-functions.js')});
  const load = async () => {
    if (process.env.BAD_QUEUE) {
      for (const queueName of ['notify', process.env.BAD_QUEUE]) {
        app.storageQueue('of ' + queueName, { connection: 'SEALWATCH_STORAGE', queueName, handler: () => undefined });
      }
    }
    app.http('status', {
      methods: ['GET'],
      authLevel: 'function',
      handler: () => ({ jsonBody: { storage: process.env.SEALWATCH_STORAGE, schedule: process.env.SEALWATCH_SCHEDULE } }),
    });
  };
  process.exitCode = await run(process.argv.slice(1), process.env, { say: console.log, complain: console.error }, load);`;

let folder: string;
let child: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sealwatch-run-'));
  writeFileSync(join(folder, 'fleet.yaml'), 'version: 1\nclusters: {a: {nodes: ["https://127.0.0.1:1"]}}\n');
});
afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(folder, { recursive: true, maxRetries: 3 });
});

function spawnHost(args: string[], env: Record<string, string> = {}) {
  const started = spawn(process.execPath, ['--input-type=module', '-e', program, '--', ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, SEALWATCH_PORT: '0', ...env },
  });
  child = started;
  ownProcess(started);
  let output = '';
  for (const pipe of [started.stdout, started.stderr]) {
    pipe.on('data', (chunk) => {
      output += chunk;
    });
  }
  return { output: () => output, exited: once(started, 'close'), process: started };
}

/** Resolves once it says where the status is. */
async function start(...args: string[]) {
  const started = spawnHost(args);
  const { output } = started;
  const said = async () => /http:\/\/127\.0\.0\.1:\d+\/api\/status/.exec(output())?.[0];
  return { url: await until('the status URL', 60, said, output), ...started };
}

test('storage that ends by itself ends the host, with a word and a failure, so that a supervisor starts it anew', async () => {
  const { output, exited, process: host } = await start();
  process.kill(childOf(host.pid ?? 0), 'SIGKILL');
  expect(await exited).toEqual([1, null]);
  expect(output()).toContain('The storage (Azurite) ended by itself (SIGKILL)');
});

/** The only process that `pid` started. */
function childOf(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  expect(children).toHaveLength(1);
  return Number(children[0]);
}

test.for<[string, string[], boolean]>([
  ['in a folder', [], true],
  ['in memory', ['--memory'], false],
])('it serves with state %s, and stops on SIGTERM with all that it started', async ([, args, keepsData]) => {
  const { url, output, exited, process: host } = await start(...args);
  expect(existsSync(join(folder, '.sealwatch', 'data'))).toBe(keepsData);
  const key = readFileSync(join(folder, '.sealwatch', 'function-key'), 'utf8').trim();
  expect(output()).not.toContain(key);
  expect((await fetch(url)).status).toBe(401);

  const status = await fetch(url, { headers: { 'x-functions-key': key } });
  const { storage, schedule } = (await status.json()) as Record<string, string>;
  expect(schedule).toBe('*/30 * * * * *');
  const table = /TableEndpoint=([^;]+)/.exec(storage ?? '')?.[1] ?? '';
  expect((await fetch(table)).status).toBeGreaterThanOrEqual(400);

  host.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
  await expect(fetch(url)).rejects.toThrow('fetch failed');
  await expect(fetch(table)).rejects.toThrow('fetch failed');
});

test('a queue that cannot be used ends it with a failure: nothing was started that keeps it alive', async () => {
  const { output, exited } = spawnHost(['--memory'], { BAD_QUEUE: 'Bad_Name' });
  expect(await exited).toEqual([1, null]);
  expect(output()).toContain('function "of Bad_Name": queue "Bad_Name": 400 InvalidResourceName');
  expect(output()).not.toContain('host-started');
});
