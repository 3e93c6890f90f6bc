/** A connection of its own for one call to the outside, by the rules that all of them share. No proxy, no resumption. */
import { Client } from 'undici';
import { type AddressRule, guardedLookup } from './refused-address.ts';

export interface GuardedOptions extends AddressRule {
  /** PEM; undefined: the system's roots. */
  ca?: string;
}

/** The caller's to destroy. @param timeoutMs of connecting, of the headers and of the body, each. */
export function openGuardedClient(
  url: URL,
  { ca, isRefusedAddress, lookup }: GuardedOptions,
  timeoutMs: number,
): Client {
  return new Client(url.origin, {
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    allowH2: false,
    connect: {
      timeout: timeoutMs,
      maxCachedSessions: 0,
      // Said here, so that NODE_TLS_REJECT_UNAUTHORIZED=0 changes nothing.
      rejectUnauthorized: true,
      lookup: guardedLookup({ isRefusedAddress, ...(lookup && { lookup }) }),
      ...(ca !== undefined && { ca }),
    },
  });
}
