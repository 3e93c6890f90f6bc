/** Shares that must not be used, or that no node takes. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Envelope, Generation } from '../../../shared/escrow/generation.ts';
import { generationBlobName } from '../../../shared/escrow/generation.ts';
import { runPass } from '../../../shared/work/recover/pass.ts';
import { noteStarts } from '../../../shared/work/recover/starts.ts';
import { RecoveryUnderTest } from './recovery-under-test.ts';

const first = generationBlobName({ cluster: 'payments', generation: 1, revision: 1 });

function strangeShares(): string[] {
  return [1, 2, 3, 4, 5].map((index) =>
    Buffer.concat([createHash('sha256').update(`old ${index}`).digest(), Buffer.from([index])]).toString(
      'base64',
    ),
  );
}

async function last(world: RecoveryUnderTest) {
  return world.recoveries().at(-1);
}

describe('shares of a key that was changed since', () => {
  async function rekeyed(): Promise<RecoveryUnderTest> {
    const world = new RecoveryUnderTest();
    world.wrongShares = true;
    await world.escrow(world.process(), strangeShares());
    await noteStarts(world.process());
    await world.clock.sleep(60_000);
    await world.restart();
    await world.nudge();
    return world;
  }

  it('are refused by a whole set, marked as bad, and never sent again', async () => {
    const world = await rekeyed();
    expect((await world.state.generations.newest('payments'))?.value.bad).toMatchObject({
      node: expect.stringContaining('payments-'),
    });
    expect((await last(world))?.ended?.summary).toMatch(/opens nothing.*sealwatch escrow import/s);
    const sent = world.sent.length;
    expect(sent).toBe(9);
    await world.clock.sleep(7_200_000);
    await world.nudge();
    expect(world.sent).toHaveLength(sent);
    expect(world.rules.broken).toEqual([]);
  });

  it('are called bad by one node that refused them in two passes, and not in one', async () => {
    const world = new RecoveryUnderTest();
    await world.escrow(world.process(), strangeShares());
    await noteStarts(world.process());
    await world.clock.sleep(60_000);
    await world.restart('payments-2');
    await runPass(world.process(), 'payments');
    const bad = async () => (await world.state.generations.newest('payments'))?.value.bad;
    expect((await last(world))?.troubles).toMatchObject([{ code: 'wrong-generation', where: 'payments-2' }]);
    expect(await bad()).toBeUndefined();
    world.wrongShares = true;
    await world.settle();
    expect(await bad()).toMatchObject({ node: 'payments-2' });
    expect(world.sent).toHaveLength(6);
  });

  it('are followed by the next import, which works', async () => {
    const world = await rekeyed();
    world.wrongShares = false;
    await world.escrow();
    expect((await world.state.generations.newest('payments'))?.value.bad).toBeUndefined();
    await world.nudge();
    expect(world.sealed()).toEqual([]);
  });

  it('are not sent at all where the cluster takes another number of them', async () => {
    const world = new RecoveryUnderTest();
    await world.escrow(world.process(), strangeShares().slice(0, 4), world.cluster, {
      a: [1, 2],
      b: [3, 4],
      c: [1, 3],
    });
    await noteStarts(world.process());
    await world.clock.sleep(60_000);
    await world.restart();
    await world.nudge();
    expect(world.sent).toEqual([]);
    expect((await last(world))?.ended?.summary).toMatch(/takes 3 of 5 shares.*holds 3 of 4: it was rekeyed/s);
    expect((await world.state.generations.newest('payments'))?.value.bad).toBeUndefined();
  });
});

describe('shares that are good', () => {
  const row = async (world: RecoveryUnderTest) => (await world.state.generations.newest('payments'))?.value;
  const random = (last: number) => ({
    key: Buffer.concat([createHash('sha256').update(`any ${last}`).digest(), Buffer.from([last])]).toString(
      'base64',
    ),
  });
  /** Right before our last share, after our look: everything that the node held becomes somebody else's. */
  function swapped(world: RecoveryUnderTest, node: string): void {
    for (const body of [{ reset: true }, random(201), random(202)])
      world.simulation.request(node, { method: 'POST', path: 'sys/unseal', body });
  }

  it('are not called bad for what a stranger did between our look and our last share', async () => {
    const world = await new RecoveryUnderTest().ready();
    await world.restart('payments-2');
    let requests = 0;
    world.onUnseal = (node, when) => {
      if (when !== 'before') return;
      requests += 1;
      if (requests === 3) swapped(world, node);
    };
    await world.nudge();
    expect(world.recoveries()[0]?.troubles).toMatchObject([{ code: 'wrong-generation' }]);
    expect(await row(world)).not.toHaveProperty('bad');
    expect(world.sealed()).toEqual([]);
    expect(world.rules.broken).toEqual([]);
  });

  it('and proven are not called bad by a node that refuses each set', async () => {
    const world = await new RecoveryUnderTest().ready();
    for (const node of world.names) world.simulation.apply({ kind: 'kill', node });
    await world.clock.sleep(5_000);
    for (const node of ['payments-1', 'payments-2']) world.simulation.apply({ kind: 'start', node });
    await world.clock.sleep(1_000);
    let third = 0;
    let late = false;
    world.onUnseal = (node, when) => {
      if (node === 'payments-3' && when === 'before') {
        third += 1;
        if (third % 3 === 0) swapped(world, node);
      }
      if (late || when === 'before' || world.sent.length < 6) return;
      late = true;
      world.simulation.apply({ kind: 'start', node: 'payments-3' });
    };
    await world.nudge();
    const refused = world.recoveries()[0]?.troubles.filter(({ code }) => code === 'wrong-generation');
    expect(refused?.length).toBeGreaterThan(1);
    expect(await row(world)).toMatchObject({ provenAt: expect.any(Number) });
    expect(await row(world)).not.toHaveProperty('bad');
    await world.restart('payments-1', 'payments-2');
    await world.nudge();
    expect(world.sealed()).toEqual(['payments-3']);
    expect(world.rules.broken).toEqual([]);
  });
});

