/**
 * A blob of escrowed shares, changed in each of its fields, before a real node that waits for them. The list of fields
 * is the type's own (the compiler misses one that is forgotten) and the blob's own (the first test does).
 */
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Envelope, Generation } from '../../../shared/escrow/generation.ts';
import { type FakeKeyVaults, startKeyVaults } from '../../fakes/keyvault/server.ts';
import { startHealthyCluster, type WatchedCluster } from '../probing/watched-cluster.ts';
import { automatic, restart, sealed } from './clusters.ts';
import { byKeyVaults, custodiansEntry, Recovering, spread } from './recovering.ts';
import { blobName, fieldsOf, readBlob, Tampering, withField } from './tampering.ts';

/** `.envelopes.*.iv` and the like: all that a value of this type can hold. */
type Below<T> = T extends string | number
  ? ''
  : T extends (infer One)[]
    ? `.*${Below<One>}`
    : { [K in keyof T & string]-?: `.${K}${Below<NonNullable<T[K]>>}` }[keyof T & string];
type Bare<Path> = Path extends `.${infer Field}` ? Field : never;
type Field = Bare<Below<Generation>>;

const names = Object.keys(spread);
let cluster: WatchedCluster;
let fake: FakeKeyVaults;
let app: Recovering;
let tampering: Tampering;

beforeAll(async () => {
  [cluster, fake] = await Promise.all([
    startHealthyCluster({ nodes: 1, fastElections: true }),
    startKeyVaults(names),
  ]);
  await Promise.all(names.map((name) => fake.vault(name).rotate('escrow')));
});
afterAll(async () => {
  await Promise.all([cluster?.close(), fake?.close()]);
});
beforeEach(async () => {
  if ((await sealed(cluster)).length === 0) await restart(cluster);
  const escrow = custodiansEntry((name) => fake.vault(name).key('escrow'));
  const recovery = { policy: 'automatic', approvals: 2, nodeUnseals: 50, attempts: 20 };
  const tls = { ca: cluster.ca, serverName: 'localhost', pins: [pinOf(cluster)] };
  app = new Recovering({
    clusters: { payments: automatic(cluster, { unknownSealCause: 'automatic', recovery, escrow, tls }) },
    ...byKeyVaults(fake),
  });
  await app.escrow('payments', cluster.keys?.shares ?? []);
  tampering = new Tampering(app, [cluster]);
});
afterEach(() => app.close());

function pinOf({ folder }: WatchedCluster): string {
  const { publicKey } = new X509Certificate(readFileSync(join(folder, 'node.crt')));
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
}

const flipped = (value: unknown) => {
  const bytes = Buffer.from(String(value), 'base64');
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  return bytes.toString('base64');
};
const oneMore = (value: unknown) => Number(value) + 1;
/** a → b → c → a */
const nextName = (value: unknown) => names[(names.indexOf(String(value)) + 1) % names.length];

const none = '0 of 3 shares could be opened: ';
const notAuthentic = new RegExp(`${none}share \\d of custodian "[abc]" was changed`);
const notItsKey = new RegExp(`${none}custodian "[abc]": the envelope's key is not of .*, or was changed`);
const unreadable = (why: string) => new RegExp(`the escrowed generation cannot be read: .*${why}`);
const boundElsewhere = (what: string) =>
  new RegExp(`differs from what generation 1.1 is bound to: .*${what}`);
/** Where it is written and says nothing of where shares go: the digest alone knows it. */
const digestAlone = 'the digest alone';

