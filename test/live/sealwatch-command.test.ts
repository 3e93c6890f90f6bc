/** The command line against `npm start`: its own issuer, its own storage, the real routes of recover. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAuthority } from '../fakes/pki.ts';
import { type ServedSimulation, serveSimulation } from '../fakes/vault/http.ts';
import { createSimulation, type Simulation } from '../fakes/vault/simulation.ts';
import { ownProcess } from '../servers/owned-processes.ts';
import { until } from '../servers/until.ts';

let folder: string;
let host: ChildProcess;
let simulation: Simulation;
let served: ServedSimulation;
let url: string;
let token: string;
const secrets = { SEALWATCH_SECRET_SAFE: 'a passphrase of the test' };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sealwatch-live-command-'));
  simulation = createSimulation({ name: 'payments', shares: 3, threshold: 2, nodes: 1 }, () => Date.now());
  const authority = await createAuthority('Corp CA');
  served = await serveSimulation(simulation, { tls: await authority.issue({ names: ['127.0.0.1'] }) });
  const ca = authority.certPem.trim().replaceAll('\n', '\n        ');
  writeFileSync(
    join(folder, 'fleet.yaml'),
    `version: 1
clusters:
  payments:
    nodes: ["${served.addresses[0]}"]
    tls:
      ca: |
        ${ca}
    escrow:
      custodians:
        safe: {passphrase: "env:SEALWATCH_SECRET_SAFE", shares: [1, 2, 3]}
`,
  );
  host = spawn(process.execPath, [resolve('cli/start/main.ts'), '--memory'], {
    cwd: folder,
    env: { PATH: process.env.PATH, SEALWATCH_PORT: '0', ...secrets },
  });
  ownProcess(host);
  let output = '';
  for (const pipe of [host.stdout, host.stderr]) pipe?.on('data', (chunk) => (output += chunk));
  url = await until(
    'the status URL',
    60,
    async () => /(http:\/\/127\.0\.0\.1:\d+)\/api\/status/.exec(output)?.[1],
    () => output,
  );
  token = (await sealwatch('token', '--as', 'ada', '--role', 'operate')).stdout.trim();
});
afterAll(async () => {
  host.kill('SIGTERM');
  await once(host, 'exit');
  await served.close();
  expect(existsSync(join(folder, '.sealwatch/storage'))).toBe(false);
  rmSync(folder, { recursive: true, maxRetries: 3 });
});

/** Its process starts anew: sealed. */
async function restart(): Promise<void> {
  for (const { name: node } of simulation.state.nodes) {
    simulation.apply({ kind: 'kill', node });
    simulation.apply({ kind: 'start', node });
  }
  await served.settled();
}

/** In place of the host's own, which commands find in its folder. */
let storage: NodeJS.ProcessEnv = {};

async function sealwatch(...args: string[]) {
  const api = { SEALWATCH_API: url, SEALWATCH_TOKEN: token };
  const env = { PATH: process.env.PATH, ...api, ...secrets, ...storage };
  return promisify(execFile)(process.execPath, [resolve('cli/main.ts'), ...args], { cwd: folder, env });
}

const refusal = (args: string[]) =>
  sealwatch(...args).then(
    () => 'it was not refused',
    ({ code, stderr }: { code: number; stderr: string }) => `${code} ${stderr}`,
  );

test('shares are imported, accepted, listed, verified, rewrapped and exported', async () => {
  expect(statSync(join(folder, '.sealwatch/storage')).mode & 0o777).toBe(0o600);
  const { shares, rootToken } = simulation.keys;
  writeFileSync(join(folder, 'init.json'), JSON.stringify({ keys_base64: shares, root_token: rootToken }));
  const imported = await sealwatch(
    'escrow',
    'import',
    '--cluster',
    'payments',
    '--file',
    'init.json',
    '--yes',
  );
  expect(imported.stdout).toContain('generation 1 is accepted');
  for (const share of shares) expect(`${imported.stdout}${imported.stderr}`).not.toContain(share);
  expect((await sealwatch('escrow', 'list')).stdout).toMatch(/generation 1, revision 1, .* by local\/ada/);
  // One custodian is a single point, and both say so.
  const single = /single-point: without custodian "safe"/;
  const verified = await sealwatch('escrow', 'verify', '--cluster', 'payments').catch((error) => error);
  expect(verified).toMatchObject({ code: 1, stdout: expect.stringMatching(single) as string });
  const kept = await sealwatch('escrow', 'rewrap', '--cluster', 'payments').catch((error) => error);
  expect(kept).toMatchObject({ code: 1, stdout: expect.stringMatching(single) as string });
  await sealwatch('escrow', 'export', '--cluster', 'payments', '--out', 'out.json');
  expect(statSync(join(folder, 'out.json')).mode & 0o777).toBe(0o600);
});

