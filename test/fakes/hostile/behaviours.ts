/** What an endpoint can do wrong, one function each; and a healthy answer to compare with. */
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { Behaviour } from './endpoint.ts';

/** Vault 1.21.0, active. */
export const healthyBody = {
  initialized: true,
  sealed: false,
  standby: false,
  performance_standby: false,
  replication_performance_mode: 'disabled',
  replication_dr_mode: 'disabled',
  server_time_utc: 1_795_308_560,
  version: '1.21.0',
  enterprise: false,
  cluster_name: 'vault-cluster-1',
  cluster_id: '0b8f6a1e-9f2b-4d42-8c2e-0f5b3f6f1c11',
};

export const answer =
  (status: number, body: unknown, headers: Record<string, string> = {}): Behaviour =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };

export const healthy = answer(200, healthyBody);

export const text =
  (status: number, body: string | Buffer, headers: Record<string, string> = {}): Behaviour =>
  (_request, response) => {
    response.writeHead(status, headers);
    response.end(body);
  };

/** One piece after the other, for as long as the client listens. */
const flood = (piece: string, pauseMs: number): Behaviour => {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => response.write(piece), pauseMs);
    response.on('close', () => clearInterval(timer));
  };
};

/** White space is valid JSON up to the end that never comes. */
export const drip = flood(' ', 20);
export const endless = flood(' '.repeat(65_536), 1);

/** Says how large it is at once. */
export const huge = text(200, `"${'x'.repeat(1024 * 1024)}"`);

export const hang: Behaviour = () => undefined;

/** Header, half a body, and no more. */
export const hangMidBody: Behaviour = (_request, response) => {
  response.writeHead(200, { 'content-length': '100' });
  response.write('{"initialized": true,');
};

export const resetMidBody: Behaviour = (_request, response, reset) => {
  response.writeHead(200, { 'content-length': '100' });
  response.write('{"initialized": true,', reset);
};

export const closeWithoutAnswer: Behaviour = (_request, response) => {
  socketOf(response).end();
};

export const resetWithoutAnswer: Behaviour = (_request, _response, reset) => reset();

export const html = text(200, '<!doctype html><title>Sign in</title>', { 'content-type': 'text/html' });

export const redirect =
  (location: string, status = 307): Behaviour =>
  (_request, response) => {
    response.writeHead(status, { location });
    response.end();
  };

/** 32 MiB of zeros in 32 KiB: harmless to who does not unpack it. */
export const gzipBomb = text(200, gzipSync(Buffer.alloc(32 * 1024 * 1024)), {
  'content-encoding': 'gzip',
  'content-type': 'application/json',
});

/** Bytes as they are, in place of an HTTP answer. */
export const raw =
  (bytes: string): Behaviour =>
  (_request, response) => {
    socketOf(response).end(bytes);
  };

/** Gives back every header and the body that it got, in every place that an error is made of. */
export const echo =
  (status: number): Behaviour =>
  (request, response) => {
    const secrets = [request.headers['x-vault-token'] ?? '', request.body].map(String);
    const disguised = secrets.flatMap((secret) => [
      secret,
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('hex'),
      encodeURIComponent(secret),
    ]);
    const hex = disguised[2] || Buffer.from(request.body).toString('hex').slice(0, 60);
    response.writeHead(status, { location: `https://${hex.slice(0, 60)}.test/`, 'x-echo': hex });
    response.end(
      JSON.stringify({
        errors: disguised,
        data: {
          servers: Object.fromEntries(disguised.map((text) => [text, { id: text }])),
          healthy: disguised,
        },
        auth: { client_token: disguised, lease_duration: disguised[0] },
      }),
    );
  };

function socketOf(response: ServerResponse) {
  const { socket } = response;
  if (!socket) throw new Error('the connection is gone');
  return socket;
}
