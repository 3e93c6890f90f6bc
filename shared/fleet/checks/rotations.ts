/** What rotation needs beside it: a seal that has what is rotated, and sinks that give nodes what was made. */
import { ownReference } from '../credentials.ts';
import type { DraftCluster, DraftRotation } from '../draft.ts';
import { namePattern, nameRule } from '../schema/names.ts';
import { mostSinks } from '../schema/rotation.ts';
import type { Check, Context } from './check.ts';
import type { Readers } from './credential-readers.ts';
import { checkReader, checkTriedWith, readersOf, readersWith, triedOf } from './credential-readers.ts';

const sealOf = {
  token: 'transit',
  transitKey: 'transit',
  secret: 'azurekeyvault',
  vaultKey: 'azurekeyvault',
} as const;
type Rotated = keyof typeof sealOf;
const every = Object.keys(sealOf) as Rotated[];

interface Entry {
  context: Context;
  cluster: string;
  seal: DraftCluster['seal'];
  rotation: DraftRotation;
  /** What the file asks for, well-formed or not. */
  asked: Rotated[];
  /** Of the whole fleet. */
  readers: Readers;
}

export const checkRotations: Check = (context) => {
  const readers = readersOf(context.draft);
  for (const [cluster, { seal, rotation }] of Object.entries(context.draft.clusters ?? {})) {
    if (rotation === undefined) continue;
    const path = ['clusters', cluster, 'rotation'];
    // A map without entries is not present, but it asks for something.
    const asked = every.filter((what) => rotation[what] !== undefined || context.present([...path, what]));
    if (asked.length === 0) {
      const kinds = 'token or transitKey of a transit seal, secret or vaultKey of an azurekeyvault seal';
      context.report(path, `must say what is rotated: ${kinds}`);
      continue;
    }
    const entry: Entry = { context, cluster, seal, rotation, asked, readers };
    for (const what of asked) checkSeal(entry, what);
    checkSinks(entry);
    checkDelivered(entry);
    checkLife(entry);
  }
};

/** A seal that is not well-formed is told already: of it nobody knows what it has. */
function checkSeal({ context, cluster, seal, rotation }: Entry, what: Rotated): void {
  const path = ['clusters', cluster, 'rotation', what];
  const report = (message: string) => context.report(path, message);
  if (seal === undefined) return;
  if (seal.type !== sealOf[what])
    return report(`needs a seal of type ${sealOf[what]}; this one is ${seal.type}`);
  const has = (field: string) => context.present(['clusters', cluster, 'seal', field]);
  if (what === 'token' && !has('token'))
    report('needs seal.token: without it rotation can neither renew the one in use nor try what nodes read');
  if (seal.type !== 'azurekeyvault') return;
  if (what === 'secret' && seal.identity !== undefined)
    return report('has nothing to rotate: a managed identity has no client secret');
  // What is missing beside a client secret is told at the client secret.
  const needed =
    what === 'vaultKey'
      ? ['vault', 'key']
      : has('clientSecret')
        ? []
        : ['tenant', 'clientId', 'clientSecret', 'vault', 'key'];
  const missing = needed.filter((field) => !has(field));
  if (missing.length > 0 && rotation[what] !== undefined)
    report(`needs ${needed.join(', ')} of the seal; not there: ${missing.join(', ')}`);
}

function checkSinks({ context, cluster, rotation, asked }: Entry): void {
  const { report, reportKey, present } = context;
  const path = ['clusters', cluster, 'rotation', 'sinks'];
  const sinks = Object.entries(rotation.sinks ?? {});
  const delivers = asked.some((what) => what === 'token' || what === 'secret');
  if (sinks.length > 0 && !delivers)
    report(path, 'must not stand here without token or secret: nothing else is delivered anywhere');
  if (sinks.length > mostSinks) report(path, `must name at most ${mostSinks} sinks, not ${sinks.length}`);
  for (const [name, sink] of sinks) {
    if (!namePattern.test(name)) reportKey([...path, name], `not a name for a sink: ${nameRule}`);
    if (sink?.kind === 'webhook' && (sink.signingKeys.length < 1 || sink.signingKeys.length > 2))
      report([...path, name, 'signingKeys'], 'must hold one signing key, or two during a change');
  }
  const unclear = sinks.some(([, sink]) => sink === undefined) || (sinks.length === 0 && present(path));
  if (!delivers || unclear) return;
  if (!sinks.some(([, sink]) => sink?.kind !== 'webhook'))
    report(path, 'must name a place that holds the value: a sink of kind keyVaultSecret or file');
  else if (asked.includes('secret') && !sinks.some(([, sink]) => sink?.kind === 'keyVaultSecret'))
    for (const [name, sink] of sinks)
      if (sink?.kind === 'webhook')
        report(
          [...path, name],
          'needs a sink of kind keyVaultSecret beside it: of a client secret a webhook is told a Key Vault reference, never the value',
        );
}

/**
 * Readiness and the next rotation read the seal's own reference: it must lead to what is delivered. So must that of
 * everybody else who unseals with the same token or client secret: the old one ends for all of them.
 */
function checkDelivered({ context, cluster, seal, rotation, asked, readers }: Entry): void {
  const delivers =
    (seal?.type === 'transit' && asked.includes('token')) ||
    (seal?.type === 'azurekeyvault' && asked.includes('secret'));
  if (!seal || !delivers) return;
  const sinks = Object.values(rotation.sinks ?? {});
  const own = ownReference(seal);
  const all = readersWith(readers, seal, sinks);
  // Its own is judged also where it has no name yet.
  if (own && !all.some((reader) => reader.cluster === cluster))
    checkReader(context, cluster, sinks, {
      cluster,
      field: own.field,
      text: own.reference,
      tried: triedOf(seal),
    });
  for (const reader of all) {
    checkReader(context, cluster, sinks, reader);
    checkTriedWith(context, cluster, seal, reader);
  }
}

function checkLife({ context, cluster, rotation: { secret } }: Entry): void {
  if (secret?.every === undefined || secret.every < secret.life) return;
  const path = ['clusters', cluster, 'rotation', 'secret'];
  const life = context.written([...path, 'life']) === undefined ? 'life (180d, its default)' : 'life';
  context.report(
    [...path, 'every'],
    `must be shorter than ${life}: the old one ends before a new one is made`,
  );
}
