/**
 * `sealwatch readiness` against `npm start` and real Vaults, with the policies and commands of docs/readiness.md: a
 * provider that people unseal, a consumer that it unseals, and one whose token is not in fleet.yaml.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ownProcess } from '../servers/owned-processes.ts';
import { until } from '../servers/until.ts';
import type { Cluster } from '../servers/vault-cluster.ts';
import type { TransitSeal } from '../servers/vault-config.ts';
import { setupTransitProvider } from '../servers/vault-logins.ts';
import { startHealthyCluster, type WatchedCluster } from './probing/watched-cluster.ts';

/** test/run.ts names the Vault that it found. */
const vaultPath = process.env['SEALWATCH_VAULT_BIN'] ?? 'vault';

let folder: string;
let root: WatchedCluster;
let payments: WatchedCluster;
let seal: TransitSeal;
let host: ChildProcess;
let url: string;
let token: string;
let output = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sealwatch-live-readiness-'));
  root = await startHealthyCluster({ name: 'root', nodes: 1 });
  seal = { ...(await setupTransitProvider(root, { key: 'payments' })), token: await documentedToken() };
  payments = await startHealthyCluster({ name: 'payments', nodes: 1, seal });
  await root.write('POST', 'sys/policies/acl/sealwatch-readiness', { policy: documentedPolicy('login') });
  const login = (await root.write('POST', 'auth/token/create-orphan', {
    policies: ['sealwatch-readiness'],
    period: '768h',
  })) as { auth: { client_token: string } };
  writeFileSync(join(folder, 'fleet.yaml'), fleetFile());
  host = spawn(process.execPath, [resolve('cli/start/main.ts'), '--memory'], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      SEALWATCH_PORT: '0',
      SEALWATCH_SCHEDULE: '*/5 * * * * *',
      SEALWATCH_SECRET_PAYMENTS_SEAL: seal.token,
      SEALWATCH_SECRET_ROOT: login.auth.client_token,
    },
  });
  ownProcess(host);
  for (const pipe of [host.stdout, host.stderr]) pipe?.on('data', (chunk) => (output += chunk));
  url = await until(
    'the status URL',
    60,
    async () => /(http:\/\/127\.0\.0\.1:\d+)\/api\/status/.exec(output)?.[1],
    () => output,
  );
  const issued = await sealwatch('token', '--as', 'ada', '--role', 'operate');
  token = issued.stdout.trim();
});
afterAll(async () => {
  host?.kill('SIGTERM');
  if (host) await once(host, 'exit');
  await payments?.close();
  await root?.close();
  rmSync(folder, { recursive: true, maxRetries: 3 });
});

/** A policy as the documentation has people write it: what is tested is what they read. */
function documentedPolicy(name: string): string {
  const text = readFileSync('docs/readiness.md', 'utf8');
  const found = new RegExp(`^# ${name}\\n((?:path .*\\n)+)`, 'm').exec(text)?.[1];
  if (found === undefined) throw new Error(`docs/readiness.md has no policy "${name}"`);
  return found;
}

/** The seal's token, made by the commands of the documentation as they stand there. */
async function documentedToken(): Promise<string> {
  writeFileSync(join(folder, 'seal-payments.hcl'), documentedPolicy('seal'));
  const commands = readFileSync('docs/readiness.md', 'utf8').match(/^vault .*$/gm) ?? [];
  const env = {
    PATH: process.env.PATH,
    VAULT_ADDR: root.nodes[0]?.address,
    VAULT_CACERT: root.caFile,
    VAULT_TOKEN: root.keys?.rootToken,
  };
  const said: string[] = [];
  for (const command of commands) {
    const args = command.split(' ').slice(1);
    said.push((await promisify(execFile)(vaultPath, args, { cwd: folder, env })).stdout);
  }
  const made = /^token +(\S+)$/m.exec(said.join(''))?.[1];
  if (made === undefined) throw new Error(`no token of ${commands.join('; ')}`);
  return made;
}

function fleetFile(): string {
  const entry = (name: string, cluster: Cluster, lines: string[]) => [
    `  ${name}:`,
    `    nodes: ["${cluster.nodes[0]?.address}"]`,
    '    tls:',
    '      ca: |',
    ...(cluster.ca ?? '')
      .trim()
      .split('\n')
      .map((line) => `        ${line}`),
    ...lines.map((line) => `    ${line}`),
  ];
  return [
    'version: 1',
    'clusters:',
    ...entry('root', root, [
      'seal: {type: shamir}',
      'login: {method: token, token: "env:SEALWATCH_SECRET_ROOT"}',
    ]),
    ...entry('payments', payments, [
      'seal: {type: transit, provider: root, key: payments, token: "env:SEALWATCH_SECRET_PAYMENTS_SEAL"}',
    ]),
    '  orders:',
    '    nodes: ["http://127.0.0.1:1"]',
    '    seal: {type: transit, provider: root, key: payments}',
    '',
  ].join('\n');
}

