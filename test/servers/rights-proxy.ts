/**
 * Something between an app and Azurite, which knows no roles: it lets pass what the app's role assignments let pass on
 * Azure (learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory), and refuses the rest.
 */
import { type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { type Service, startInFront } from './in-front.ts';

export interface RightsProxy {
  /** Of the same account, by way of this proxy. */
  connectionString: string;
  /** What was needed: `table.write live`. */
  used: Set<string>;
  /** What was refused, in the same words. */
  refused: string[];
  /** What was sent: `table POST $batch`. Each costs a storage transaction; a page of a list is one. */
  requests: string[];
  close(): Promise<void>;
}

/** @param rights `SERVICE.RIGHT NAME` of one app or group. Table and blob `write` include `read`. */
export async function startRightsProxy(connectionString: string, rights: string[]): Promise<RightsProxy> {
  const given = new Set(rights);
  const used = new Set<string>();
  const refused: string[] = [];
  const requests: string[] = [];

  /** The right that serves, of those that would. */
  const serving = (wanted: string[], name: string): string | undefined =>
    wanted.map((right) => `${right} ${name}`).find((right) => given.has(right));

  async function pass(service: Service, target: URL, request: IncomingMessage, response: ServerResponse) {
    const body = await buffer(request);
    requests.push(`${service} ${request.method} ${pathOf(request, target.pathname)[0]}`);
    const needs = needsOf(service, request, body, target.pathname);
    for (const { wanted, name } of needs) {
      const right = serving(wanted, name);
      if (right === undefined) {
        refused.push(`${wanted[0]} ${name}`);
        refuse(response, 'AuthorizationPermissionMismatch');
        return;
      }
      used.add(right);
    }
    const onlyCreates = needs.some(({ wanted, name }) => serving(wanted, name)?.startsWith('blob.create'));
    const { method, url, headers } = request;
    const { hostname, port } = target;
    const passed = send({ hostname, port, method, path: url, headers }, (answer) => {
      // A name that is taken: the right to add a blob is none to overwrite one.
      if (onlyCreates && (answer.statusCode === 409 || answer.statusCode === 412)) {
        answer.resume();
        refuse(response, 'UnauthorizedBlobOverwrite');
        return;
      }
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    passed.on('error', () => response.destroy());
    passed.end(body);
  }

  return { ...(await startInFront(connectionString, pass)), used, refused, requests };
}

interface Need {
  /** Any of them will do. */
  wanted: string[];
  name: string;
}

/** What follows the account's name. */
function pathOf({ url }: IncomingMessage, account: string): string[] {
  const { pathname } = new URL(url ?? '', 'http://account');
  return pathname.slice(account.replace(/\/$/, '').length).split('/').slice(1);
}

/** Making tables, queues and containers, and clearing queues, needs what no app has: `make`, `clear`. */
function needsOf(service: Service, request: IncomingMessage, body: Buffer, account: string): Need[] {
  const { method = '', headers } = request;
  const { searchParams } = new URL(request.url ?? '', 'http://account');
  const [first = '', ...rest] = pathOf(request, account);
  switch (service) {
    case 'table': {
      if (first === '$batch') {
        const parts = [...body.toString('latin1').matchAll(/^([A-Z]+) (\S+) HTTP/gm)];
        return parts.map(([, verb = '', url = '']) => tableNeed(verb, url.split('/').at(-1) ?? ''));
      }
      return [tableNeed(method, first)];
    }
    case 'queue':
      return [{ wanted: queueRights(method, rest, searchParams), name: first }];
    case 'blob': {
      if (rest.length === 0 && method !== 'GET') return [{ wanted: ['blob.make'], name: first }];
      if (method === 'GET' || method === 'HEAD')
        return [{ wanted: ['blob.read', 'blob.write'], name: first }];
      const adds = method === 'PUT' && !searchParams.has('comp') && headers['if-none-match'] === '*';
      return [{ wanted: adds ? ['blob.create', 'blob.write'] : ['blob.write'], name: first }];
    }
  }
}

function tableNeed(method: string, resource: string): Need {
  const name = /^\w+/.exec(decodeURIComponent(resource))?.[0] ?? resource;
  if (name === 'Tables') return { wanted: ['table.make'], name };
  return { wanted: method === 'GET' ? ['table.read', 'table.write'] : ['table.write'], name };
}

function queueRights(method: string, [part, message]: string[], query: URLSearchParams): string[] {
  if (part !== 'messages') return [method === 'GET' || method === 'HEAD' ? 'queue.length' : 'queue.make'];
  // Put Message, and Update Message, with which the Functions host prolongs and gives back.
  if (method === 'POST') return ['queue.send', 'queue.update'];
  if (method === 'PUT') return ['queue.update'];
  // Without a message's name all of them are cleared.
  if (method === 'DELETE') return [message ? 'queue.take' : 'queue.clear'];
  return [query.get('peekonly') === 'true' ? 'queue.peek' : 'queue.take'];
}

function refuse(response: ServerResponse, code: string): void {
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>refused</Message></Error>`;
  response.writeHead(403, { 'x-ms-error-code': code, 'content-type': 'application/xml' }).end(body);
}