test('a recovery is asked for, shown, taken over and held off', async () => {
  const asked = await sealwatch('request', '--cluster', 'payments', '--reason', 'a look', '--dry-run');
  const shown = await until('the dry run has ended', 30, async () => {
    const { stdout } = await sealwatch('show', asked.stdout.trim());
    return stdout.includes('ended') ? stdout : undefined;
  });
  expect(shown).toMatch(/dry run\n/);
  const first = await sealwatch('escrow', 'rebind', '--cluster', 'payments', '--reason', 'a look');
  await sealwatch('request', '--cluster', 'payments', '--reason', 'mine', '--take-over');
  expect((await sealwatch('show', first.stdout.trim())).stdout).toContain(', ended');
  await sealwatch('hold', '--cluster', 'payments', '--for', '1h', '--reason', 'test');
  await sealwatch('hold', '--cluster', 'payments', '--end');
  expect(await refusal(['hold', '--cluster', 'payments', '--end'])).toContain('1 no hold stands on payments');
});

test('break-glass reads storage, keeps the running host away by its row, and takes over only when told to', async () => {
  await restart();
  const open = (await sealwatch('request', '--cluster', 'payments', '--reason', 'patched')).stdout.trim();
  const look = await sealwatch('recover', '--cluster', 'payments', '--dry-run');
  expect(look.stdout).toContain(
    `Recovery ${open} of this cluster is open, asked for by ada (manual): patched`,
  );
  expect(look.stdout).toContain('  - unseal ');
  const recover = ['recover', '--cluster', 'payments', '--reason', 'functions are down', '--yes'];
  expect(await refusal(recover)).toMatch(/^1 [^]*asked for by ada[^]*add --take-over/);
  const done = await sealwatch(...recover, '--take-over');
  expect(done.stdout).toContain('Done: 1 of 1 nodes serving');
  expect((await sealwatch('show', open)).stdout).toMatch(
    /ended .*, taken-over: taken over by .*: functions are down/,
  );
  expect((await sealwatch('escrow', 'list')).stdout).toContain('proven: it unsealed a node');
  for (const share of simulation.keys.shares) expect(`${done.stdout}${done.stderr}`).not.toContain(share);
});

test('break-glass goes by exported envelopes where storage is away, and names both ways on', async () => {
  await restart();
  const recover = ['recover', '--cluster', 'payments', '--reason', 'the region is down', '--yes'];
  const nowhere = ['Table', 'Blob', 'Queue'].map((kind) => `${kind}Endpoint=http://127.0.0.1:1/a;`).join('');
  storage = {
    SEALWATCH_STORAGE: `DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YWJj;${nowhere}`,
  };
  const away = await refusal(recover);
  expect(away).toMatch(
    /^1 [^]*storage is unavailable[^]*set SEALWATCH_STORAGE[^]*--envelopes FILE --without-state/,
  );
  const { stdout } = await sealwatch(...recover, '--envelopes', 'out.json', '--without-state');
  expect(stdout).toContain('Done: 1 of 1 nodes serving');
  storage = {};
});

test('a role that is missing, and a token that is none, are refused by the host', async () => {
  expect(await refusal(['approve', 'payments.0', '--yes'])).toContain('1 there is no such recovery');
  expect(await refusal(['reject', 'payments.0', '--reason', 'x'])).toContain('1 this needs the role');
  token = 'a.b.c';
  expect(await refusal(['show', 'payments.0'])).toMatch(/^1 /);
});
