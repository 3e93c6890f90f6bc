import { beforeAll, describe, expect, it } from 'vitest';
import type { Answer, VaultErrorCode } from '../../shared/vault/answer.ts';
import * as behaviours from '../fakes/hostile/behaviours.ts';
import { leaks } from '../fakes/hostile/disguises.ts';
import {
  type Behaviour,
  type Endpoint,
  startEndpoint,
  startRaw,
  startSilence,
} from '../fakes/hostile/endpoint.ts';
import { createAuthority, type IssuedCertificate, type TestAuthority } from '../fakes/pki.ts';
import { clientOf, closing, impatient } from './clients.ts';

const token = 'hvs.CAESIJ-a-token-that-nobody/may+see';

let authority: TestAuthority;
let certificate: IssuedCertificate;

beforeAll(async () => {
  authority = await createAuthority('Test CA');
  certificate = await authority.issue({ names: ['127.0.0.1'] });
});

async function endpoint(behaviour: Behaviour): Promise<Endpoint> {
  return closing(await startEndpoint({ behaviour, certificate }));
}

function errorOf(answer: Answer<unknown>) {
  if (answer.ok) throw new Error(`an answer: ${JSON.stringify(answer.body)}`);
  return answer.error;
}

const { answer, healthyBody, text } = behaviours;

const cases: [what: string, behaviour: Behaviour, code: VaultErrorCode, facts?: object][] = [
  ['a body that says it is huge', behaviours.huge, 'too-large', { status: 200 }],
  ['a body without end', behaviours.endless, 'too-large', { status: 200 }],
  ['a byte now and then for ever', behaviours.drip, 'timeout'],
  ['silence after the request', behaviours.hang, 'timeout'],
  ['silence in the middle of the body', behaviours.hangMidBody, 'timeout'],
  ['a reset in the middle of the body', behaviours.resetMidBody, 'reset'],
  ['a close without an answer', behaviours.closeWithoutAnswer, 'reset'],
  ['a reset without an answer', behaviours.resetWithoutAnswer, 'reset'],
  ['a body shorter than it says', behaviours.raw('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}'), 'reset'],
  ['HTML', behaviours.html, 'not-json', { status: 200 }],
  ['no body', text(200, ''), 'not-json', { status: 200 }],
  ['HTML with a status of the state table', text(503, '<h1>503</h1>'), 'not-json', { status: 503 }],
  ['a gzip bomb', behaviours.gzipBomb, 'not-json', { status: 200 }],
  ['brackets without end', text(200, '['.repeat(60_000)), 'not-json'],
  ['bytes that are not HTTP', behaviours.raw('SSH-2.0-OpenSSH_9.2\r\n'), 'not-json'],
  [
    'a header without end',
    behaviours.raw(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(80_000)}\r\n\r\n`),
    'too-large',
  ],
  [
    'the status 999',
    behaviours.raw('HTTP/1.1 999 Hm\r\ncontent-length: 2\r\n\r\n{}'),
    'http',
    { status: 999 },
  ],
  ['the status 500', text(500, 'oh no'), 'http', { status: 500 }],
  [
    'another JSON',
    answer(200, { status: 'UP' }),
    'not-vault',
    { field: 'initialized: expected boolean, got nothing' },
  ],
  ['a list', answer(200, []), 'not-vault', { field: 'answer: expected object, got array' }],
  ['null', answer(200, null), 'not-vault', { field: 'answer: expected object, got null' }],
  [
    'a wrong type',
    answer(200, { ...healthyBody, sealed: 'false' }),
    'not-vault',
    { field: 'sealed: expected boolean, got string' },
  ],
  [
    'a number out of range',
    text(200, JSON.stringify(healthyBody).replace('1795308560', '1e999')),
    'not-vault',
    { field: 'server_time_utc: expected number, got a number out of range' },
  ],
];

describe('a hostile endpoint gives a named code', () => {
  it.each(cases)('for %s', async (_what, behaviour, code, facts = {}) => {
    const { address } = await endpoint(behaviour);
    const limits = code === 'timeout' ? impatient : {};
    const client = clientOf(address, { tls: { ca: authority.certPem }, ...limits });
    const error = errorOf(await client.health());
    expect(error).toMatchObject({ code, ...facts });
    expect(error.message).toMatch(/^\[GET] https:\/\/127\.0\.0\.1:\d+\/v1\/sys\/health: [\x20-\x7e]+$/);
  });

  it('for silence in the TLS handshake', async () => {
    const { port } = closing(await startSilence());
    const client = clientOf(`https://127.0.0.1:${port}`, impatient);
    expect(errorOf(await client.health())).toMatchObject({ code: 'connect-timeout', recoverable: true });
  });

  it('for a connection that closes in the TLS handshake', async () => {
    const { port } = closing(await startRaw((socket) => socket.end()));
    expect(errorOf(await clientOf(`https://127.0.0.1:${port}`).health())).toMatchObject({ code: 'reset' });
  });

  it('for a port where nothing listens', async () => {
    const { port, close } = await startSilence();
    await close();
    expect(errorOf(await clientOf(`https://127.0.0.1:${port}`).health())).toMatchObject({ code: 'refused' });
  });

  it('for a name that does not resolve', async () => {
    expect(errorOf(await clientOf('https://no..name:8200').health())).toMatchObject({ code: 'dns' });
  });

  it('for plain HTTP on a TLS port', async () => {
    const { port } = closing(await startEndpoint({ behaviour: behaviours.healthy }));
    const error = errorOf(await clientOf(`https://127.0.0.1:${port}`).health());
    expect(error).toMatchObject({ code: 'tls-untrusted', recoverable: false });
    expect(error.message).toContain('is this a TLS port?');
  });
});