describe('a blob that is not the one that was accepted', () => {
  async function broken(change: (world: RecoveryUnderTest) => unknown): Promise<RecoveryUnderTest> {
    const world = await new RecoveryUnderTest({ neighbour: true }).ready();
    change(world);
    await world.restart();
    await world.nudge();
    expect(world.sent).toEqual([]);
    return world;
  }

  it.each([
    ['deleted', (world: RecoveryUnderTest) => world.state.blobs.delete(first), /is gone/],
    [
      'changed in one byte',
      (world: RecoveryUnderTest) => {
        const bytes = Buffer.from(world.state.blobs.get(first) ?? '');
        bytes[100] = (bytes[100] ?? 0) ^ 1;
        world.state.blobs.set(first, bytes);
      },
      /not the one that was accepted/,
    ],
    [
      "replaced by another cluster's",
      (world: RecoveryUnderTest) =>
        world.state.blobs.set(
          first,
          world.state.blobs.get(generationBlobName({ cluster: 'orders', generation: 1, revision: 1 })) ??
            Buffer.of(),
        ),
      /not the one that was accepted/,
    ],
  ])('%s, sends nothing and says what to do', async (_name, change, why) => {
    const world = await broken(change);
    const ended = (await last(world))?.ended;
    expect(ended).toMatchObject({ outcome: 'refused' });
    expect(ended?.summary).toMatch(why);
    expect(ended?.summary).toMatch(/sealwatch escrow export|import the shares again/);
  });

  it('rolled back to an older generation, sends nothing', async () => {
    const world = await new RecoveryUnderTest().ready();
    await world.escrow();
    const second = generationBlobName({ cluster: 'payments', generation: 2, revision: 1 });
    world.state.blobs.set(second, world.state.blobs.get(first) ?? Buffer.of());
    await world.restart();
    await world.nudge();
    expect(world.sent).toEqual([]);
    expect((await last(world))?.ended?.summary).toMatch(/not the one that was accepted/);
  });
});

