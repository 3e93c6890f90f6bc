/** What the real @azure/functions registers, and what this host makes of it. */
import { app, output } from '@azure/functions';
import { expect, test } from 'vitest';
import { collectFunctions } from '../../host/functions-core.ts';
import { readHostJson } from '../../host/host-json.ts';
import { type HostedFunction, hostFunctions } from '../../host/hosted-function.ts';
import { createLog } from '../../shared/log/log.ts';

const handler = () => ({});
const host = readHostJson({ extensions: { queues: { messageEncoding: 'none' } } });
const log = createLog({ write: () => undefined, clock: { now: () => 0 } });
const settings = { STORE: 'UseDevelopmentStorage=true', EVERY: '*/30 * * * * *', QUEUE: 'notify' };

async function hosted(register: () => void, over: { hasKey?: boolean } = {}): Promise<HostedFunction[]> {
  const { registrations } = await collectFunctions(async () => register(), log);
  return hostFunctions(registrations, { settings, host, hasKey: true, ...over });
}

test('timers, queues and routes are taken, with their settings filled in', async () => {
  const functions = await hosted(() => {
    app.timer('probe', { schedule: '%EVERY%', handler });
    app.storageQueue('deliver', { queueName: '%QUEUE%-poison', connection: 'STORE', handler });
    app.http('status', { methods: ['GET'], route: 'a/{b}', authLevel: 'function', handler });
    app.get('open', { authLevel: 'anonymous', handler });
  });
  expect(functions.map(({ name, trigger }) => [name, trigger])).toEqual([
    ['probe', { kind: 'timer', schedule: '*/30 * * * * *' }],
    ['deliver', { kind: 'queue', queue: 'notify-poison', connectionString: settings.STORE }],
    ['status', expect.objectContaining({ kind: 'http', methods: ['GET'], keyed: true })],
    ['open', expect.objectContaining({ kind: 'http', methods: ['GET'], keyed: false })],
  ]);
  expect(functions.map(({ trigger }) => trigger.kind === 'http' && trigger.route.shape)).toEqual([
    false,
    false,
    '/api/a/{}',
    '/api/open',
  ]);
});

const queue = { queueName: 'q', connection: 'STORE', handler };
const blob = output.storageBlob({ path: 'a/b', connection: 'STORE' });
const refused: [string, () => void, RegExp][] = [
  ['a blob trigger', () => app.storageBlob('x', { path: 'a', connection: 'STORE', handler }), /blobTrigger/],
  ['an event trigger', () => app.eventGrid('x', { handler }), /eventGridTrigger/],
  [
    'an output binding',
    () => app.storageQueue('x', { ...queue, extraOutputs: [blob] }),
    /output binding "blob"/,
  ],
  ['a return binding', () => app.storageQueue('x', { ...queue, return: blob }), /output binding "blob"/],
  [
    'an extra input',
    () => app.storageQueue('x', { ...queue, extraInputs: [{ type: 'table', name: 't' }] }),
    /extra input binding "table"/,
  ],
  [
    'a retry policy',
    () =>
      app.timer('x', {
        schedule: '%EVERY%',
        retry: { strategy: 'fixedDelay', delayInterval: { seconds: 1 }, maxRetryCount: 1 },
        handler,
      }),
    /retry policies/,
  ],
  ['authLevel admin', () => app.http('x', { authLevel: 'admin', handler }), /authLevel "admin"/],
  ['a route with a constraint', () => app.http('x', { route: '{id:int}', handler }), /\{id:int\}/],
  [
    'runOnStartup',
    () => app.timer('x', { schedule: '%EVERY%', runOnStartup: true, handler }),
    /runOnStartup/,
  ],
  [
    'a missing setting',
    () => app.timer('x', { schedule: '%NOT_SET%', handler }),
    /setting NOT_SET is missing/,
  ],
  ['a missing connection', () => app.storageQueue('x', { ...queue, connection: 'NONE' }), /setting NONE/],
  ['five fields', () => app.timer('x', { schedule: '*/5 * * * *', handler }), /six fields/],
  ['a time span', () => app.timer('x', { schedule: '00:05:00', handler }), /six fields/],
  ['what only croner knows', () => app.timer('x', { schedule: '0 0 0 L * *', handler }), /0 0 0 L/],
  ['a minute that does not exist', () => app.timer('x', { schedule: '0 61 * * * *', handler }), /not valid/],
];

test.for(refused)('%s is refused, and the function named', async ([, register, why]) => {
  const result = hosted(register);
  await expect(result).rejects.toThrow('function "x"');
  await expect(result).rejects.toThrow(why);
});

test('every refusal is told at once', async () => {
  const result = hosted(() => {
    app.http('a', { authLevel: 'admin', handler });
    app.timer('b', { schedule: 'never', handler });
  });
  await expect(result).rejects.toThrow(/function "a"[\s\S]*function "b"/);
});

test('one name or one route twice is refused', async () => {
  const result = hosted(() => {
    app.timer('same', { schedule: '%EVERY%', handler });
    app.timer('same', { schedule: '%EVERY%', handler });
    app.get('a', { route: 'c/{x}', handler });
    app.get('b', { route: 'C/{y}', handler });
  });
  await expect(result).rejects.toThrow(/"same": registered twice[\s\S]*GET \/api\/c\/\{\}/);
});

test('a keyed route without a key to compare with is refused', async () => {
  const result = hosted(() => app.http('x', { authLevel: 'function', handler }), { hasKey: false });
  await expect(result).rejects.toThrow('needs a function key');
});

test('an app without functions, a failing file and a late registration are errors', async () => {
  await expect(hosted(() => undefined)).rejects.toThrow('registered no function');
  const fail = () => {
    throw new Error('bad file');
  };
  await expect(hosted(fail)).rejects.toThrow('bad file');
  expect(() => app.timer('late', { schedule: '%EVERY%', handler })).toThrow(
    '"late" was registered after the start',
  );
});

test('a load that throws before it is a promise is no load that goes on', async () => {
  const fail = () => {
    throw new Error('bad file');
  };
  await expect(collectFunctions(fail, log)).rejects.toThrow('bad file');
  expect(await hosted(() => app.timer('probe', { schedule: '%EVERY%', handler }))).toHaveLength(1);
});

test('hooks are refused by name', async () => {
  const hook = () => void app.hook.preInvocation(() => undefined);
  await expect(hosted(hook)).rejects.toThrow('preInvocation');
});

test('HTTP streaming, which this host cannot do, is refused by name', async () => {
  await expect(hosted(() => app.setup({ enableHttpStream: true }))).rejects.toThrow('enableHttpStream');
  app.setup({ enableHttpStream: false });
});
