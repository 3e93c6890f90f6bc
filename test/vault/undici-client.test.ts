import { describe, expect, it } from 'vitest';
import { answer, healthy, healthyBody, redirect, text } from '../fakes/hostile/behaviours.ts';
import { type Behaviour, type Endpoint, startEndpoint } from '../fakes/hostile/endpoint.ts';
import { clientOf, closing } from './clients.ts';

async function endpoint(behaviour: Behaviour): Promise<Endpoint> {
  return closing(await startEndpoint({ behaviour }));
}

describe('sys/health', () => {
  it.each([200, 429, 472, 473, 474, 501, 503, 530])('is an answer under the status %i', async (status) => {
    const { address, received } = await endpoint(answer(status, healthyBody));
    const body = { initialized: true, sealed: false, standby: false, version: '1.21.0' };
    expect(await clientOf(address).health()).toMatchObject({ ok: true, status, body });
    expect(received).toMatchObject([{ method: 'GET', path: '/v1/sys/health' }]);
    expect(received[0]?.headers).not.toHaveProperty('x-vault-token');
  });

  it('is an error under another, with the words of Vault', async () => {
    const { address } = await endpoint(answer(500, { errors: ['context deadline exceeded'] }));
    expect(await clientOf(address).health()).toMatchObject({
      ok: false,
      error: { code: 'http', status: 500, reasons: ['context deadline exceeded'], recoverable: true },
    });
  });

  it('is an error where a quota uses a status of the state table', async () => {
    const { address } = await endpoint(answer(429, { errors: ['rate limit quota exceeded'] }));
    expect(await clientOf(address).health()).toMatchObject({
      ok: false,
      error: { code: 'http', status: 429, reasons: ['rate limit quota exceeded'], recoverable: true },
    });
  });

  it('may say less than a new Vault does, and more than we know', async () => {
    const body = { initialized: true, sealed: true, standby: true };
    const { address } = await endpoint(answer(503, { ...body, moon: 'full' }));
    expect(await clientOf(address).health()).toMatchObject({ ok: true, body });
  });
});

describe('each call asks its own path', () => {
  it('without a token', async () => {
    const { address, received } = await endpoint(answer(503, { errors: ['Vault is sealed'] }));
    const client = clientOf(address);
    const answers = [
      await client.sealStatus(),
      await client.leader(),
      await client.sealBackendStatus(),
      await client.processStart(),
    ];
    expect(received.map(({ path }) => path)).toEqual([
      '/v1/sys/seal-status',
      '/v1/sys/leader',
      '/v1/sys/seal-backend-status',
      '/v1/sys/metrics?format=prometheus',
    ]);
    for (const given of answers) {
      expect(given).toMatchObject({ ok: false, error: { code: 'http', reasons: ['Vault is sealed'] } });
    }
  });

  it('with a token, out of the envelope', async () => {
    const configuration = { config: { servers: [], index: 7 } };
    const { address, received } = await endpoint(answer(200, { data: configuration }));
    const given = await clientOf(address).raftConfiguration('hvs.token');
    expect(given).toMatchObject({ ok: true, body: configuration });
    expect(received).toMatchObject([
      { path: '/v1/sys/storage/raft/configuration', headers: { 'x-vault-token': 'hvs.token' } },
    ]);
  });

  it('and tells a missing policy by the status and the known words', async () => {
    const { address } = await endpoint(
      answer(403, { errors: ['1 error occurred:\n\t* permission denied\n\n'] }),
    );
    const error = { code: 'http', status: 403, reasons: ['permission denied'], recoverable: false };
    expect(await clientOf(address).autopilotState('hvs.token')).toMatchObject({ ok: false, error });
  });
});

describe('the start of the process', () => {
  const metrics = (value: string) =>
    text(200, `# HELP x\nprocess_start_time_seconds_total 1\nprocess_start_time_seconds ${value}\nz 1\n`);

  it.each([
    ['1.79530856e+09', 1_795_308_560_000],
    ['1795308560.25 1795308561000', 1_795_308_560_250],
  ])('is read from %s', async (value, ms) => {
    const { address } = await endpoint(metrics(value));
    expect(await clientOf(address).processStart()).toMatchObject({ ok: true, body: ms });
  });

  it('is found behind two megabytes of other metrics, and in the first line', async () => {
    const line = 'process_start_time_seconds 1.7e+09\n';
    const server = await endpoint(text(200, `${'vault_metric 1\n'.repeat(140_000)}${line}`));
    expect(await clientOf(server.address).processStart()).toMatchObject({
      ok: true,
      body: 1_700_000_000_000,
    });
    server.behave(text(200, line));
    expect(await clientOf(server.address).processStart()).toMatchObject({
      ok: true,
      body: 1_700_000_000_000,
    });
  });

  it.each(['NaN', '-1', '', '1e300', 'soon'])('is not read from "%s"', async (value) => {
    const { address } = await endpoint(metrics(value));
    expect(await clientOf(address).processStart()).toMatchObject({ ok: false, error: { code: 'not-vault' } });
  });

  it('has a limit of its own', async () => {
    const { address } = await endpoint(text(200, 'x'.repeat(4 * 1024 * 1024 + 1)));
    expect(await clientOf(address).processStart()).toMatchObject({ ok: false, error: { code: 'too-large' } });
  });
});

