/**
 * Stands in for Entra: an issuer on loopback with real RSA keys that serves its key set over plain HTTP and mints any
 * token, right or wrong in each field. It is a fake: it knows no sign-in, no consent and no directory. It signs with
 * node:crypto itself, so that what is tested does not make its own test data.
 */
import { createHmac, generateKeyPair, type KeyObject, randomUUID, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import type { TokenSettings } from '../../../shared/people/settings.ts';

export type KeySetAnswer =
  | { status: number; body?: string; headers?: Record<string, string> }
  | 'hang'
  | 'reset'
  /** Bytes that never end. */
  | 'flood';

export interface Minted {
  /** Over a right token's claims; undefined removes one. */
  claims?: Record<string, unknown>;
  /** Over a right token's header; undefined removes one. */
  header?: Record<string, unknown>;
  /** `none`: no signature. `hmac`: HS256 with the public key as its secret. `stranger`: another RSA key. */
  signature?: 'right' | 'none' | 'hmac' | 'stranger';
}

export interface FakeEntra {
  settings: TokenSettings;
  keysUrl: string;
  /** How often the key set was asked for. */
  fetches: number;
  /** @returns a token; without arguments one of a person with every role. */
  mint(wrong?: Minted): string;
  /** Signs with a new key from now on; `published: false` keeps the old set on show. */
  rollKeys(options?: { keepOld?: boolean; published?: boolean }): Promise<void>;
  /** Replaces the usual answer; undefined stands for the usual one. */
  respond(answer: KeySetAnswer | undefined): void;
  /** Publishes more entries, first; also nonsense. */
  publish(...entries: unknown[]): void;
  close(): Promise<void>;
}

export interface FakeKey {
  kid: string;
  publicKey: KeyObject;
  privateKey: KeyObject;
}

export async function newKey(bits = 2048, publicExponent = 65_537): Promise<FakeKey> {
  const pair = await promisify(generateKeyPair)('rsa', { modulusLength: bits, publicExponent });
  return { kid: randomUUID(), ...pair };
}

export function publicEntry({ kid, publicKey }: FakeKey): Record<string, unknown> {
  // As Entra publishes them: no alg, and certificates that nothing here looks at.
  return { ...publicKey.export({ format: 'jwk' }), use: 'sig', kid, x5t: kid, x5c: ['MIIfake'] };
}

export const ada = '6f1c2a3b-0000-4000-8000-00000000ada0';

/** @param now wall-clock time of the tokens, ms. */
export async function startFakeEntra(now: number): Promise<FakeEntra> {
  const [first, stranger] = await Promise.all([newKey(), newKey()]);
  let current = first;
  let published = [current];
  let extra: unknown[] = [];
  let answer: KeySetAnswer | undefined;
  const settings = settingsOf(randomUUID());
  const server = createServer((request, response) => {
    fake.fetches += request.url === '/discovery/v2.0/keys' ? 1 : 0;
    const keys = [...extra, ...published.map(publicEntry)];
    serve(response, answer ?? { status: 200, body: JSON.stringify({ keys }) });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const fake: FakeEntra = {
    settings,
    keysUrl: `http://127.0.0.1:${port}/discovery/v2.0/keys`,
    fetches: 0,
    mint: (wrong = {}) => mint(current, stranger, { ...claimsOf(settings, now), ...wrong.claims }, wrong),
    async rollKeys({ keepOld = true, published: shown = true } = {}) {
      const old = published;
      current = await newKey();
      if (shown) published = keepOld ? [current, ...old] : [current];
    },
    respond(next) {
      answer = next;
    },
    publish(...entries) {
      extra = entries;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return fake;
}

function settingsOf(tenant: string): TokenSettings {
  return {
    issuer: `https://login.microsoftonline.com/${tenant}/v2.0`,
    tenant,
    audience: randomUUID(),
    clients: [randomUUID(), randomUUID()],
    scope: 'Sealwatch.Access',
    objectId: 'guid',
  };
}

/** As Entra's v2 access tokens are for a signed-in user, with an hour to go. */
function claimsOf(settings: TokenSettings, now: number): Record<string, unknown> {
  const seconds = Math.floor(now / 1000);
  return {
    ver: '2.0',
    iss: settings.issuer,
    tid: settings.tenant,
    aud: settings.audience,
    azp: settings.clients[1],
    azpacr: '0',
    scp: `openid ${settings.scope}`,
    roles: ['Sealwatch.Read', 'Sealwatch.Operate', 'Sealwatch.Approve'],
    oid: ada,
    sub: 'pairwise-subject',
    name: 'Ada Lovelace',
    preferred_username: 'ada@example.com',
    iat: seconds - 300,
    nbf: seconds - 300,
    exp: seconds + 3600,
  };
}

function mint(
  current: FakeKey,
  stranger: FakeKey,
  claims: Record<string, unknown>,
  { header, signature = 'right' }: Minted,
): string {
  const alg = { right: 'RS256', stranger: 'RS256', none: 'none', hmac: 'HS256' }[signature];
  const text = [{ typ: 'JWT', alg, kid: current.kid, ...header }, claims].map(encoded).join('.');
  const signers = {
    right: () => sign('sha256', Buffer.from(text), current.privateKey),
    stranger: () => sign('sha256', Buffer.from(text), stranger.privateKey),
    none: () => Buffer.alloc(0),
    hmac: () => {
      const secret = current.publicKey.export({ type: 'spki', format: 'pem' });
      return createHmac('sha256', secret).update(text).digest();
    },
  };
  return `${text}.${signers[signature]().toString('base64url')}`;
}

function encoded(part: unknown): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

function serve(response: ServerResponse, answer: KeySetAnswer): void {
  if (answer === 'hang') return;
  if (answer === 'reset') {
    response.destroy();
    return;
  }
  if (answer === 'flood') {
    response.writeHead(200);
    const more = () => {
      while (!response.destroyed && response.write('x'.repeat(16_384))) continue;
    };
    response.on('drain', more);
    more();
    return;
  }
  response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
  response.end(answer.body ?? '');
}
