/** Where seals read what rotation replaces: it must be a place that the rotation delivers to. */
import { credentialNames } from '../credentials.ts';
import type { Draft, DraftRotation } from '../draft.ts';
import { formatPath } from '../problem.ts';
import type { Reference } from '../reference.ts';
import { parseReference, vaultOrigin } from '../reference.ts';
import type { Context } from './check.ts';

/** Whose seal reads the credential, in which field, from where. */
export interface Reader {
  cluster: string;
  field: string;
  text: string | undefined;
}

/** By the client secret that they sign in with. */
export function readersOf(draft: Draft): Map<string, Reader[]> {
  const readers = new Map<string, Reader[]>();
  for (const [cluster, { seal }] of Object.entries(draft.clusters ?? {})) {
    const name = seal && credentialNames['entra-secret'](seal);
    if (name === undefined || seal?.type !== 'azurekeyvault') continue;
    const reader = { cluster, field: 'clientSecret', text: seal.clientSecret };
    const known = readers.get(name);
    if (known) known.push(reader);
    else readers.set(name, [reader]);
  }
  return readers;
}

type DraftSink = NonNullable<DraftRotation['sinks']>[string];

/** @param rotated the cluster whose entry rotates it, into these sinks. */
export function checkReader({ report }: Context, rotated: string, sinks: DraftSink[], reader: Reader): void {
  const { cluster, field, text } = reader;
  const reference = text === undefined ? undefined : parseReference(text);
  if (typeof reference !== 'object') return;
  const path = ['clusters', cluster, 'seal', field];
  if (reference.kind === 'keyvault' && reference.version !== undefined)
    return report(path, 'must not name a version beside rotation: it would stay the old one');
  // The receiver of a webhook may well write there; a sink that is not well-formed, too.
  if (sinks.length === 0 || sinks.some((sink) => sink === undefined || sink.kind === 'webhook')) return;
  if (sinks.some((sink) => writes(sink, reference))) return;
  const where = formatPath(['clusters', rotated, 'rotation', 'sinks']);
  report(
    path,
    `must be what one of ${where} writes (file:PATH or keyvault:https://VAULT/secrets/NAME): from any other place the old one would be read again`,
  );
}

function writes(sink: DraftSink, reference: Reference): boolean {
  if (sink?.kind === 'file') return reference.kind === 'file' && sink.path === reference.path;
  return (
    sink?.kind === 'keyVaultSecret' &&
    reference.kind === 'keyvault' &&
    vaultOrigin(sink.vault) === reference.vault &&
    sink.secret.toLowerCase() === reference.name.toLowerCase()
  );
}
