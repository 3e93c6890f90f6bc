/** Where seals read what rotation replaces: it must be a place that the rotation delivers to. */
import type { PartialSeal } from '../credentials.ts';
import { credentialNames, livePlaces, ownReference, tokenAt, triedWith, writtenBy } from '../credentials.ts';
import type { Draft, DraftRotation } from '../draft.ts';
import { formatPath } from '../problem.ts';
import { parseReference, placeOf } from '../reference.ts';
import type { Context } from './check.ts';

/** Whose seal reads the credential, in which field, from where. */
export interface Reader {
  cluster: string;
  field: 'token' | 'clientSecret';
  /** Undefined: nobody knows from where. */
  text: string | undefined;
  /** What its seal does with it. Undefined: nobody knows. */
  tried: string | undefined;
}

export type Readers = Map<string, Reader[]>;
type DraftSink = NonNullable<DraftRotation['sinks']>[string];

/** By the token or the client secret that they unseal with. */
export function readersOf(draft: Draft): Readers {
  const readers: Readers = new Map();
  for (const [cluster, { seal }] of Object.entries(draft.clusters ?? {})) {
    if (!seal) continue;
    const name = credentialNames['transit-token'](seal) ?? credentialNames['entra-secret'](seal);
    if (name === undefined) continue;
    const field = seal.type === 'transit' ? 'token' : 'clientSecret';
    const tried = triedOf(seal);
    const reader: Reader = { cluster, field, text: ownReference(seal)?.reference, tried };
    const known = readers.get(name);
    if (known) known.push(reader);
    else readers.set(name, [reader]);
  }
  return readers;
}

export const triedOf = (seal: PartialSeal): string | undefined => triedWith['transit-token'](seal);

/**
 * A new token is tried with the rotating cluster's key, and with no other: of whoever unseals with another key nobody
 * would know whether it works there before its nodes read it. Rights of a client secret are its application's: a new one
 * may what the old one may.
 */
export function checkTriedWith(
  { report }: Context,
  rotated: string,
  seal: PartialSeal,
  reader: Reader,
): void {
  const own = triedOf(seal);
  const { cluster, tried } = reader;
  if (own === undefined || tried === undefined || tried === own) return;
  const entry = formatPath(['clusters', rotated, 'rotation', 'token']);
  report(
    ['clusters', cluster, 'seal'],
    `unseals with ${tried}, but ${entry} tries a new token with ${own}: give this cluster the same key, or a token of its own`,
  );
}

/** Everybody who unseals with what the entry of this seal's cluster rotates. */
export function readersWith(readers: Readers, seal: PartialSeal, sinks: DraftSink[]): Reader[] {
  const secret = credentialNames['entra-secret'](seal);
  if (secret !== undefined) return readers.get(secret) ?? [];
  const own = credentialNames['transit-token'](seal);
  if (own === undefined || seal.type !== 'transit') return [];
  const { provider = '' } = seal;
  const names = new Set([own, ...livePlaces(sinks).map((place) => tokenAt(provider, place))]);
  return [...names].flatMap((name) => readers.get(name) ?? []);
}

/** @param rotated the cluster whose entry rotates it, into these sinks. */
export function checkReader({ report }: Context, rotated: string, sinks: DraftSink[], reader: Reader): void {
  const { cluster, field, text } = reader;
  const path = ['clusters', cluster, 'seal', field];
  // Of the entry's own seal that is told elsewhere.
  if (text === undefined && cluster !== rotated)
    return report(
      ['clusters', cluster, 'seal'],
      `must say where its nodes read their client secret (clientSecret), or what they sign in with instead (clientCertificate): ${formatPath(['clusters', rotated, 'rotation', 'secret'])} rotates the secret of the same application, and then the old one ends`,
    );
  const reference = text === undefined ? undefined : parseReference(text);
  if (text === undefined || typeof reference !== 'object') return;
  if (reference.kind === 'keyvault' && reference.version !== undefined)
    return report(path, 'must not name a version beside rotation: it would stay the old one');
  const place = placeOf(text);
  const written = sinks.flatMap((sink) => (sink && writtenBy(sink)) ?? []);
  if (written.some(({ live }) => live === place)) return;
  const isBeside = written.some(({ beside }) => beside.includes(place));
  // The receiver of a webhook may well write there; a sink that is not well-formed, too.
  const mayBeElsewhere =
    sinks.length === 0 || sinks.some((sink) => sink === undefined || sink.kind === 'webhook');
  if (mayBeElsewhere && !isBeside) return;
  const where = formatPath(['clusters', rotated, 'rotation', 'sinks']);
  report(
    path,
    isBeside
      ? `must not be what ${where} keeps beside a value (next, previous): refer to the value itself`
      : `must be what one of ${where} writes (file:PATH or keyvault:https://VAULT/secrets/NAME): from any other place the old one would be read again`,
  );
}
