/** Why a request to a provider failed, in closed codes and our words. */
import type { VaultError } from '../../vault/answer.ts';
import type { TransitClient } from '../../vault/transit-client.ts';
import type { TransitFailure } from './transit-exercise.ts';

export interface Failed {
  ok: false;
  code: TransitFailure;
  detail: string;
}

/** What a server says to a request with a token is never repeated (rule 1). @param denied what a 403 means here. */
export function failed(
  { code, status }: VaultError,
  { address }: Pick<TransitClient, 'address'>,
  denied: Pick<Failed, 'code' | 'detail'>,
): Failed {
  const say = (failure: TransitFailure, detail: string): Failed => ({ ok: false, code: failure, detail });
  if (status === 403) return { ok: false, ...denied };
  if (status === 404) return say('key-missing', `${address} knows no such path or key (404)`);
  if (status === 400)
    return say('key-unusable', `${address} refuses to use the key (400): it is trimmed, or not for this`);
  if (status === 503) return say('provider-sealed', `${address} is sealed (503)`);
  if (status !== undefined && status >= 500)
    return say('provider-unreachable', `${address} cannot serve (${status}): no leader, or no storage`);
  switch (code) {
    case 'dns':
    case 'refused':
    case 'connect-timeout':
    case 'reset':
    case 'timeout':
      return say('provider-unreachable', `${address} does not answer (${code})`);
    case 'tls-untrusted':
    case 'tls-expired':
    case 'tls-name':
      return say('provider-tls', `${address} fails TLS (${code})`);
    case 'aborted':
      return say('stopped', `${address} was not asked to the end: Sealwatch's own deadline came first`);
    case 'http':
      return status === undefined
        ? say('no-credential', `the token was not sent to ${address}: it holds what no token holds`)
        : say('refused', `${address} neither served nor denied it (${status})`);
    case 'too-large':
    case 'not-json':
    case 'not-vault':
      return say('odd-answer', `${address} does not answer like a Vault (${code})`);
  }
}

/** It says nothing of the credential: another node may serve. */
export function isAway(code: TransitFailure): boolean {
  return code.startsWith('provider-') || code === 'odd-answer' || code === 'stopped' || code === 'refused';
}

export function policyLine(path: string, capability: string): string {
  return `path "${path}" { capabilities = ["${capability}"] }`;
}