async function sealwatch(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { PATH: process.env.PATH, SEALWATCH_API: url, SEALWATCH_TOKEN: token };
  const called = [resolve('cli/main.ts'), ...args];
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, called, { cwd: folder, env })) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

const time = '\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z';

test('says that nothing was exercised yet, and then what an exercise of each cluster shows', async () => {
  const before = await sealwatch('readiness');
  expect(before.stdout.split('\n').slice(0, 3)).toEqual([
    'root: never (shamir), not exercised yet',
    'payments: never (transit), not exercised yet',
    'orders: never (transit), not exercised yet',
  ]);
  const now = await sealwatch('readiness', '--now');
  expect(now.stderr).toBe('');
  expect(now.stdout).toMatch(new RegExp(`^payments: ready \\(transit\\), exercised ${time}$`, 'm'));
  expect(now.stdout).toMatch(/^root: unknown \(shamir\), .*: people unseal it/m);
  expect(now.stdout).toMatch(/^orders: unknown \(transit\), .*: seal\.token is not in fleet\.yaml/m);
  expect(now.stdout).toMatch(/^ {2}readiness-unknown$/m);
  expect(now.code).toBe(0);
});

test('of one cluster says what was tried and what answered: the policies of the docs are enough for all of it', async () => {
  const { stdout, code } = await sealwatch('readiness', '--cluster', 'payments');
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /- transit\/encrypt and decrypt with payments at https:.*: what was encrypted came back/,
  );
  expect(stdout).toMatch(/- Token: periodic \(32 days\), orphan, renewable; \d+ days left\./);
  expect(stdout).toMatch(/- Key payments of root: latest version 1, decrypts from version 1 on\./);
});

test('a token that was revoked: not ready, while Vault calls its seal healthy; a script sees it by the exit code', async () => {
  await root.write('POST', 'auth/token/revoke', { token: seal.token });
  const { stdout, code } = await sealwatch('readiness', '--now', '--cluster', 'payments');
  expect(code).toBe(1);
  expect(stdout).toMatch(/^payments: not-ready \(transit\), .*encrypt is refused \(403\)/);
  expect(stdout).toMatch(/^ {2}seal-not-ready$/m);
  const told = await payments.write('GET', 'sys/seal-backend-status');
  expect(told).toMatchObject({ healthy: true });
  const json = await sealwatch('readiness', '--json');
  expect(json.code).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({
    clusters: [{ state: 'unknown' }, { cluster: 'payments', state: 'not-ready' }, { state: 'unknown' }],
  });
  for (const secret of [seal.token, token]) {
    expect(`${stdout}${json.stdout}${output}`).not.toContain(secret);
  }
});

test('the status page says it too, a line a cluster', async () => {
  const key = readFileSync(join(folder, '.sealwatch', 'function-key'), 'utf8').trim();
  const response = await fetch(`${url}/api/status`, { headers: { 'x-functions-key': key } });
  expect(await response.json()).toMatchObject({
    clusters: [
      { readiness: { state: 'unknown' } },
      { readiness: { state: 'not-ready', why: expect.stringContaining('403') as string } },
      { readiness: { state: 'unknown' } },
    ],
  });
});

test('somebody who may only read is shown what watch saw, without its key: the worst first', async () => {
  token = (await sealwatch('token', '--as', 'grace', '--role', 'read')).stdout.trim();
  const told = await until(
    'a cluster without an answer',
    60,
    async () => {
      const { stdout } = await sealwatch('status');
      return /^orders: critical/m.test(stdout) ? stdout : undefined;
    },
    () => output,
  );
  expect(told).toMatch(new RegExp(`^Watching: the last sweep began ${time} and ended \\d+ s ago$`, 'm'));
  const names = [...told.matchAll(/^(orders|payments|root): /gm)].map(([, name]) => name);
  // Its seal would not open payments.
  expect(names).toEqual(['payments', 'orders', 'root']);
  const one = await sealwatch('status', '--cluster', 'orders');
  expect(one.code).toBe(1);
  expect(one.stdout).toMatch(/^ {4}First: ./m);
  expect((await sealwatch('status', '--cluster', 'nobody')).stderr).toContain(
    'fleet.yaml has no cluster "nobody"',
  );
});

test('somebody who may only read is shown readiness, and exercises nothing', async () => {
  expect((await sealwatch('readiness')).stdout).toContain('payments: not-ready');
  const refused = await sealwatch('readiness', '--now', '--cluster', 'payments');
  expect([refused.code, refused.stdout]).toEqual([1, '']);
  expect(refused.stderr).toContain('this needs the role Sealwatch.Operate');
});
