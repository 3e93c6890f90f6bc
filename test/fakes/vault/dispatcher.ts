/** A simulated node as an undici dispatcher: requests without sockets, for pure and fast tests. */
import { Dispatcher } from 'undici';
import type { Simulation } from './simulation.ts';

/**
 * @param sleep how latency passes; default: not at all. A node that hangs settles only when the request is aborted.
 */
export function simulationDispatcher(
  simulation: Simulation,
  node: string,
  sleep: (ms: number) => Promise<void> = async () => undefined,
): Dispatcher {
  return new SimulationDispatcher(simulation, node, sleep);
}

class SimulationDispatcher extends Dispatcher {
  readonly #simulation: Simulation;
  readonly #node: string;
  readonly #sleep: (ms: number) => Promise<void>;

  constructor(simulation: Simulation, node: string, sleep: (ms: number) => Promise<void>) {
    super();
    this.#simulation = simulation;
    this.#node = node;
    this.#sleep = sleep;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const controller = abortable((reason) => handler.onResponseError?.(controller, reason));
    handler.onRequestStart?.(controller, null);
    if (controller.aborted) return true;
    void this.#reply(options).then(
      (reply) => {
        if (controller.aborted || reply.kind === 'hang') return;
        if (reply.kind !== 'answer') {
          handler.onResponseError?.(controller, networkError(reply.kind));
          return;
        }
        handler.onResponseStart?.(controller, reply.status, reply.headers, '');
        if (reply.body !== '') handler.onResponseData?.(controller, Buffer.from(reply.body));
        handler.onResponseEnd?.(controller, {});
      },
      (error: Error) => handler.onResponseError?.(controller, error),
    );
    return true;
  }

  async #reply(options: Dispatcher.DispatchOptions) {
    const text = await textOf(options.body);
    const token = headerOf(options.headers, 'x-vault-token');
    const reply = this.#simulation.request(this.#node, {
      method: options.method,
      path: options.path.replace(/^\/v1\//, ''),
      ...(token === undefined ? {} : { token }),
      ...(text === '' ? {} : { body: JSON.parse(text) as unknown }),
    });
    if (reply.kind === 'answer') await this.#sleep(reply.delayMs);
    return reply;
  }

  override async close(): Promise<void> {
    // Nothing is held open.
  }

  override async destroy(): Promise<void> {
    // Nothing is held open.
  }
}

function abortable(onAbort: (reason: Error) => void): Dispatcher.DispatchController {
  let why: Error | null = null;
  return {
    get aborted() {
      return why !== null;
    },
    get reason() {
      return why;
    },
    paused: false,
    abort(reason) {
      if (why) return;
      why = reason;
      onAbort(reason);
    },
    pause: () => undefined,
    resume: () => undefined,
  };
}

/** The errors that sockets give, with the codes by which callers tell them apart. */
function networkError(kind: 'refused' | 'reset'): Error {
  return kind === 'refused'
    ? Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' })
    : Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' });
}

async function textOf(body: Dispatcher.DispatchOptions['body']): Promise<string> {
  if (body === undefined || body === null) return '';
  if (typeof body === 'string') return body;
  if (body instanceof Uint8Array) return Buffer.from(body).toString();
  throw new Error('the simulation takes bodies as strings or bytes only');
}

function headerOf(headers: Dispatcher.DispatchOptions['headers'], name: string): string | undefined {
  if (!headers) return undefined;
  if (Array.isArray(headers) || Symbol.iterator in headers) {
    throw new Error('the simulation takes headers as an object only');
  }
  const value = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  return typeof value === 'string' ? value : undefined;
}
