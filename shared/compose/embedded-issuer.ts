/**
 * The embedded host's own issuer, in the process of an embedded host. Packages for Azure contain neither (package/), so
 * that there is nothing which could take its tokens there.
 */
import type { openLocalIssuer } from '../people/local-issuer.ts';

export type OpenIssuer = typeof openLocalIssuer;

let offered: OpenIssuer | undefined;

/** By the embedded host, before its functions are asked for anything. */
export function offerIssuer(open: OpenIssuer): void {
  offered = open;
}

export function embeddedIssuer(): OpenIssuer | undefined {
  return offered;
}
