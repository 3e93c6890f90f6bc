/** The port through which the rest of Sealwatch sees one Vault node. Implemented in ./undici-client.ts. */

import type { Answer, CertificateFacts } from './answer.ts';
import type {
  AutopilotConfiguration,
  AutopilotState,
  Health,
  LeaderStatus,
  RaftConfiguration,
  SealBackendStatus,
  SealStatus,
} from './answers.ts';

export interface RequestOptions {
  signal?: AbortSignal;
  /** Use a connection of its own, made for this request, with a full handshake. */
  fresh?: boolean;
  /** Override of the whole request's time limit, ms. */
  timeoutMs?: number;
}

/**
 * One node's API. Keeps its connections between sweeps; never throws for what a server or a network does:
 * each failure is an `Answer` with a closed code. Follows no redirect. Calls that take a token use
 * connections of their own without session resumption.
 */
export interface VaultClient {
  readonly address: string;
  /** GET sys/health without a token. Every status of the state table (200 429 472 473 474 501 503 530) is an answer. */
  health(options?: RequestOptions): Promise<Answer<Health>>;
  sealStatus(options?: RequestOptions): Promise<Answer<SealStatus>>;
  leader(options?: RequestOptions): Promise<Answer<LeaderStatus>>;
  sealBackendStatus(options?: RequestOptions): Promise<Answer<SealBackendStatus>>;
  /** `process_start_time_seconds` of sys/metrics?format=prometheus, without a token, in ms since the epoch. */
  processStart(options?: RequestOptions): Promise<Answer<number>>;
  autopilotState(token: string, options?: RequestOptions): Promise<Answer<AutopilotState>>;
  autopilotConfiguration(token: string, options?: RequestOptions): Promise<Answer<AutopilotConfiguration>>;
  raftConfiguration(token: string, options?: RequestOptions): Promise<Answer<RaftConfiguration>>;
  /** POST of a login path (`auth/jwt/login` …): a secret-bearing request; its failures carry status and code only. */
  login(path: string, body: Buffer, options?: RequestOptions): Promise<Answer<LoginAnswer>>;
  /** POST auth/token/renew-self. */
  renewSelf(token: string, options?: RequestOptions): Promise<Answer<LoginAnswer>>;
  /** What the last full handshake showed; undefined before one, and over plain HTTP. */
  certificate(): CertificateFacts | undefined;
  /**
   * Ends its kept connections and all that they hold; the next request opens new ones, and resumes the TLS session
   * where a kept one would have. What is under way ends as `aborted`.
   */
  disconnect(): Promise<void>;
  close(): Promise<void>;
}

/** `auth` of a login or renewal. `leaseSeconds` 0 means that the token does not expire. */
export interface LoginAnswer {
  token: string;
  leaseSeconds: number;
  renewable: boolean;
}
