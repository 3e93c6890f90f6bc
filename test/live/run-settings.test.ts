/** One run of the embedded host inside a process that outlives it: what it made, and what it leaves behind. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';

const moduleUrl = (path: string) => JSON.stringify(pathToFileURL(resolve(path)).href);
const program = `
  import { run } from ${moduleUrl('cli/start/run.ts')};
  import { systemClock } from ${moduleUrl('shared/compose/clock.ts')};
  import { connectState } from ${moduleUrl('shared/state/azure/connect.ts')};
  const { app } = await import(${moduleUrl('node_modules/@azure/functions/dist/azure-functions.js')});
  const load = async () => {
    app.http('status', { methods: ['GET'], authLevel: 'function', handler: () => ({ status: 204 }) });
  };
  const seen = {};
  const look = async () => {
    const state = connectState({ connectionString: process.env.SEALWATCH_STORAGE }, systemClock);
    const writes = {
      live: () => state.live.commit('payments', { cluster: 'payments', revision: 1, facts: { nodes: {} }, alerts: [] }, undefined, []),
      sweeps: () => state.sweeps.save({ id: 'a', startedAt: 1, finishedAt: 2, clusters: 0, nodes: 0, complete: true }),
      history: () => state.history.append([{ at: 1, cluster: 'payments', what: 'node:a', from: 'active', to: 'sealed' }]),
      observations: () => state.observations.save({ at: 1, clusters: [] }),
      notify: () => state.nudges.send('notify', 'payments', 0),
      probe: () => state.nudges.send('probe', 'payments', 0),
    };
    seen.refused = [];
    for (const [name, write] of Object.entries(writes)) await write().catch(() => seen.refused.push(name));
    process.kill(process.pid, 'SIGTERM');
  };
  const say = (line) => {
    if (!line.startsWith('Status:')) return;
    seen.url = line.split(' ').at(-1);
    void look();
  };
  seen.code = await run(['--memory'], process.env, { say, complain: console.error }, load);
  const [, table] = /TableEndpoint=([^;]+)/.exec(process.env.SEALWATCH_STORAGE);
  seen.storage = await fetch(table).then(() => 'still there', () => 'gone');
  console.log(JSON.stringify(seen));`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sealwatch-settings-'));
  writeFileSync(join(folder, 'fleet.yaml'), 'version: 1\nclusters: {a: {nodes: ["https://127.0.0.1:1"]}}\n');
});
afterEach(() => rmSync(folder, { recursive: true, maxRetries: 3 }));

test('it listens where SEALWATCH_ADDRESS says, on storage that lacks nothing, and ends the storage that it started', async () => {
  const env = { PATH: process.env['PATH'], SEALWATCH_PORT: '0', SEALWATCH_ADDRESS: '127.0.0.3' };
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    cwd: folder,
    env,
    timeout: 90_000,
  });
  expect(JSON.parse(stdout)).toEqual({
    url: expect.stringMatching(/^http:\/\/127\.0\.0\.3:\d+\/api\/status$/),
    refused: [],
    code: 0,
    storage: 'gone',
  });
});
