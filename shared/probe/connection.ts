/** Which server process a connection leads to, as far as connections tell. */
import type { ConnectionFacts } from '../vault/answer.ts';

/** How a connection is remembered. */
export interface ConnectionName {
  id: number;
  openedAt: number;
}

export function isSame(a: ConnectionName, b: ConnectionName): boolean {
  return a.id === b.id && a.openedAt === b.openedAt;
}

/**
 * The connection whose full handshake this one's TLS session began with, or itself: all that go back to it lead to the
 * same process, as no other can resume that session. That is what is remembered: it stays when connections do not.
 */
export function handshakeOf({ id, openedAt, handshake }: ConnectionFacts): ConnectionName {
  return handshake ?? { id, openedAt };
}

/** Proof that both lead to the same process; their difference is no proof of another one. */
export function leadsTo(known: ConnectionName, connection: ConnectionFacts): boolean {
  return isSame(known, connection) || isSame(known, handshakeOf(connection));
}
