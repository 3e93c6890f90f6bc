/** What stands between a client and a Vault, real or fake: requests and answers get lost on it, or meet somebody else. */
import { request as httpsRequest } from 'node:https';
import type { Fault } from '../../contract/rotation-kind.ts';
import { echo } from '../hostile/behaviours.ts';
import type { Behaviour, Received } from '../hostile/endpoint.ts';

export interface Served {
  status: number;
  body?: unknown;
}

export type Serve = (request: Received) => Served | Promise<Served>;

export interface Way {
  behaviour: Behaviour;
  /** Of every request, from now on. */
  fault: (fault: Fault | undefined) => void;
  /** Whether nothing is answered now. */
  hangs: () => boolean;
  /** The next request to such a path gets through, and its answer does not. */
  loseNextAnswer: (path: RegExp) => void;
}

export function wayTo(serve: Serve): Way {
  let fault: Fault | undefined;
  let losing: RegExp | undefined;
  const behaviour: Behaviour = (request, response, reset) => {
    if (fault === 'hang') return;
    if (fault === 'unreachable') {
      reset();
      return;
    }
    if (fault === 'echo') {
      echo(200)(request, response, reset);
      return;
    }
    if (fault) {
      response.writeHead(fault === 'denied' ? 403 : 429).end('{"errors":["permission denied"]}');
      return;
    }
    const loses = losing?.test(request.path) ?? false;
    if (loses) losing = undefined;
    Promise.resolve(serve(request))
      .then(({ status, body }) => {
        if (loses) reset();
        else response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      })
      .catch(reset);
  };
  return {
    behaviour,
    fault(next) {
      fault = next;
    },
    hangs: () => fault === 'hang',
    loseNextAnswer(path) {
      losing = path;
    },
  };
}

/** On to a real server, whose certificate must be of this authority (PEM). */
export function forwardTo(address: string, ca: string): Serve {
  return ({ method, path, headers, body }) =>
    new Promise((resolve, reject) => {
      const { host: _, ...others } = headers;
      const sent = httpsRequest(
        `${address}${path}`,
        { method, headers: others, ca, agent: false },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('error', reject);
          answer.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            resolve({
              status: answer.statusCode ?? 0,
              ...(text !== '' && { body: JSON.parse(text) as unknown }),
            });
          });
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
}
