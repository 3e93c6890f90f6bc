/** The VaultClient of ./client.ts over undici. What keeps it safe is in ./transport, what reads answers in ./read. */
import { z } from 'zod';
import type { Answer, CertificateFacts } from './answer.ts';
import {
  AutopilotConfiguration,
  AutopilotState,
  Health,
  LeaderStatus,
  RaftConfiguration,
  SealBackendStatus,
  SealStatus,
} from './answers.ts';
import { type Call, calls, loginCall, vaultError } from './call.ts';
import type { LoginAnswer, RequestOptions, VaultClient } from './client.ts';
import { type Read, readJson } from './read/json-answer.ts';
import { isToken, LoginBody } from './read/login-answer.ts';
import { readProcessStart } from './read/process-start.ts';
import { readUnseal } from './read/unseal-answer.ts';
import type { Outcome, Reply } from './transport/exchange.ts';
import { Lanes, type LanesSettings } from './transport/lanes.ts';
import { send } from './transport/send.ts';
import type { ShareClient, UnsealAnswer, UnsealRefusal, UnsealStatus } from './unseal.ts';

/**
 * `keepAliveMs` belongs above the probe interval, or nothing is ever warm. `dispatcher` puts something in place
 * of the network; it stays its owner's to close.
 */
export interface VaultClientSettings extends LanesSettings {
  /** Largest body read, bytes; metrics have a limit of their own. */
  maxResponseBytes: number;
}

/** As `createVaultClient`, and every request goes over connections that may carry secrets. `./share-client.ts` makes them. */
export function createSecretClient(settings: VaultClientSettings): ShareClient {
  return new UndiciVaultClient(settings, true);
}

/** Throws only for an `address` that is no URL: fleet.yaml's parser refuses those. */
export function createVaultClient(settings: VaultClientSettings): VaultClient {
  return new UndiciVaultClient(settings);
}

/** vault/http/sys_health.go; 474 and 530 since Vault 1.19. */
const healthStatuses = new Set([200, 429, 472, 473, 474, 501, 503, 530]);
const ok = new Set([200]);
const maxMetricsBytes = 4 * 1024 * 1024;
const jsonBody = { 'content-type': 'application/json' };

const readAutopilotState = inData(AutopilotState);
const readAutopilotConfiguration = inData(AutopilotConfiguration);
const readRaftConfiguration = inData(RaftConfiguration);

interface Extra {
  headers?: Record<string, string>;
  body?: Buffer;
  maxBytes?: number;
}

/** A class and not closures: there are a thousand of these. */
class UndiciVaultClient implements VaultClient, ShareClient {
  readonly address: string;
  readonly #settings: VaultClientSettings;
  readonly #lanes: Lanes;
  /** Not even a look goes over a connection whose TLS session was resumed. */
  readonly #secretOnly: boolean;

  constructor(settings: VaultClientSettings, secretOnly = false) {
    this.address = new URL(settings.address).origin;
    this.#settings = settings;
    this.#secretOnly = secretOnly;
    this.#lanes = new Lanes({ ...settings, address: this.address });
  }

  health(options?: RequestOptions): Promise<Answer<Health>> {
    return this.#ask(calls.health, options, (reply) => readJson(reply, Health, healthStatuses, false));
  }

  sealStatus(options?: RequestOptions): Promise<Answer<SealStatus>> {
    return this.#ask(calls.sealStatus, options, (reply) => readJson(reply, SealStatus, ok, false));
  }

  leader(options?: RequestOptions): Promise<Answer<LeaderStatus>> {
    return this.#ask(calls.leader, options, (reply) => readJson(reply, LeaderStatus, ok, false));
  }

