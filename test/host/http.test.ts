/** The embedded host over HTTP: real @azure/functions, real sockets. */
import { app, type HttpRequest } from '@azure/functions';
import { describe, expect, test } from 'vitest';
import { answerTo, functionKey, records, start } from './host-under-test.ts';

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
    app.post('size', (request) => request.arrayBuffer().then((body) => ({ body: String(body.byteLength) }))),
  );
  const post = (bytes: number) => fetch(`${url}/api/size`, { method: 'POST', body: new Uint8Array(bytes) });
  expect(await (await post(1024 * 1024)).text()).toBe('1048576');
  const larger = await post(1024 * 1024 + 1);
  // What was not read would otherwise be taken for the next request of the connection.
  expect([larger.status, larger.headers.get('connection')]).toEqual([413, 'close']);
});

test('the Host header does not decide what the function sees', async () => {
  const { url } = await start(() => app.get('url', (request) => ({ body: request.url })));
  const request = 'GET /api/url HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n';
  const answer = await answerTo(url, request);
  expect(answer).toContain(`${url}/api/url`);
  expect(answer).not.toContain('evil');
});

test.for([
  ['GET', 'http://evil.example/api/a'],
  ['OPTIONS', '*'],
])('%s %s, which is no path, is 400', async ([method, target]) => {
  const { url } = await start(() => app.get('a', () => ({})));
  const request = `${method} ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
  expect(await answerTo(url, request)).toMatch(/^HTTP\/1\.1 400 [\s\S]*begin with/);
});

test('a handler that wants to set a cookie fails, instead of setting none', async () => {
  const { url } = await start(() => app.get('a', () => ({ cookies: [{ name: 'a', value: 'b' }] })));
  const response = await fetch(`${url}/api/a`);
  expect([response.status, await response.text()]).toEqual([500, expect.stringContaining('cookies')]);
});

test('an IPv6 address stands in brackets, so that its url can be used as it is', async () => {
  // An IPv6 socket that needs no IPv6 network.
  const { url } = await start(() => app.get('a', () => ({ body: 'here' })), { address: '::ffff:127.0.0.1' });
  expect(url).toMatch(/^http:\/\/\[::ffff:127\.0\.0\.1\]:\d+$/);
  expect(await (await fetch(`${url}/api/a`)).text()).toBe('here');
});

test('it listens on loopback only, and says so when the port is taken', async () => {
  const first = await start(() => app.get('a', () => ({})));
  expect(new URL(first.url).hostname).toBe('127.0.0.1');
  const port = Number(new URL(first.url).port);
  await expect(start(() => app.get('a', () => ({})), { port })).rejects.toThrow(`port ${port} is taken`);
});
