/** A transit seal's provider as rotations see it: nodes in order, Sealwatch's own token, and why a request failed. */
import type { Clock } from '../../clock.ts';
import type { Given, TransitPorts } from '../../readiness/exercise/transit.ts';
import type { Answer, VaultError } from '../../vault/answer.ts';
import type { RotationClient } from '../../vault/rotation-client.ts';
import type { Did, RotationFailure } from '../rotation.ts';
import { callMs, type Deadline, type DeadlineClock, deadlineBy, noDeadline } from './deadline.ts';

export interface ProviderPorts {
  /** Of the provider's nodes, in order: the first that serves counts. */
  clients: RotationClient[];
  /** Rotate's own login at the provider. Undefined: fleet.yaml has none. */
  ownToken: TransitPorts['ownToken'];
  /** As fleet.yaml names it, for messages. */
  provider: string;
  mount: string;
  key: string;
  random: (bytes: number) => Buffer;
  clock: Pick<Clock, 'now'> & DeadlineClock;
  /** For one request, ms. */
  timeoutMs: number;
}

/** The same for one call of a kind, which ends in time. */
export type InCall<Ports> = Ports & { deadline: Deadline };

export function inCall<Ports extends ProviderPorts>(ports: Ports): InCall<Ports> {
  return { ...ports, deadline: deadlineBy(ports.clock) };
}

/** For the next request, ms. */
export function limitOf({ timeoutMs, deadline }: InCall<Pick<ProviderPorts, 'timeoutMs'>>): number {
  return Math.min(timeoutMs, deadline.left());
}

export type Failed = Extract<Did<never>, { ok: false }>;

export const failure = (code: RotationFailure, detail: string): Failed => ({ ok: false, code, detail });
export const done: { ok: true; value: undefined } = { ok: true, value: undefined };

export function policyLine(path: string, ...capabilities: string[]): string {
  return `path "${path}" { capabilities = [${capabilities.map((word) => `"${word}"`).join(', ')}] }`;
}

/** Of rotate's own policy at the provider. */
export function lacks(
  { provider }: Pick<ProviderPorts, 'provider'>,
  path: string,
  ...capabilities: string[]
): string {
  return `refused (403): the policy of rotate's login at ${provider} lacks ${policyLine(path, ...capabilities)}`;
}

/** What a server says to a request with a token is never repeated (rule 1). @param denied what a 403 means here. */
export function failedBy(
  { code, status }: VaultError,
  { address }: Pick<RotationClient, 'address'>,
  denied: Failed | string,
): Failed {
  if (status === 403) return typeof denied === 'string' ? failure('denied', denied) : denied;
  if (status === 429) return failure('throttled', `${address} throttles (429)`);
  if (status === 503) return failure('sealed', `${address} is sealed (503)`);
  if (status !== undefined && (status >= 500 || status === 412))
    return failure('unreachable', `${address} cannot serve (${status}): no leader, or no storage`);
  if (status !== undefined && code === 'http')
    return failure('odd', `${address} neither served nor denied it (${status})`);
  switch (code) {
    case 'http':
      return failure(
        'dead',
        `not sent to ${address}: it holds what no token holds (a line break at its end?)`,
      );
    case 'too-large':
    case 'not-json':
    case 'not-vault':
      return failure('odd', `${address} does not answer like a Vault (${code})`);
    case 'tls-untrusted':
    case 'tls-expired':
    case 'tls-name':
      return failure('unreachable', `${address} fails TLS (${code})`);
    default:
      return failure('unreachable', `${address} does not answer (${code})`);
  }
}

/** It says nothing of what was asked: another node may serve. */
const away = new Set<RotationFailure>(['unreachable', 'sealed', 'odd']);

/** For what may be asked twice: the first node's answer that says something; where none does, what the first said. */
export async function firstThatServes<T>(
  ports: InCall<Pick<ProviderPorts, 'clients' | 'provider'>>,
  ask: (client: RotationClient) => Promise<Did<T>>,
): Promise<Did<T>> {
  const did = await theOneThatServes(ports, ask);
  return did.ok ? { ok: true, value: did.value.said } : did;
}

/**
 * The same, and which node it was. What must not be done twice is then asked of that one alone: who gets no answer has
 * `orphans` to see what came of it.
 */
export async function theOneThatServes<T>(
  { clients, provider, deadline }: InCall<Pick<ProviderPorts, 'clients' | 'provider'>>,
  ask: (client: RotationClient) => Promise<Did<T>>,
): Promise<Did<{ client: RotationClient; said: T }>> {
  let first: Failed | undefined;
  for (const client of clients) {
    if (deadline.left() === 0) return first ?? outOfTime(client);
    const did = await ask(client);
    if (did.ok) return { ok: true, value: { client, said: did.value } };
    if (!away.has(did.code)) return did;
    first ??= did;
  }
  return first ?? failure('not-configured', `${provider} has no address in fleet.yaml`);
}

type OwnPorts = Pick<ProviderPorts, 'ownToken' | 'provider' | 'timeoutMs'> & { deadline?: Deadline };

/**
 * Asks with Sealwatch's own token; one that is refused may have been revoked since it was kept: another, once.
 * @param what a change is not asked for when its answer may not come in time. @returns without `error`: it was not asked.
 */
export async function asOurselves<T>(
  client: RotationClient,
  ports: OwnPorts,
  ask: (token: string, options: { timeoutMs: number }) => Promise<Answer<T>>,
  denied: Failed | string,
  what: 'read' | 'change' = 'read',
): Promise<Did<T> & { error?: VaultError }> {
  const { ownToken, provider, timeoutMs, deadline = noDeadline } = ports;
  const limit = () => ({ timeoutMs: limitOf({ timeoutMs, deadline }) });
  if (!ownToken) return failure('not-configured', `clusters.${provider} has no login in fleet.yaml`);
  const late: Given = { ok: false, why: `the login at ${client.address} takes too long` };
  const least = what === 'change' ? timeoutMs : 0;
  const own = await deadline.orLate(ownToken(client), late);
  if (!own.ok) return noLogin(own);
  if (deadline.left() < least) return outOfTime(client);
  let answer = await ask(own.value, limit());
  if (!answer.ok && answer.error.status === 403) {
    const another = await deadline.orLate(ownToken(client, true), late);
    if (deadline.left() < least) return outOfTime(client);
    if (another.ok && another.value !== own.value) answer = await ask(another.value, limit());
  }
  if (answer.ok) return { ok: true, value: answer.body };
  return { ...failedBy(answer.error, client, denied), error: answer.error };
}

function outOfTime({ address }: Pick<RotationClient, 'address'>): Failed {
  return failure('unreachable', `${address} was not asked any more: all of it took ${callMs / 1000} s`);
}

function noLogin({ why }: Extract<Given, { ok: false }>): Failed {
  return failure('unreachable', why);
}

/** Not 503: what stands before a provider says it, too, of a request whose answer it lost. */
const notCarriedOut = new Set([403, 404, 405, 429]);
const notSent = new Set(['dns', 'refused', 'connect-timeout', 'tls-untrusted', 'tls-expired', 'tls-name']);

/** Without an error it was never asked for: there is no login. */
export function madeNothing(error: VaultError | undefined): boolean {
  return !error || notSent.has(error.code) || (error.status !== undefined && notCarriedOut.has(error.status));
}
