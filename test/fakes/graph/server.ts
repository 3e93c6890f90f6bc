/**
 * A FAKE of Microsoft Graph, and says so in every answer: one application object, its client secrets seen, added and
 * removed. What it adds works at the fake of Entra's token endpoint, after a while if it is told so. Over verified TLS,
 * at Graph's own name. It has no directory, no batches and no other permission than the one it is told of.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { LookupFunction } from 'node:net';
import type { GraphReplaced } from '../../../shared/compose/graph.ts';
import type { FakeTokenEndpoint } from '../entra/token-endpoint.ts';
import { disguises } from '../hostile/disguises.ts';
import { type Endpoint, type Received, startEndpoint } from '../hostile/endpoint.ts';
import { createAuthority } from '../pki.ts';

export type GraphOperation = 'get' | 'addPassword' | 'removePassword';

/** Instead of its work; `lost`: its work, and then no answer; `echo`: 200 with what it was sent; `flood`: bytes without end. */
export type GraphFault =
  | { status: number; retryAfter?: string; body?: string; headers?: Record<string, string> }
  | 'hang'
  | 'reset'
  | 'lost'
  | 'echo'
  | 'flood';

interface Secret {
  keyId: string;
  displayName: string | null;
  value: string;
  startsAt: number;
  endsAt: number;
  /** Answers that still come from a replica that does not know it. */
  unlistedFor: number;
  hint: string | null;
}

export interface FakeGraph {
  objectId: string;
  appId: string;
  token: string;
  caPem: string;
  received: Endpoint['received'];
  /** Where compose finds it instead of the real one. */
  replaced: GraphReplaced;
  /** Gives the one token that the fake takes. */
  credential: { getToken(): Promise<{ token: string; expiresOnTimestamp: number }> };
  /** Its clock is so far ahead of ours, ms. */
  skewMs: number;
  /** Token requests that what is added from now on is unknown for. */
  propagation: number;
  /** Lists that what is added from now on is missing in. */
  lag: number;
  /** By a person, in the portal; `value` where it is a given one. */
  addByHand(made?: Partial<Pick<Secret, 'displayName' | 'value' | 'startsAt' | 'endsAt' | 'hint'>>): {
    keyId: string;
    value: string;
  };
  /** What truly is there, the oldest first. */
  secrets(): { keyId: string; displayName: string | null; value: string; startsAt: number; endsAt: number }[];
  /** By a person, in the portal. */
  removeByHand(keyId: string): void;
  /** The next `times` calls fail so. */
  fail(operation: GraphOperation | 'any', fault: GraphFault, times?: number): void;
  heal(): void;
  close(): Promise<void>;
}

const name = 'graph.microsoft.com';
const says = { 'content-type': 'application/json', 'x-fake': 'not Microsoft Graph' };
const day = 86_400_000;

interface Reply {
  status: number;
  body?: object;
}