describe('a redirect', () => {
  it('is never followed, only told', async () => {
    const target = await endpoint(behaviours.healthy);
    const source = await endpoint(behaviours.redirect(`${target.address}/v1/sys/health?secret=1`));
    const error = errorOf(await clientOf(source.address, { tls: { ca: authority.certPem } }).health());
    expect(error).toMatchObject({ code: 'http', status: 307, location: `127.0.0.1:${target.port}` });
    expect(target.received).toEqual([]);
  });

  it('to itself ends after one request', async () => {
    const server = await endpoint(behaviours.hang);
    server.behave(behaviours.redirect(server.address, 308));
    const error = errorOf(await clientOf(server.address, { tls: { ca: authority.certPem } }).health());
    expect(error).toMatchObject({ code: 'http', status: 308 });
    expect(server.received).toHaveLength(1);
  });

  it('takes no token along', async () => {
    const target = await endpoint(behaviours.healthy);
    const source = await endpoint(behaviours.redirect(target.address));
    const client = clientOf(source.address, { tls: { ca: authority.certPem } });
    expect(errorOf(await client.autopilotState(token))).toMatchObject({ code: 'http', status: 307 });
    expect(target.connections).toEqual([]);
  });
});

describe('what an echoing endpoint gives back', () => {
  const secretId = 'a-secret-id-that-nobody+may/see';

  it.each([200, 307, 400, 403, 500])('with HTTP %i is in no error', async (status) => {
    const { address, received } = await endpoint(behaviours.echo(status));
    const client = clientOf(address, { tls: { ca: authority.certPem } });
    const body = Buffer.from(JSON.stringify({ role_id: 'role', secret_id: secretId }));
    const answers = [
      await client.autopilotState(token),
      await client.raftConfiguration(token),
      await client.renewSelf(token),
      await client.login('auth/approle/login', body),
    ];
    expect(received.map(({ headers }) => headers['x-vault-token'])).toEqual([token, token, token, undefined]);
    expect(received.at(-1)?.body).toContain(secretId);
    expect(answers.map((given) => given.ok)).toEqual([false, false, false, false]);
    expect(leaks(answers, [token, secretId, body.toString()])).toEqual([]);
  });

  it('in reasons without control characters, three of them, each of 200 characters', async () => {
    const reasons = ['\u001b[31mred\nline', 'x'.repeat(5_000), 'c', 'd'];
    const { address } = await endpoint(answer(500, { errors: reasons }));
    const error = errorOf(await clientOf(address, { tls: { ca: authority.certPem } }).health());
    expect(error.reasons).toEqual(['[31mred line', 'x'.repeat(200), 'c']);
  });
});
