/** Settings that reach what they are for. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { composeWatch, composeWatchForPeople } from '../../shared/compose.ts';
import { message } from '../alert/build.ts';
import { type ChatReceiver, startChatReceiver } from '../fakes/chat/receiver.ts';
import { memoryState } from '../fakes/state/memory.ts';
import { file, fleetOf } from '../fleet/builders.ts';

let receiver: ChatReceiver;
let lines: string[];
beforeEach(async () => {
  lines = [];
  receiver = await startChatReceiver();
});
afterEach(() => receiver.close());

function composed(env: Record<string, string>) {
  const base = {
    SEALWATCH_STORAGE: 'UseDevelopmentStorage=true',
    SEALWATCH_SECRET_CHAT: receiver.url('slack'),
    SEALWATCH_ENDPOINT_HOSTS: new URL(receiver.url('slack')).host,
  };
  return composeWatch({ ...base, ...env }, { state: memoryState(), write: (line) => lines.push(line) });
}

it('people of a deployment whose settings for them are wrong have no access, and probing goes on', async () => {
  const env = {
    SEALWATCH_ENTRA_TENANT: 'no-guid',
    SEALWATCH_ENTRA_AUDIENCE: '00000000-0000-0000-0000-000000000007',
  };
  const deps = composed(env);
  expect(deps.intervalMs).toBeGreaterThan(0);
  const { authenticate } = composeWatchForPeople(env, deps);
  expect(await authenticate('Bearer a.b.c', 'Sealwatch.Read')).toMatchObject({ ok: false, status: 503 });
  const [logged = ''] = lines;
  expect(logged).toContain('people-settings-invalid');
  for (const name of ['SEALWATCH_ENTRA_TENANT', 'SEALWATCH_ENTRA_CLIENTS']) expect(logged).toContain(name);
});

it.each([
  ['info', ['info', 'warn', 'error']],
  ['warn', ['warn', 'error']],
  ['error', ['error']],
])('SEALWATCH_LOG_LEVEL=%s: the log holds %j', (level, written) => {
  const { log } = composed({ SEALWATCH_LOG_LEVEL: level });
  log.info('first');
  log.warn('second');
  log.error('third');
  expect(lines.map((line) => (JSON.parse(line) as { level: string }).level)).toEqual(written);
});

const fleet = fleetOf(file([], ['channels: {chat: {kind: slack, url: "env:SEALWATCH_SECRET_CHAT"}}']));

it.each<[string, Record<string, string>, boolean]>([
  [
    'links to the runbooks where SEALWATCH_RUNBOOKS says',
    { SEALWATCH_RUNBOOKS: 'https://git.example.com/books' },
    true,
  ],
  ['without it names the page only', {}, false],
])('a message %s', async (_what, env, linked) => {
  const delivery = await composed(env)
    .sender('chat', fleet)
    ?.deliver(message(), new AbortController().signal);
  expect(delivery).toEqual({ delivered: true });
  const raw = receiver.received[0]?.raw ?? '';
  expect(raw).toContain('node-sealed');
  expect(raw.includes('https://git.example.com/books')).toBe(linked);
});