  sealBackendStatus(options?: RequestOptions): Promise<Answer<SealBackendStatus>> {
    return this.#ask(calls.sealBackendStatus, options, (reply) =>
      readJson(reply, SealBackendStatus, ok, false),
    );
  }

  processStart(options?: RequestOptions): Promise<Answer<number>> {
    return this.#ask(calls.metrics, options, readProcessStart, { maxBytes: maxMetricsBytes });
  }

  autopilotState(token: string, options?: RequestOptions): Promise<Answer<AutopilotState>> {
    return this.#askWithToken(calls.autopilotState, token, options, readAutopilotState);
  }

  autopilotConfiguration(token: string, options?: RequestOptions): Promise<Answer<AutopilotConfiguration>> {
    return this.#askWithToken(calls.autopilotConfiguration, token, options, readAutopilotConfiguration);
  }

  raftConfiguration(token: string, options?: RequestOptions): Promise<Answer<RaftConfiguration>> {
    return this.#askWithToken(calls.raftConfiguration, token, options, readRaftConfiguration);
  }

  async login(path: string, body: Buffer, options?: RequestOptions): Promise<Answer<LoginAnswer>> {
    const call = loginCall(path);
    if (call) return this.#ask(call, options, readLogin, { headers: jsonBody, body });
    const unsent = { method: 'POST', path: '/v1/' } as const;
    return this.#unsent(
      unsent,
      'http',
      'not a login path like auth/jwt/login: check login.mount in fleet.yaml',
    );
  }

  renewSelf(token: string, options?: RequestOptions): Promise<Answer<LoginAnswer>> {
    return this.#askWithToken(calls.renewSelf, token, options, readLogin);
  }

  async unseal(body: Buffer, options?: RequestOptions): Promise<UnsealAnswer> {
    let refusal: UnsealRefusal | undefined;
    const read = (reply: Reply): Read<UnsealStatus> => {
      const reading = readUnseal(reply);
      if ('refusal' in reading) refusal = reading.refusal;
      return reading;
    };
    const answer = await this.#ask(calls.unseal, options, read, { headers: jsonBody, body });
    if (answer.ok) return answer;
    const { code } = answer.error;
    return { ...answer, code: code === 'http' ? (refusal ?? 'other') : code };
  }

  certificate(): CertificateFacts | undefined {
    return this.#lanes.certificate;
  }

  close(): Promise<void> {
    return this.#lanes.close();
  }

  async #askWithToken<T>(
    call: Call,
    token: string,
    options: RequestOptions | undefined,
    read: (reply: Reply) => Read<T>,
  ): Promise<Answer<T>> {
    if (!isToken(token)) {
      return this.#unsent(call, 'http', 'the token holds what no token holds: a line break at its end?');
    }
    return this.#ask(call, options, read, { headers: { 'x-vault-token': token } });
  }

  #ask<T>(
    call: Call,
    options: RequestOptions | undefined,
    read: (reply: Reply) => Read<T>,
    extra: Extra = {},
  ): Promise<Answer<T>> {
    const { clock, timeouts, maxResponseBytes } = this.#settings;
    if (this.#lanes.closed) return Promise.resolve(this.#unsent(call, 'aborted', 'the client is closed'));
    const secret = call.secret || this.#secretOnly;
    if (secret && !mayCarrySecrets(this.address)) {
      const detail = 'a secret is not sent over plain HTTP: use https';
      return Promise.resolve(this.#unsent(call, 'tls-untrusted', detail));
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

  #unsent(
    call: Pick<Call, 'method' | 'path'>,
    code: 'http' | 'aborted' | 'tls-untrusted',
    detail: string,
  ): Answer<never> {
    return { ok: false, error: vaultError(this.address, call, code, detail), ms: 0 };
  }
}

function readLogin(reply: Reply): Read<LoginAnswer> {
  const result = readJson(reply, LoginBody, ok, true);
  for (const chunk of reply.chunks) chunk.fill(0);
  return result;
}

/** Answers to requests with a token come in an envelope: `{"data": {...}}`. */
function inData<T>(schema: z.ZodType<T>): (reply: Reply) => Read<T> {
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
