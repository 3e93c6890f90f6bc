/** One request and its answer, as undici's dispatcher reports them: no stream, no copy, no timer of its own. */
import type { Dispatcher } from 'undici';
import type { Connection } from './connector.ts';
import { type Failure, failureOf } from './failure.ts';
import type { Lane } from './lane.ts';

export interface Reply {
  status: number;
  /** The `location` header, as it came. */
  location: string | undefined;
  /** In the order they came; together at most the size limit. */
  chunks: Buffer[];
  connection: Connection | undefined;
}

export type Outcome = { reply: Reply } | { failure: Failure; status?: number };

/** Hears once how it ended. */
export interface ExchangeOwner {
  settled(outcome: Outcome): void;
}

class Stopped extends Error {}

export class Exchange implements Dispatcher.DispatchHandler {
  readonly #lane: Lane;
  readonly #maxBytes: number;
  readonly #owner: ExchangeOwner;
  readonly #reply: Reply = { status: 0, location: undefined, chunks: [], connection: undefined };
  #controller: Dispatcher.DispatchController | undefined;
  #size = 0;
  #settled = false;
  /** The first byte of an answer is here. */
  #begun = false;
  #reused = false;

  constructor(lane: Lane, maxBytes: number, owner: ExchangeOwner) {
    this.#lane = lane;
    this.#maxBytes = maxBytes;
    this.#owner = owner;
  }

  /** Written to a connection; false while it waits for one. */
  get started(): boolean {
    return this.#controller !== undefined;
  }

  /** Failed on a connection that had served before, without a byte of an answer: the server closed it in between. */
  get stale(): boolean {
    return this.#reused && !this.#begun;
  }

  /** Ends it from our side; undici lets go of the connection, or never sends what still waits for one. */
  stop(failure: Failure): void {
    if (!this.#settle({ failure })) return;
    this.#controller?.abort(new Stopped(failure.code));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#settled) {
      controller.abort(new Stopped('late'));
      return;
    }
    this.#controller = controller;
    const connection = this.#lane.connection;
    this.#reply.connection = connection;
    if (!connection) return;
    this.#reused = connection.requests > 0;
    connection.requests += 1;
  }

  onResponseStarted(): void {
    this.#begun = true;
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    this.#begun = true;
    if (status < 200) return;
    this.#reply.status = status;
    const { location } = headers;
    if (typeof location === 'string') this.#reply.location = location;
    if (Number(headers['content-length'] ?? 0) > this.#maxBytes) this.#tooLarge(controller);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#settled) return;
    this.#size += chunk.length;
    if (this.#size > this.#maxBytes) this.#tooLarge(controller);
    else this.#reply.chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#settle({ reply: this.#reply });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (!this.#settled) this.#settle(this.#failed(failureOf(this.#reply.connection?.error ?? error)));
  }

  #tooLarge(controller: Dispatcher.DispatchController): void {
    const detail = `answer is larger than ${this.#maxBytes} bytes`;
    if (this.#settle(this.#failed({ code: 'too-large', detail }))) controller.abort(new Stopped('too-large'));
  }

  #failed(failure: Failure): Outcome {
    const { status } = this.#reply;
    return status === 0 ? { failure } : { failure, status };
  }

  #settle(outcome: Outcome): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.#owner.settled(outcome);
    return true;
  }
}
