/** The bodies of functions/watch, and the queues of functions/rotate, as `npm start` runs them: one process of its own, on Azurite. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { QueueServiceClient } from '@azure/storage-queue';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Azurite, startAzurite } from '../../cli/start/azurite.ts';
import { systemClock } from '../../shared/compose/clock.ts';
import { connectState } from '../../shared/state/azure/connect.ts';
import type { State } from '../../shared/state/ports.ts';
import { type ChatReceiver, startChatReceiver } from '../fakes/chat/receiver.ts';
import { healthy } from '../fakes/hostile/behaviours.ts';
import { type Endpoint, startEndpoint } from '../fakes/hostile/endpoint.ts';
import { aMessage, anEntry } from '../fakes/state/examples.ts';
import { ownProcess } from '../servers/owned-processes.ts';
import { until } from '../servers/until.ts';

const day = 86_400_000;
/** Not the host's default address: another one of this machine. */
const address = '127.0.0.2';
const clusters = ['payments', 'orders'];

let folder: string;
let azurite: Azurite;
let state: State;
let chat: ChatReceiver;
const vaults = new Map<string, Endpoint>();
let host: ChildProcess;
let exited: Promise<unknown>;
let url: string;
let output = '';
/** The functions' log, by lines. */
let log = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sealwatch-handlers-'));
  azurite = await startAzurite();
  state = connectState({ connectionString: azurite.connectionString }, systemClock);
  chat = await startChatReceiver();
  for (const name of clusters) vaults.set(name, await startEndpoint({ behaviour: healthy }));
  writeFileSync(join(folder, 'fleet.yaml'), fleetFile());
  host = startHost();
  exited = once(host, 'exit');
  url = await until(
    'the status URL',
    60,
    async () => /http:\/\/\S+\/api\/status/.exec(output)?.[0],
    () => output,
  );
});
afterAll(async () => {
  host.kill('SIGTERM');
  await exited;
  await Promise.all([azurite.close(), chat.close(), ...[...vaults.values()].map((vault) => vault.close())]);
  rmSync(folder, { recursive: true, maxRetries: 3 });
});
beforeEach(() => {
  chat.received.length = 0;
  for (const { received } of vaults.values()) received.length = 0;
});

function fleetFile(): string {
  const entries = [...vaults].map(
    ([name, vault]) => `  ${name}: {nodes: ["${vault.address}"], seal: {type: shamir}}`,
  );
  const channels = 'channels: {chat: {kind: slack, url: "env:SEALWATCH_SECRET_CHAT"}}';
  return ['version: 1', channels, 'clusters:', ...entries, ''].join('\n');
}

function startHost(): ChildProcess {
  const started = spawn(process.execPath, [resolve('cli/start/main.ts')], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      SEALWATCH_PORT: '0',
      SEALWATCH_ADDRESS: address,
      SEALWATCH_STORAGE: azurite.connectionString,
      // Once a year: nothing is swept but what a test asks for, and a sweep is stale after four years.
      SEALWATCH_SCHEDULE: '0 0 0 1 1 *',
      SEALWATCH_ENDPOINT_HOSTS: new URL(chat.url('slack')).host,
      SEALWATCH_SECRET_CHAT: chat.url('slack'),
    },
  });
  ownProcess(started);
  for (const pipe of [started.stdout, started.stderr]) {
    pipe.on('data', (chunk) => {
      output += chunk;
      if (pipe === started.stdout) log += chunk;
    });
  }
  return started;
}

/** Records of the log with this event. */
const logged = (event: string) =>
  log
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((record) => record['event'] === event);

async function status(): Promise<{ status: number; watching: unknown }> {
  const key = readFileSync(join(folder, '.sealwatch', 'function-key'), 'utf8').trim();
  const response = await fetch(url, { headers: { 'x-functions-key': key } });
  const { watching } = (await response.json()) as Record<string, unknown>;
  return { status: response.status, watching };
}

const send = (queue: string, message: string) =>
  QueueServiceClient.fromConnectionString(azurite.connectionString)
    .getQueueClient(queue)
    .sendMessage(message);

test('SEALWATCH_ADDRESS says where the status API listens', () => {
  expect(new URL(url).hostname).toBe(address);
});

test('the status is 503 while nobody has looked, 503 when nobody looked for too long, and 200 besides', async () => {
  expect(await status()).toEqual({ status: 503, watching: 'never' });
  const swept = (at: number) =>
    state.sweeps.save({ id: 'a', startedAt: at, finishedAt: at, clusters: 2, nodes: 2, complete: true });
  await swept(Date.now() - 5 * 366 * day);
  expect(await status()).toEqual({ status: 503, watching: 'stale' });
  await swept(Date.now());
  expect(await status()).toEqual({ status: 200, watching: 'yes' });
});

test('a nudge on `notify` sends what its cluster owes, and nothing of another', async () => {
  for (const cluster of clusters) {
    const headline = `${cluster}: told by a nudge`;
    const message = aMessage({ cluster, headline, id: `${cluster}-1` });
    const effect = { kind: 'message', channel: 'chat', message } as const;
    // Due by the clock of the process that sends it, not by the examples' own noon.
    const due = { createdAt: Date.now(), dueAt: Date.now() };
    await state.live.commit(cluster, undefined, undefined, [anEntry({ effect, ...due })]);
  }
  await send('notify', 'payments');
  await until(
    'the outbox of payments being empty',
    20,
    async () => (await state.live.read('payments')).outbox.length === 0 || undefined,
    () => output,
  );
  expect(chat.received).toHaveLength(1);
  expect(chat.received[0]?.raw).toContain('payments: told by a nudge');
  expect((await state.live.read('orders')).outbox).toHaveLength(1);
});

test('a nudge on `probe` looks at its cluster, and at no other', async () => {
  await send('probe', 'orders');
  await until(
    'a head of orders',
    20,
    async () => (await state.live.read('orders')).head,
    () => output,
  );
  expect(vaults.get('orders')?.received.map(({ path }) => path)).toContainEqual(
    expect.stringContaining('/v1/sys/health'),
  );
  expect(vaults.get('payments')?.received).toEqual([]);
});

test('a nudge on `turns` exercises the seal of its cluster, and of no other', async () => {
  await send('turns', 'orders');
  await until(
    'a row of readiness',
    20,
    async () => (await state.rotate.readiness('orders')).rows[0],
    () => output,
  );
  const { rows } = await state.rotate.readiness();
  expect(rows).toMatchObject([{ cluster: 'orders', seal: 'shamir', standing: { state: 'unknown' } }]);
});

test.each([
  ['notify', 'payments', 'payments'],
  ['probe', 'not a cluster name', 'malformed'],
  ['turns', 'payments', 'payments'],
])('a nudge on `%s` that failed too often (%j) is logged as an error', async (queue, message, cluster) => {
  await send(`${queue}-poison`, message);
  const record = await until(
    'the record',
    20,
    async () => logged('nudge-poisoned').find((each) => each['queue'] === queue),
    () => output,
  );
  expect(record).toMatchObject({ level: 'error', queue, cluster });
});
