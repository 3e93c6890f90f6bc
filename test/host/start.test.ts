/** The embedded host over HTTP and time: real @azure/functions, real sockets. */
import { createConnection } from 'node:net';
import { app, type HttpRequest, type Timer } from '@azure/functions';
import { afterEach, describe, expect, test } from 'vitest';
import { type Host, type HostOptions, startHost } from '../../host/start.ts';
import { createLog } from '../../shared/log/log.ts';

const functionKey = 'the-right-function-key';
const records: Record<string, unknown>[] = [];
const log = createLog({ write: (line) => records.push(JSON.parse(line)), clock: { now: () => 0 } });
const hosts: Host[] = [];

async function start(register: () => void, over: Partial<HostOptions> = {}): Promise<Host> {
  const host = await startHost({
    load: async () => register(),
    settings: { NEVER: '0 0 0 1 1 *', EVERY_SECOND: '* * * * * *' },
    storageConnectionString: 'UseDevelopmentStorage=true',
    port: 0,
    functionKey,
    log,
    ...over,
  });
  hosts.push(host);
  return host;
}

afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.close()));
  records.length = 0;
});

/** A promise and its ends. */
function gate<T = void>() {
  return Promise.withResolvers<T>();
}

describe('HTTP', () => {
  test('a handler gets the real request: method, parameters, query, headers, body', async () => {
    const { url } = await start(() =>
      app.http('echo', {
        methods: ['POST'],
        route: 'clusters/{cluster}/quiet/{id}',
        authLevel: 'anonymous',
        handler: async (request: HttpRequest) => ({
          status: 201,
          headers: { 'x-seen': request.headers.get('x-sent') ?? '' },
          jsonBody: {
            url: request.url,
            method: request.method,
            params: request.params,
            query: [...request.query],
            body: await request.json(),
          },
        }),
      }),
    );
    const response = await fetch(`${url}/api/clusters/pay%20ments/quiet/7?a=1&a=2`, {
      method: 'POST',
      headers: { 'x-sent': 'hello' },
      body: JSON.stringify({ grüße: [1] }),
    });
    expect(response.status).toBe(201);
    expect(response.headers.get('x-seen')).toBe('hello');
    expect(await response.json()).toEqual({
      url: `${url}/api/clusters/pay%20ments/quiet/7?a=1&a=2`,
      method: 'POST',
      params: { cluster: 'pay ments', id: '7' },
      query: [
        ['a', '1'],
        ['a', '2'],
      ],
      body: { grüße: [1] },
    });
  });

  test('text, nothing and a status alone are answers too', async () => {
    const { url } = await start(() => {
      app.get('text', () => ({ body: 'plain' }));
      app.get('nothing', () => ({ status: 204, body: 'dropped' }));
      app.get('status', () => ({ status: 503 }));
    });
    const text = await fetch(`${url}/api/text`);
    expect([text.status, await text.text()]).toEqual([200, 'plain']);
    expect((await fetch(`${url}/api/nothing`)).status).toBe(204);
    expect((await fetch(`${url}/api/status`)).status).toBe(503);
  });

  test('an unknown path is 404, a wrong method 405 with what is allowed', async () => {
    const { url } = await start(() => {
      app.get('a', { route: 'thing', handler: () => ({}) });
      app.post('b', { route: 'thing', handler: () => ({}) });
    });
    const unknown = await fetch(`${url}/api/other`);
    expect([unknown.status, await unknown.json()]).toEqual([404, { error: expect.any(String) }]);
    const wrong = await fetch(`${url}/api/thing`, { method: 'DELETE' });
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, POST']);
  });

  test('a literal path wins over a parameter', async () => {
    const { url } = await start(() => {
      app.get('one', { route: 'c/{name}', handler: () => ({ body: 'one' }) });
      app.get('all', { route: 'c/all', handler: () => ({ body: 'all' }) });
    });
    expect(await (await fetch(`${url}/api/c/all`)).text()).toBe('all');
    expect(await (await fetch(`${url}/api/c/x`)).text()).toBe('one');
  });

  describe('a keyed function', () => {
    const register = () =>
      app.http('keyed', {
        methods: ['GET'],
        authLevel: 'function',
        handler: (request) => ({ jsonBody: { url: request.url, headers: [...request.headers.keys()] } }),
      });

    test.for<[string, string, Record<string, string>]>([
      ['no key', '', {}],
      ['a wrong key', '', { 'x-functions-key': 'wrong' }],
      ['an empty key', '?code=', {}],
      ['the beginning of the key', '', { 'x-functions-key': functionKey.slice(0, -1) }],
      ['a longer key', `?code=${functionKey}x`, {}],
      ['a wrong header beside the right query', `?code=${functionKey}`, { 'x-functions-key': 'wrong' }],
    ])('is not run for %s', async ([, query, headers]) => {
      const { url } = await start(register);
      const response = await fetch(`${url}/api/keyed${query}`, { headers });
      expect(response.status).toBe(401);
      expect(JSON.stringify(await response.json())).not.toContain(functionKey);
    });

    test('is run with the key in a header or the query, and does not see it', async () => {
      const { url } = await start(register);
      const byHeader = await fetch(`${url}/api/keyed`, { headers: { 'x-functions-key': functionKey } });
      const byQuery = await fetch(`${url}/api/keyed?code=${functionKey}&a=1`);
      expect([byHeader.status, byQuery.status]).toEqual([200, 200]);
      expect(JSON.stringify([await byHeader.json(), await byQuery.json()])).not.toMatch(
        /the-right|x-functions-key/,
      );
    });
  });

  test('what a handler throws is 500 to the caller, and said in the log only', async () => {
    const { url } = await start(() =>
      app.get('broken', () => {
        throw new Error('inner detail');
      }),
    );
    const response = await fetch(`${url}/api/broken`);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('inner detail');
    const failed = records.find(({ event }) => event === 'function-failed');
    expect(failed).toMatchObject({ level: 'error', function: 'broken', error: { message: 'inner detail' } });
  });

  test('a body of 1 MiB is taken, one byte more is 413', async () => {
    const { url } = await start(() =>
      app.post('size', (request) =>
        request.arrayBuffer().then((body) => ({ body: String(body.byteLength) })),
      ),
    );
    const post = (bytes: number) => fetch(`${url}/api/size`, { method: 'POST', body: new Uint8Array(bytes) });
    expect(await (await post(1024 * 1024)).text()).toBe('1048576');
    expect((await post(1024 * 1024 + 1)).status).toBe(413);
  });

  test('the Host header does not decide what the function sees', async () => {
    const { url } = await start(() => app.get('url', (request) => ({ body: request.url })));
    const { port } = new URL(url);
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = createConnection(Number(port), '127.0.0.1', () =>
        socket.write('GET /api/url HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n'),
      );
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk;
      });
      socket.on('end', () => resolve(text));
      socket.on('error', reject);
    });
    expect(answer).toContain(`${url}/api/url`);
    expect(answer).not.toContain('evil');
  });

  test('it listens on loopback only, and says so when the port is taken', async () => {
    const first = await start(() => app.get('a', () => ({})));
    expect(new URL(first.url).hostname).toBe('127.0.0.1');
    const port = Number(new URL(first.url).port);
    await expect(start(() => app.get('a', () => ({})), { port })).rejects.toThrow(`port ${port} is taken`);
  });
});

