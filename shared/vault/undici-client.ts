/** The VaultClient of ./client.ts over undici. What keeps it safe is in ./transport, what reads answers in ./read. */
import type { Answer } from './answer.ts';
import {
  AutopilotConfiguration,
  AutopilotState,
  Health,
  LeaderStatus,
  RaftConfiguration,
  SealBackendStatus,
  SealStatus,
} from './answers.ts';
import { calls, loginCall } from './call.ts';
import type { LoginAnswer, RequestOptions, VaultClient } from './client.ts';
import { inData, jsonBody, NodeRequests, ok, type VaultClientSettings } from './node-requests.ts';
import { type Read, readJson } from './read/json-answer.ts';
import { LoginBody } from './read/login-answer.ts';
import { readProcessStart } from './read/process-start.ts';
import { readUnseal } from './read/unseal-answer.ts';
import type { Reply } from './transport/exchange.ts';
import type { ShareClient, UnsealAnswer, UnsealRefusal, UnsealStatus } from './unseal.ts';

export type { VaultClientSettings };

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
const maxMetricsBytes = 4 * 1024 * 1024;

const readAutopilotState = inData(AutopilotState);
const readAutopilotConfiguration = inData(AutopilotConfiguration);
const readRaftConfiguration = inData(RaftConfiguration);

class UndiciVaultClient extends NodeRequests implements VaultClient, ShareClient {
  health(options?: RequestOptions): Promise<Answer<Health>> {
    return this.ask(calls.health, options, (reply) => readJson(reply, Health, healthStatuses, false));
  }

  sealStatus(options?: RequestOptions): Promise<Answer<SealStatus>> {
    return this.ask(calls.sealStatus, options, (reply) => readJson(reply, SealStatus, ok, false));
  }

  leader(options?: RequestOptions): Promise<Answer<LeaderStatus>> {
    return this.ask(calls.leader, options, (reply) => readJson(reply, LeaderStatus, ok, false));
  }

  sealBackendStatus(options?: RequestOptions): Promise<Answer<SealBackendStatus>> {
    return this.ask(calls.sealBackendStatus, options, (reply) =>
      readJson(reply, SealBackendStatus, ok, false),
    );
  }

  processStart(options?: RequestOptions): Promise<Answer<number>> {
    return this.ask(calls.metrics, options, readProcessStart, { maxBytes: maxMetricsBytes });
  }

  autopilotState(token: string, options?: RequestOptions): Promise<Answer<AutopilotState>> {
    return this.askWithToken(calls.autopilotState, token, options, readAutopilotState);
  }

  autopilotConfiguration(token: string, options?: RequestOptions): Promise<Answer<AutopilotConfiguration>> {
    return this.askWithToken(calls.autopilotConfiguration, token, options, readAutopilotConfiguration);
  }

  raftConfiguration(token: string, options?: RequestOptions): Promise<Answer<RaftConfiguration>> {
    return this.askWithToken(calls.raftConfiguration, token, options, readRaftConfiguration);
  }

  async login(path: string, body: Buffer, options?: RequestOptions): Promise<Answer<LoginAnswer>> {
    const call = loginCall(path);
    if (call) return this.ask(call, options, readLogin, { headers: jsonBody, body });
    const unsent = { method: 'POST', path: '/v1/' } as const;
    return this.unsent(
      unsent,
      'http',
      'not a login path like auth/jwt/login: check login.mount in fleet.yaml',
    );
  }

  renewSelf(token: string, options?: RequestOptions): Promise<Answer<LoginAnswer>> {
    return this.askWithToken(calls.renewSelf, token, options, readLogin);
  }

  async unseal(body: Buffer, options?: RequestOptions): Promise<UnsealAnswer> {
    let refusal: UnsealRefusal | undefined;
    const read = (reply: Reply): Read<UnsealStatus> => {
      const reading = readUnseal(reply);
      if ('refusal' in reading) refusal = reading.refusal;
      return reading;
    };
    const answer = await this.ask(calls.unseal, options, read, { headers: jsonBody, body });
    if (answer.ok) return answer;
    const { code } = answer.error;
    return { ...answer, code: code === 'http' ? (refusal ?? 'other') : code };
  }
}

function readLogin(reply: Reply): Read<LoginAnswer> {
  const result = readJson(reply, LoginBody, ok, true);
  for (const chunk of reply.chunks) chunk.fill(0);
  return result;
}