/** @param now its clock, but for the skew, ms. */
export async function startGraph(entra: FakeTokenEndpoint, now: () => number): Promise<FakeGraph> {
  const authority = await createAuthority('fake Graph CA');
  const certificate = await authority.issue({ names: [name] });
  const objectId = randomUUID();
  const token = randomBytes(24).toString('base64url');
  const faults: { operation: GraphOperation | 'any'; fault: GraphFault; left: number }[] = [];
  let held: Secret[] = [];

  function add(over: Partial<Secret>, unknownFor: number, unlistedFor: number): Secret {
    const value = over.value ?? entra.addSecret(unknownFor);
    const startsAt = over.startsAt ?? now() + fake.skewMs;
    const secret = {
      keyId: randomUUID(),
      displayName: null,
      value,
      startsAt,
      endsAt: startsAt + 180 * day,
      hint: value.slice(0, 3),
      unlistedFor,
      ...over,
    };
    held.push(secret);
    return secret;
  }

  function remove(keyId: string): boolean {
    const found = held.find((one) => one.keyId === keyId);
    if (!found) return false;
    held = held.filter((one) => one !== found);
    entra.removeSecret(found.value);
    return true;
  }

  function work(operation: GraphOperation, body: string): Reply {
    if (operation === 'get') {
      const shown = held.filter((secret) => secret.unlistedFor-- <= 0);
      return {
        status: 200,
        body: {
          id: objectId,
          appId: entra.clientId,
          displayName: 'vault',
          passwordCredentials: shown.map(listed),
        },
      };
    }
    const asked = JSON.parse(body) as { keyId?: string; passwordCredential?: Record<string, string> };
    if (operation === 'removePassword')
      return remove(asked.keyId ?? '')
        ? { status: 204 }
        : { status: 400, body: refusal('Request_BadRequest') };
    const { displayName = null, startDateTime, endDateTime } = asked.passwordCredential ?? {};
    const startsAt = startDateTime === undefined ? now() + fake.skewMs : Date.parse(startDateTime);
    const endsAt = endDateTime === undefined ? startsAt + 730 * day : Date.parse(endDateTime);
    if (!(endsAt > startsAt)) return { status: 400, body: refusal('KeyCredentialsInvalidEndDate') };
    const secret = add({ displayName, startsAt, endsAt }, fake.propagation, fake.lag);
    return { status: 200, body: { ...listed(secret), secretText: secret.value } };
  }

  const endpoint = await startEndpoint({
    certificate,
    behaviour(request, response, reset) {
      const operation = operationOf(request, objectId, entra.clientId);
      const send = (status: number, body: string | undefined, headers: Record<string, string> = {}) => {
        const date = new Date(now() + fake.skewMs).toUTCString();
        response.writeHead(status, { ...says, date, ...headers }).end(body);
      };
      const fault = faults.find((one) => one.left > 0 && ['any', operation].includes(one.operation));
      if (fault) {
        fault.left -= 1;
        if (fault.fault === 'hang') return;
        if (fault.fault === 'reset') return reset();
        if (fault.fault === 'flood') {
          response.writeHead(200, says);
          const more = () => {
            while (!response.destroyed && response.write('x'.repeat(65_536))) continue;
          };
          response.on('drain', more);
          return more();
        }
        if (fault.fault === 'echo') return send(200, JSON.stringify({ echo: everything(request, held) }));
        if (fault.fault !== 'lost') {
          const { status, retryAfter, body, headers } = fault.fault;
          const wait = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
          return send(status, body ?? JSON.stringify(refusal('Injected')), { ...wait, ...headers });
        }
      }
      if (request.headers.authorization !== `Bearer ${token}`)
        return send(401, JSON.stringify(refusal('InvalidAuthenticationToken')));
      if (operation === undefined) return send(404, JSON.stringify(refusal('Request_ResourceNotFound')));
      const { status, body } = work(operation, request.body);
      if (fault) return reset();
      send(status, body && JSON.stringify(body));
    },
  });

  const fake: FakeGraph = {
    objectId,
    appId: entra.clientId,
    token,
    caPem: authority.certPem,
    received: endpoint.received,
    replaced: { port: endpoint.port, ca: authority.certPem, lookup: toLoopback },
    credential: { getToken: async () => ({ token, expiresOnTimestamp: now() + 3_600_000 }) },
    skewMs: 0,
    propagation: 0,
    lag: 0,
    addByHand(made = {}) {
      const { keyId, value } = add(made, 0, 0);
      return { keyId, value };
    },
    secrets: () =>
      held.map(({ keyId, displayName, value, startsAt, endsAt }) => ({
        keyId,
        displayName,
        value,
        startsAt,
        endsAt,
      })),
    removeByHand(keyId) {
      if (!remove(keyId)) throw new Error(`the fake Graph has no secret ${keyId}`);
    },
    fail(operation, fault, times = Number.POSITIVE_INFINITY) {
      faults.push({ operation, fault, left: times });
    },
    heal() {
      faults.length = 0;
    },
    close: () => endpoint.close(),
  };
  return fake;
}

function operationOf(
  { method, path }: Received,
  objectId: string,
  appId: string,
): GraphOperation | undefined {
  const [place = '', query] = path.split('?');
  const own = `/v1.0/applications/${objectId}`;
  if (method === 'GET' && (place === own || place === `/v1.0/applications(appId='${appId}')`))
    return query === '$select=id,appId,displayName,passwordCredentials' ? 'get' : undefined;
  if (method !== 'POST') return undefined;
  if (place === `${own}/addPassword`) return 'addPassword';
  return place === `${own}/removePassword` ? 'removePassword' : undefined;
}

/** With seven digits of a second, as Graph writes times. */
function listed({ keyId, displayName, hint, startsAt, endsAt }: Secret): object {
  const time = (ms: number) => new Date(ms).toISOString().replace('Z', '0000Z');
  return {
    customKeyIdentifier: null,
    displayName,
    endDateTime: time(endsAt),
    hint,
    keyId,
    secretText: null,
    startDateTime: time(startsAt),
  };
}

function everything({ headers, body }: Received, held: Secret[]): string[] {
  return [String(headers.authorization), body, ...held.map(({ value }) => value)].flatMap(disguises);
}

function refusal(code: string): object {
  return { error: { code, message: 'this is a fake Graph of tests, and this is its own sentence' } };
}

const toLoopback: LookupFunction = (_name, options, found) => {
  if (options.all) found(null, [{ address: '127.0.0.1', family: 4 }]);
  else found(null, '127.0.0.1', 4);
};
