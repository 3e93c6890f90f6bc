/** Requests to one node: over which connection, within which limits, and how what comes back is told. */
import { z } from 'zod';
import type { Answer, CertificateFacts } from './answer.ts';
import { type Call, vaultError } from './call.ts';
import type { RequestOptions } from './client.ts';
import { type Read, readJson } from './read/json-answer.ts';
import { isToken } from './read/login-answer.ts';
import type { Outcome, Reply } from './transport/exchange.ts';
import { Lanes, type LanesSettings } from './transport/lanes.ts';
import { send } from './transport/send.ts';

/**
 * `keepAliveMs` belongs above the probe interval, or nothing is ever warm. `dispatcher` puts something in place
 * of the network; it stays its owner's to close.
 */
export interface VaultClientSettings extends LanesSettings {
  /** Largest body read, bytes; metrics have a limit of their own. */
  maxResponseBytes: number;
}

export const ok = new Set([200]);
export const jsonBody = { 'content-type': 'application/json' };

interface Extra {
  headers?: Record<string, string>;
  body?: Buffer;
  maxBytes?: number;
}

/** A class and not closures: there are a thousand of these. */
export class NodeRequests {
  readonly address: string;
  readonly #settings: VaultClientSettings;
  readonly #lanes: Lanes;
  /** Not even a look goes over a connection whose TLS session was resumed. */
  readonly #secretOnly: boolean;

  /** Throws only for an `address` that is no URL: fleet.yaml's parser refuses those. */
  constructor(settings: VaultClientSettings, secretOnly = false) {
    this.address = new URL(settings.address).origin;
    this.#settings = settings;
    this.#secretOnly = secretOnly;
    this.#lanes = new Lanes({ ...settings, address: this.address });
  }

  certificate(): CertificateFacts | undefined {
    return this.#lanes.certificate;
  }

  disconnect(): Promise<void> {
    return this.#lanes.disconnect();
  }

  close(): Promise<void> {
    return this.#lanes.close();
  }

  protected async askWithToken<T>(
    call: Call,
    token: string,
    options: RequestOptions | undefined,
    read: (reply: Reply) => Read<T>,
    extra: Extra = {},
  ): Promise<Answer<T>> {
    if (!isToken(token)) {
      return this.unsent(call, 'http', 'the token holds what no token holds: a line break at its end?');
    }
    const headers = { 'x-vault-token': token, ...extra.headers };
    return this.ask(call, options, read, { ...extra, headers });
  }

  protected ask<T>(
    call: Call,
    options: RequestOptions | undefined,
    read: (reply: Reply) => Read<T>,
    extra: Extra = {},
  ): Promise<Answer<T>> {
    const { clock, timeouts, maxResponseBytes } = this.#settings;
    if (this.#lanes.closed) return Promise.resolve(this.unsent(call, 'aborted', 'the client is closed'));
    const secret = call.secret || this.#secretOnly;
    if (secret && !mayCarrySecrets(this.address)) {
      const detail = 'a secret is not sent over plain HTTP: use https';
      return Promise.resolve(this.unsent(call, 'tls-untrusted', detail));
    }
    const startedAt = clock.elapsed();
    const lane = options?.fresh ? this.#lanes.fresh(secret) : this.#lanes.kept(secret);
    const request = {
      origin: this.address,
      method: call.method,
      path: call.path,
      headers: extra.headers ?? null,
      body: extra.body ?? null,
    };
    const limits = {
      totalMs: options?.timeoutMs ?? timeouts.totalMs,
      maxBytes: extra.maxBytes ?? maxResponseBytes,
      signal: options?.signal,
    };
    return new Promise((resolve, reject) => {
      send(lane, request, limits, clock, (outcome) => {
        // Not inside undici's callback: it still holds the connection there.
        if (options?.fresh) queueMicrotask(() => void this.#lanes.discard(lane));
        try {
          resolve(this.#answer(call, outcome, read, clock.elapsed() - startedAt));
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  #answer<T>(call: Call, outcome: Outcome, read: (reply: Reply) => Read<T>, ms: number): Answer<T> {
    if ('failure' in outcome) {
      const { failure, status } = outcome;
      const facts = status === undefined ? {} : { status };
      return { ok: false, error: vaultError(this.address, call, failure.code, failure.detail, facts), ms };
    }
    const { reply } = outcome;
    const result = read(reply);
    if ('code' in result) {
      return {
        ok: false,
        error: vaultError(this.address, call, result.code, result.detail, result.facts),
        ms,
      };
    }
    const { status, connection } = reply;
    const answer = { ok: true, status, body: result.body, ms } as const;
    return connection ? { ...answer, connection: connection.facts } : answer;
  }

  protected unsent(
    call: Pick<Call, 'method' | 'path'>,
    code: 'http' | 'aborted' | 'tls-untrusted',
    detail: string,
  ): Answer<never> {
    return { ok: false, error: vaultError(this.address, call, code, detail), ms: 0 };
  }
}

/** Answers to requests with a token come in an envelope: `{"data": {...}}`. */
export function inData<T>(schema: z.ZodType<T>): (reply: Reply) => Read<T> {
  const envelope = z.object({ data: schema });
  return (reply) => {
    const result = readJson(reply, envelope, ok, true);
    return 'body' in result ? { body: result.body.data } : result;
  };
}

/** By the name that fleet.yaml gives; the connector checks the address that it led to. */
function mayCarrySecrets(address: string): boolean {
  const { protocol, hostname } = new URL(address);
  return protocol === 'https:' || /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}