describe('timers', () => {
  test('the schedule runs the function with timer data', async () => {
    const ran = gate<Timer>();
    await start(() =>
      app.timer('probe', { schedule: '%EVERY_SECOND%', handler: (timer) => ran.resolve(timer) }),
    );
    const timer = await ran.promise;
    expect(timer.isPastDue).toBe(false);
    expect(Date.parse(timer.scheduleStatus.next)).toBeGreaterThan(0);
  });

  test('invoke runs it now, and fails as it fails', async () => {
    let runs = 0;
    const host = await start(() => {
      app.timer('good', { schedule: '%NEVER%', handler: () => void (runs += 1) });
      app.timer('bad', { schedule: '%NEVER%', handler: () => Promise.reject(new Error('no fleet')) });
      app.get('page', () => ({}));
    });
    await host.invoke('good');
    expect(runs).toBe(1);
    await expect(host.invoke('bad')).rejects.toThrow('no fleet');
    await host.invoke('good');
    expect(runs).toBe(2);
    await expect(host.invoke('page')).rejects.toThrow('there are: good, bad');
  });

  test('invoke waits for a run that is under way: they never overlap', async () => {
    const gates = [gate(), gate()];
    const order: string[] = [];
    let run = 0;
    const host = await start(() =>
      app.timer('probe', {
        schedule: '%NEVER%',
        handler: async () => {
          const mine = run++;
          order.push(`begin ${mine}`);
          await gates[mine]?.promise;
          order.push(`end ${mine}`);
        },
      }),
    );
    const both = [host.invoke('probe'), host.invoke('probe')];
    gates[1]?.resolve();
    gates[0]?.resolve();
    await Promise.all(both);
    expect(order).toEqual(['begin 0', 'end 0', 'begin 1', 'end 1']);
  });
});

describe('the log of functions', () => {
  test('context.log ends in the host log, with the function that said it', async () => {
    const host = await start(() =>
      app.timer('talk', {
        schedule: '%NEVER%',
        handler: (_timer, context) => {
          context.log('seen %d', 3);
          context.warn('careful');
          context.error('bad');
        },
      }),
    );
    await host.invoke('talk');
    const said = records.filter(({ event }) => event === 'function-log');
    expect(said.map(({ level, function: name, text }) => [level, name, text])).toEqual([
      ['info', 'talk', 'seen 3'],
      ['warn', 'talk', 'careful'],
      ['error', 'talk', 'bad'],
    ]);
  });
});

describe('stopping', () => {
  test('waits for what runs, and lets its answer out', async () => {
    const begun = gate();
    const finish = gate();
    const host = await start(() =>
      app.get('slow', async () => {
        begun.resolve();
        await finish.promise;
        return { body: 'done' };
      }),
    );
    const response = fetch(`${host.url}/api/slow`);
    await begun.promise;
    const closed = host.close();
    finish.resolve();
    expect(await (await response).text()).toBe('done');
    await closed;
    await expect(fetch(`${host.url}/api/slow`)).rejects.toThrow();
    expect(host.close()).toBe(closed);
  });

  test('takes no trigger any more', async () => {
    const host = await start(() => app.timer('probe', { schedule: '%NEVER%', handler: () => undefined }));
    await host.close();
    await expect(host.invoke('probe')).rejects.toThrow('stopping');
  });
});