const lies: Record<Field, [to: (was: unknown) => unknown, says: RegExp | typeof digestAlone]> = {
  schema: [oneMore, unreadable('schema was written by another version')],
  cluster: [() => 'orders', unreadable('holds another generation')],
  generation: [oneMore, unreadable('holds another generation')],
  revision: [oneMore, unreadable('holds another generation')],
  kind: [() => 'recovery', /generation 1.1 holds recovery keys, which unseal nothing/],
  threshold: [() => 2, /vault-1: takes 3 of 5 shares, and generation 1.1 holds 2 of 5/],
  count: [oneMore, unreadable('share 6 is missing')],
  createdAt: [oneMore, digestAlone],
  createdBy: [() => 'tid/mallory', digestAlone],
  'trust.addresses.*': [() => 'https://127.0.0.2:8200', boundElsewhere('address removed')],
  'trust.serverName': [() => 'vault.example.com', boundElsewhere('tls.serverName changed')],
  'trust.ca.*': [flipped, boundElsewhere('CA removed')],
  'trust.pins.*': [flipped, boundElsewhere('pin removed')],
  'trust.recovery.policy': [() => 'manual', boundElsewhere('recovery.policy was loosened')],
  // Looser than what was sealed: fleet.yaml does not differ from it, and the envelopes do.
  'trust.recovery.approvals': [() => 1, notAuthentic],
  'trust.recovery.unknownSealCause': [() => 'approval', boundElsewhere('unknownSealCause was loosened')],
  'envelopes.*.index': [(index) => (Number(index) % 5) + 1, notAuthentic],
  'envelopes.*.custodian': [nextName, notItsKey],
  'envelopes.*.keyId': [(id) => String(id).replace('/escrow/', '/other/'), notItsKey],
  'envelopes.*.wrap': [() => 'scrypt-A256GCM', unreadable('keyId must begin with local:')],
  'envelopes.*.wrappedKey': [flipped, notItsKey],
  'envelopes.*.iv': [flipped, notAuthentic],
  'envelopes.*.ciphertext': [flipped, notAuthentic],
  'envelopes.*.tag': [flipped, notAuthentic],
};

it('a blob has these fields and no others, and each is in the list', () => {
  expect(fieldsOf(readBlob(app, blobName('payments', 1))).sort()).toEqual(Object.keys(lies).sort());
});

const every = Object.entries(lies);
describe('a changed field of the blob', () => {
  it.each(every)(
    '%s: no share is sent, with the digest or without it; and then the node is unsealed by the blob as it was',
    async (field, [to, says]) => {
      const change = (blob: Generation) => inOrder(withField(field, to)(blob));
      if (says !== digestAlone) return tampering.isFoundOut(change, says);
      tampering.change(change);
      await tampering.refuses(/is not the one that was accepted/);
      tampering.hideFromDigest();
      await tampering.recovers();
    },
  );

  it('that is left out, or added: no share is sent', async () => {
    const inner = every.flatMap(([field]) => {
      const steps = field.split('.');
      return steps.map((_, place) => steps.slice(0, place + 1).join('.'));
    });
    const changes = [...new Set(inner)]
      .map((field) => withField(field, () => undefined))
      .concat(
        (blob) => ({ ...blob, more: 1 }),
        (blob) => ({ ...blob, trust: { ...blob.trust, more: 1 } }),
        (blob) => ({ ...blob, envelopes: blob.envelopes.map((one) => ({ ...one, more: 1 })) }),
      );
    tampering.hideFromDigest();
    for (const change of changes) {
      tampering.change(change);
      await tampering.refuses(/cannot be read|differs from what generation 1.1 is bound to/);
      tampering.putBack();
      app.later(2 * 3_600_000);
    }
    await tampering.recovers();
  });
});

/** Blobs keep their envelopes in the order of the indexes: one that does not is refused for that alone. */
function inOrder<Blob extends { envelopes?: unknown }>(blob: Blob): Blob {
  const envelopes = [...(blob.envelopes as Envelope[])].sort((a, b) => a.index - b.index);
  return { ...blob, envelopes };
}

it('one changed envelope costs one share: the others open, and what is told names it', async () => {
  tampering.change((blob) => ({
    ...blob,
    envelopes: blob.envelopes.map((one) => (one.index === 1 ? { ...one, tag: flipped(one.tag) } : one)),
  }));
  await tampering.refuses(/is not the one that was accepted/);
  tampering.hideFromDigest();
  const recovery = await tampering.recovers();
  const told = recovery?.troubles.map(({ code, message }) => `${code}: ${message}`) ?? [];
  expect(told.join('; ')).toMatch(/^envelope: share 1 of custodian "[ac]" was changed/);
});
