import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { Answer } from '../../shared/vault/answer.ts';
import {
  answer,
  closeWithoutAnswer,
  hang,
  healthy,
  healthyBody,
  resetWithoutAnswer,
} from '../fakes/hostile/behaviours.ts';
import { type Behaviour, type Endpoint, startEndpoint } from '../fakes/hostile/endpoint.ts';
import { createAuthority, type IssuedCertificate, type TestAuthority } from '../fakes/pki.ts';
import { clientOf, closing } from './clients.ts';

let authority: TestAuthority;
let certificate: IssuedCertificate;

beforeAll(async () => {
  authority = await createAuthority('Test CA');
  certificate = await authority.issue({ names: ['127.0.0.1'] });
});

async function endpoint(over: { behaviour?: Behaviour; port?: number } = {}): Promise<Endpoint> {
  return closing(await startEndpoint({ behaviour: healthy, certificate, ...over }));
}

function trusting(address: string, pins: string[] = []) {
  return clientOf(address, { tls: { ca: authority.certPem, pins } });
}

/** The server ends the connection after its answer. */
const oneEach = answer(200, healthyBody, { connection: 'close' });

function connectionOf(answer: Answer<unknown>) {
  if (!answer.ok || !answer.connection) throw new Error(`no connection: ${JSON.stringify(answer)}`);
  return answer.connection;
}

describe('the connection of the probe', () => {
  it('is kept: two answers, one connection', async () => {
    const { address, connections } = await endpoint();
    const client = trusting(address);
    const [first, second] = [await client.health(), await client.sealStatus()];
    expect(connectionOf(first)).toMatchObject({ id: 1, resumed: false });
    // The second path answers in a shape that is not its own, over the same connection.
    expect(second.ok).toBe(false);
    expect(connectionOf(await client.health())).toEqual(connectionOf(first));
    expect(connections).toHaveLength(1);
  });

  it('resumes its TLS session when the server ended it, and keeps the facts of the full handshake', async () => {
    const { address, connections } = await endpoint({ behaviour: oneEach });
    const client = trusting(address);
    const first = connectionOf(await client.health());
    const certificate = client.certificate();
    const second = connectionOf(await client.health());
    expect([first.resumed, second.resumed]).toEqual([false, true]);
    expect(second.id).toBe(2);
    expect(connections.map(({ resumed }) => resumed)).toEqual([false, true]);
    expect(client.certificate()).toEqual(certificate);
  });

  it('comes back after it was ended by us: on its TLS session, with its certificate and its count', async () => {
    const { address, connections } = await endpoint();
    const client = trusting(address);
    const first = connectionOf(await client.health());
    const certificate = client.certificate();
    for (let id = first.id + 1; id <= 4; id += 1) {
      await client.disconnect();
      // However often: it goes back to the one full handshake.
      const handshake = { id: first.id, openedAt: first.openedAt };
      expect(connectionOf(await client.health())).toMatchObject({ id, resumed: true, handshake });
    }
    expect(connections.map(({ resumed }) => resumed)).toEqual([false, true, true, true]);
    expect(client.certificate()).toEqual(certificate);
  });

  it('takes what is under way with it when it is ended, and the next request has one of its own', async () => {
    const server = await endpoint({ behaviour: hang });
    const client = trusting(server.address);
    const asked = client.health();
    await vi.waitFor(() => expect(server.received).toHaveLength(1));
    await client.disconnect();
    expect(await asked).toMatchObject({ ok: false, error: { code: 'aborted' } });
    server.behave(healthy);
    expect(await client.health()).toMatchObject({ ok: true });
  });

  it('makes a full handshake each time where keys are pinned', async () => {
    const { address, connections } = await endpoint({ behaviour: oneEach });
    const client = trusting(address, [certificate.spki]);
    const answers = [await client.health(), await client.health()];
    expect(answers.map((given) => connectionOf(given).resumed)).toEqual([false, false]);
    expect(connections.map(({ resumed }) => resumed)).toEqual([false, false]);
  });

  it('is a new one after a restart of the server, which is no error', async () => {
    const server = await endpoint();
    const client = trusting(server.address);
    const before = connectionOf(await client.health());
    await server.close();
    await endpoint({ port: server.port });
    const after = connectionOf(await client.health());
    expect(after.id).toBe(before.id + 1);
    expect(after.resumed).toBe(false);
  });

  it.each([
    ['closes', closeWithoutAnswer],
    ['resets', resetWithoutAnswer],
  ])('is tried once more when a server %s it at the second request', async (_how, ending) => {
    const server = await endpoint();
    const client = trusting(server.address);
    const before = connectionOf(await client.health());
    server.behave((request, response, reset) => {
      server.behave(healthy);
      ending(request, response, reset);
    });
    const after = connectionOf(await client.health());
    expect(after.id).toBe(before.id + 1);
    expect(server.received).toHaveLength(3);
  });

  it('is not tried a third time', async () => {
    const server = await endpoint();
    const client = trusting(server.address);
    await client.health();
    server.behave(closeWithoutAnswer);
    expect(await client.health()).toMatchObject({ ok: false, error: { code: 'reset' } });
    expect(server.received).toHaveLength(3);
  });
});

describe('a fresh request', () => {
  it('has a connection of its own, with a full handshake', async () => {
    const { address, connections } = await endpoint();
    const client = trusting(address);
    const kept = connectionOf(await client.health());
    const fresh = connectionOf(await client.health({ fresh: true }));
    expect(fresh).toMatchObject({ id: kept.id + 1, resumed: false });
    expect(connectionOf(await client.health())).toEqual(kept);
    expect(connections).toHaveLength(2);
  });
});

describe('requests with a token', () => {
  it('never resume a TLS session and never use the connection of the probe', async () => {
    const { address, connections } = await endpoint({ behaviour: oneEach });
    const client = trusting(address);
    await client.health();
    const token = 'hvs.token';
    await client.autopilotState(token);
    await client.raftConfiguration(token);
    await client.renewSelf(token);
    await client.login('auth/jwt/login', Buffer.from('{}'));
    expect(connections.map(({ resumed }) => resumed)).toEqual([false, false, false, false, false]);
  });

  it('are not sent twice when they are not reads', async () => {
    const server = await endpoint({ behaviour: answer(200, { auth: auth('a') }) });
    const client = trusting(server.address);
    expect(await client.renewSelf('hvs.token')).toMatchObject({ ok: true });
    server.behave(closeWithoutAnswer);
    expect(await client.renewSelf('hvs.token')).toMatchObject({ ok: false, error: { code: 'reset' } });
    expect(server.received).toHaveLength(2);
  });
});

describe('a closed client', () => {
  it('ends what is under way, and begins nothing', async () => {
    const server = await endpoint({ behaviour: () => void client.close() });
    const client = trusting(server.address);
    expect(await client.health()).toMatchObject({ ok: false, error: { code: 'aborted' } });
    expect(await client.health()).toMatchObject({ ok: false, error: { code: 'aborted' } });
    expect(server.received).toHaveLength(1);
  });
});

const auth = (token: string) => ({ client_token: token, lease_duration: 60, renewable: true });

describe('a fresh request', () => {
  it('leaves no connection behind', async () => {
    const open = new Set<Socket>();
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(healthyBody));
    });
    server.keepAliveTimeout = 0;
    server.on('connection', (socket) => {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const client = clientOf(`http://127.0.0.1:${port}`);
    for (let request = 0; request < 5; request += 1) await client.health({ fresh: true });
    await vi.waitFor(() => expect(open.size).toBe(0), { timeout: 5000 });
    await client.close();
    server.close();
  });
});