describe('a storage that lies about digests', () => {
  type Change = (generation: Generation, world: RecoveryUnderTest) => void;
  const each =
    (change: (envelope: Envelope, place: number, all: Envelope[]) => void): Change =>
    ({ envelopes }) => {
      const copies = envelopes.map((one) => ({ ...one }));
      envelopes.forEach((envelope, place) => change(envelope, place, copies));
    };
  const flip = (base64: string) => {
    const bytes = Buffer.from(base64, 'base64');
    bytes[0] = (bytes[0] ?? 0) ^ 1;
    return bytes.toString('base64');
  };
  const otherOf = (all: Envelope[], place: number) => all[(place + 2) % all.length] as Envelope;

  async function lied(change: Change): Promise<RecoveryUnderTest> {
    const world = await new RecoveryUnderTest({ neighbour: true }).ready();
    await world.restart();
    const deps = () => {
      const one = world.process();
      const { escrow } = one.state;
      const read: typeof escrow.read = async (name) => {
        const blob = await escrow.read(name);
        if (!blob) return undefined;
        const generation = JSON.parse(blob.bytes.toString()) as Generation;
        change(generation, world);
        return { bytes: Buffer.from(JSON.stringify(generation)), digest: blob.digest };
      };
      return { ...one, state: { ...one.state, escrow: { ...escrow, read } } };
    };
    await runPass(deps(), 'payments');
    await world.settle({ process: deps, most: 120 });
    return world;
  }

  const changes: [string, Change][] = [
    ['wrappedKey', each((one) => (one.wrappedKey = flip(one.wrappedKey)))],
    ['iv', each((one) => (one.iv = flip(one.iv)))],
    ['ciphertext', each((one) => (one.ciphertext = flip(one.ciphertext)))],
    ['tag', each((one) => (one.tag = flip(one.tag)))],
    ['keyId', each((one) => (one.keyId = one.keyId.replace('escrow', 'other')))],
    ['wrap', each((one) => (one.wrap = 'scrypt-A256GCM'))],
    ['index, swapped', each((one, place, all) => (one.index = otherOf(all, place).index))],
    ['custodian, swapped', each((one, place, all) => (one.custodian = otherOf(all, place).custodian))],
    ['cluster', (one) => (one.cluster = 'orders')],
    ['generation', (one) => (one.generation = 2)],
    ['revision', (one) => (one.revision = 2)],
    ['kind', (one) => (one.kind = 'recovery')],
    ['threshold', (one) => (one.threshold = 2)],
    ['count', (one) => (one.count = 6)],
    ['trust: an address', (one) => one.trust.addresses.push('https://evil.example.com:8200')],
    ['trust: a CA', (one) => one.trust.ca.push(Buffer.alloc(80, 3).toString('base64'))],
    ['trust: a pin', (one) => one.trust.pins.push(Buffer.alloc(32, 3).toString('base64'))],
    ['trust: no approvals', (one) => delete one.trust.recovery],
    [
      "envelopes of another cluster's",
      (one, { state }) => {
        const bytes = state.blobs.get(generationBlobName({ cluster: 'orders', generation: 1, revision: 1 }));
        one.envelopes = (JSON.parse(bytes?.toString() ?? '') as Generation).envelopes;
      },
    ],
  ];

  it.each(changes)('and changed %s: no share is sent, and nothing is called bad', async (_field, change) => {
    const world = await lied(change);
    expect(world.sent).toEqual([]);
    const [recovery] = world.recoveries();
    expect(recovery).toMatchObject({ status: 'ended' });
    expect(recovery?.ended?.outcome).toMatch(/^(failed|refused)$/);
    expect((await world.state.generations.newest('payments'))?.value.bad).toBeUndefined();
  });

  it('and changed nothing: the cluster is brought back', async () => {
    const world = await lied(() => undefined);
    expect(world.sealed()).toEqual([]);
  });

  it('and swapped two envelopes: the others open, and the troubles name them', async () => {
    const world = await lied(({ envelopes }) => {
      const [two, three] = [2, 3].map((index) => envelopes.find((one) => one.index === index));
      if (!two || !three) throw new Error('no such envelopes');
      const { ciphertext } = two;
      two.ciphertext = three.ciphertext;
      three.ciphertext = ciphertext;
    });
    expect(world.sealed()).toEqual([]);
    for (const { share } of world.sent) expect([1, 4, 5]).toContain(share);
    const words = world
      .recoveries()[0]
      ?.troubles.map(({ message }) => message)
      .join('; ');
    expect(words).toMatch(/share 2 of custodian "a" was changed/);
    expect(words).toMatch(/share 3 of custodian "b" was changed/);
  });
});