describe('a login', () => {
  const auth = { client_token: 'hvs.new', lease_duration: 1200, renewable: true, policies: ['probe'] };

  it('gives token and lease', async () => {
    const { address, received } = await endpoint(answer(200, { auth }));
    const given = await clientOf(address).login(
      'auth/jwt/login',
      Buffer.from('{"role":"probe","jwt":"e30"}'),
    );
    const body = { token: 'hvs.new', leaseSeconds: 1200, renewable: true };
    expect(given).toMatchObject({ ok: true, body });
    expect(received).toMatchObject([
      { method: 'POST', path: '/v1/auth/jwt/login', body: '{"role":"probe","jwt":"e30"}' },
    ]);
  });

  it.each([
    ['a token that no header takes', { ...auth, client_token: 'a\nb' }, 'auth.client_token: invalid format'],
    ['no token', { ...auth, client_token: undefined }, 'auth.client_token: expected string, got nothing'],
    ['no auth', undefined, 'auth: expected object, got nothing'],
  ])('with %s is not an answer of Vault', async (_what, given, field) => {
    const { address } = await endpoint(answer(200, { auth: given }));
    expect(await clientOf(address).login('auth/jwt/login', Buffer.from('{}'))).toMatchObject({
      ok: false,
      error: { code: 'not-vault', field },
    });
  });

  it.each([
    '../sys/seal',
    'auth/../../x',
    'https://elsewhere.test/',
    '//elsewhere.test/x',
    'auth/jwt/login?x=1',
    '',
  ])('is not sent to the path "%s"', async (path) => {
    const { address, connections } = await endpoint(answer(200, { auth }));
    const given = await clientOf(address).login(path, Buffer.from('{}'));
    expect(given).toMatchObject({ ok: false, error: { code: 'http', recoverable: false } });
    expect(given).toHaveProperty('error.message', expect.stringContaining('login.mount'));
    expect(connections).toEqual([]);
  });
});

describe('a secret', () => {
  it.each(['http://vault.test:8200', 'http://127.0.0.1.vault.test:8200', 'http://10.0.0.1:8200'])(
    'is not sent to %s, not even by a dispatcher of tests',
    async (address) => {
      const client = clientOf(address, {
        dispatcher: () => {
          throw new Error('a connection was asked for');
        },
      });
      for (const given of [
        await client.autopilotState('hvs.t'),
        await client.login('auth/a/login', Buffer.from('{}')),
      ]) {
        expect(given).toMatchObject({ ok: false, error: { code: 'tls-untrusted', recoverable: false } });
        expect(given).toHaveProperty('error.message', expect.stringContaining('plain HTTP'));
      }
    },
  );

  it('with a line break at its end is not sent', async () => {
    const { address, connections } = await endpoint(healthy);
    const given = await clientOf(address).autopilotState('hvs.token\n');
    expect(given).toMatchObject({ ok: false, error: { code: 'http', recoverable: false } });
    expect(JSON.stringify(given)).not.toContain('hvs.token');
    expect(connections).toEqual([]);
  });
});

describe('a caller who aborts', () => {
  it('before the request gets `aborted`, and nothing is sent', async () => {
    const { address, connections } = await endpoint(healthy);
    const given = await clientOf(address).health({ signal: AbortSignal.abort() });
    expect(given).toMatchObject({ ok: false, error: { code: 'aborted', recoverable: true } });
    expect(connections).toEqual([]);
  });

  it('during the request gets `aborted`, and the next request is served', async () => {
    const stop = new AbortController();
    const server = await endpoint(() => stop.abort());
    const client = clientOf(server.address);
    expect(await client.health({ signal: stop.signal })).toMatchObject({
      ok: false,
      error: { code: 'aborted' },
    });
    server.behave(healthy);
    expect(await client.health()).toMatchObject({ ok: true });
  });
});

describe('limits', () => {
  it.each([50, 0.5, 0, -3.7])(
    'of one request can be shorter than those of the client: %d ms',
    async (timeoutMs) => {
      const { address } = await endpoint(() => undefined);
      expect(await clientOf(address).health({ timeoutMs })).toMatchObject({
        ok: false,
        error: { code: expect.stringMatching(/^(connect-)?timeout$/) },
      });
    },
  );

  it('take a body that is exactly as large as allowed', async () => {
    const body = JSON.stringify(healthyBody);
    const { address } = await endpoint(text(200, body));
    const exact = clientOf(address, { maxResponseBytes: body.length });
    expect(await exact.health()).toMatchObject({ ok: true });
    const less = clientOf(address, { maxResponseBytes: body.length - 1 });
    expect(await less.health()).toMatchObject({ ok: false, error: { code: 'too-large' } });
  });
});

describe('a redirect', () => {
  it.each(['/v1/sys/health', 'not a url', ''])('to "%s" names no host', async (location) => {
    const { address } = await endpoint(redirect(location));
    const given = await clientOf(address).health();
    expect(given).toMatchObject({ ok: false, error: { code: 'http', status: 307 } });
    expect(given).not.toHaveProperty('error.location');
  });
});
