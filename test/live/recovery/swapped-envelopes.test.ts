/** Envelopes that are genuine and not in their place: of another index, cluster or generation, or an older blob put back. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Envelope, Generation } from '../../../shared/escrow/generation.ts';
import { acceptGeneration } from '../../../shared/work/recover/accept.ts';
import { keepEscrow } from '../../../shared/work/recover/upkeep.ts';
import { type FakeKeyVaults, startKeyVaults } from '../../fakes/keyvault/server.ts';
import { startHealthyCluster, type WatchedCluster } from '../probing/watched-cluster.ts';
import { automatic, restart, sealed, sealStatus } from './clusters.ts';
import { ada, byKeyVaults, custodiansEntry, type Entry, Recovering, spread } from './recovering.ts';
import { blobName, readBlob, Tampering } from './tampering.ts';

const names = Object.keys(spread);
let cluster: WatchedCluster;
let other: WatchedCluster;
let fake: FakeKeyVaults;
let app: Recovering;

beforeAll(async () => {
  [cluster, other, fake] = await Promise.all([
    startHealthyCluster({ nodes: 1, fastElections: true }),
    startHealthyCluster({ name: 'orders', nodes: 1 }),
    startKeyVaults(names),
  ]);
  await restart(other);
});
afterAll(async () => {
  await Promise.all([cluster?.close(), other?.close(), fake?.close()]);
});
beforeEach(async () => {
  if ((await sealed(cluster)).length === 0) await restart(cluster);
  // The same keys hold both clusters' shares: what differs is what the envelopes are bound to.
  await Promise.all(names.map((name) => fake.vault(name).rotate('escrow')));
  app = new Recovering({ clusters: fleet(), ...byKeyVaults(fake) });
  await app.escrow('payments', shares());
  await app.escrow('orders', other.keys?.shares ?? []);
});
afterEach(async () => {
  app.close();
  expect(await sealStatus(other, 'orders-1')).toEqual({ sealed: true, progress: 0, nonce: '' });
});

const shares = () => cluster.keys?.shares ?? [];
const both = () => [cluster, other];
const blobOf = (name: string, generation = 1, revision = 1) =>
  readBlob(app, blobName(name, generation, revision));

function fleet(): Record<string, Entry> {
  const escrow = custodiansEntry((name) => fake.vault(name).key('escrow'));
  const over = { unknownSealCause: 'automatic', escrow };
  return { payments: automatic(cluster, over), orders: automatic(other, over) };
}

/** What an envelope holds; its index, custodian and key stay with its place. */
function inPlaceOf({ index, custodian, keyId }: Envelope, content: Envelope): Envelope {
  return { ...content, index, custodian, keyId };
}

const notAuthentic =
  /0 of 3 shares could be opened: share \d of custodian "[abc]" was changed, or belongs to another cluster, generation or trust/;

describe('swapped', () => {
  it('between indexes, each within its own custodian: no share is sent, until they are back', async () => {
    const next = ({ envelopes }: Generation, { custodian, index }: Envelope) => {
      const own = envelopes.filter((one) => one.custodian === custodian);
      return own[(own.findIndex((one) => one.index === index) + 1) % own.length] as Envelope;
    };
    await new Tampering(app, both()).isFoundOut(
      (blob) => ({ ...blob, envelopes: blob.envelopes.map((one) => inPlaceOf(one, next(blob, one))) }),
      notAuthentic,
    );
  });

  it('between clusters that have the same custodians: no share is sent, until they are back', async () => {
    const { envelopes } = blobOf('orders');
    await new Tampering(app, both()).isFoundOut((blob) => ({ ...blob, envelopes }), notAuthentic);
  });

  it('between clusters of one address and one CA, which differ in their names alone: no share is sent, until they are back', async () => {
    const { payments = {} } = fleet();
    app.rewrite({ billing: payments });
    await app.escrow('billing', shares());
    app.rewrite(fleet());
    const { envelopes, trust } = blobOf('billing');
    expect(trust).toEqual(blobOf('payments').trust);
    await new Tampering(app, both()).isFoundOut((blob) => ({ ...blob, envelopes }), notAuthentic);
  });

  it('with the whole blob of another cluster: no share is sent, until it is back', async () => {
    const tampering = new Tampering(app, both());
    await tampering.isFoundOut(() => blobOf('orders'), /holds another generation/);
  });

  it('between generations of the same shares: no share is sent, until they are back', async () => {
    await app.escrow('payments', shares());
    const { envelopes } = blobOf('payments', 1);
    const tampering = new Tampering(app, both(), blobName('payments', 2));
    await tampering.isFoundOut((blob) => ({ ...blob, envelopes }), notAuthentic);
  });

  it('onto another version of their own key: no share is sent, until they are back', async () => {
    const newer = new Map(
      await Promise.all(names.map(async (name) => [name, await fake.vault(name).rotate('escrow')] as const)),
    );
    await new Tampering(app, both()).isFoundOut(
      (blob) => ({
        ...blob,
        envelopes: blob.envelopes.map((one) => ({ ...one, keyId: newer.get(one.custodian) ?? '' })),
      }),
      /0 of 3 shares could be opened: custodian "[abc]": the envelope's key is not of .*, or was changed/,
    );
  });
});

describe('rolled back', () => {
  it('to the generation before, under the name of the newer: no share is sent, until the newer is back', async () => {
    await app.escrow('payments', shares());
    const tampering = new Tampering(app, both(), blobName('payments', 2));
    await tampering.isFoundOut(() => blobOf('payments', 1), /holds another generation/);
  });

  it('to the revision before, under the name of the newer: no share is sent, until the newer is back', async () => {
    await Promise.all(names.map((name) => fake.vault(name).rotate('escrow')));
    await keepEscrow(app.process());
    expect((await app.state.generations.newest('payments'))?.value).toMatchObject({ revision: 2 });
    const tampering = new Tampering(app, both(), blobName('payments', 1, 2));
    await tampering.isFoundOut(() => blobOf('payments', 1, 1), /holds another generation/);
  });

  it('by asking for the older generation: it is refused, and the newer stays in use', async () => {
    await app.escrow('payments', shares());
    const older = { generation: 1, revision: 1 };
    const said = await acceptGeneration(app.process(), 'payments', ada, older);
    expect(said).toMatchObject({ ok: false, code: 'conflict', message: expect.stringMatching(/^an import/) });
    const tampering = new Tampering(app, both(), blobName('payments', 2));
    await tampering.expectSilence();
    await tampering.recovers();
    const used = app.newest('payments')?.intents.map(({ generation }) => generation);
    expect(used).toEqual([2, 2, 2]);
  });

  it('by taking the newer one away: no share of the older is sent, until the newer is back', async () => {
    await app.escrow('payments', shares());
    const tampering = new Tampering(app, both(), blobName('payments', 2));
    app.state.blobs.delete(blobName('payments', 2));
    await tampering.refuses(/the blob payments\/0002\.0001\.json is gone/);
    tampering.putBack();
    await tampering.recovers();
  });
});

it("rebound by hand, to where fleet.yaml moved the cluster: the other nodes hear no share, nor does the cluster's own", async () => {
  const tampering = new Tampering(app, both());
  const { trust } = blobOf('orders');
  const { nodes, tls } = automatic(other);
  app.rewrite({ payments: { ...fleet()['payments'], nodes, tls } });
  tampering.change((blob) => ({ ...blob, trust }));
  tampering.hideFromDigest();
  await tampering.refuses(notAuthentic);
  app.rewrite(fleet());
  tampering.putBack();
  await tampering.recovers();
});
