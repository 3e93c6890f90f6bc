/** Rotations of a client secret through the whole turn, over the real SDKs, while Entra and Graph are slow, busy, late or refuse. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runRotation } from '../../../shared/work/rotate/respond-rotation.ts';
import { takeTurns } from '../../../shared/work/rotate/turn.ts';
import { Stopper } from '../../fakes/state/stopping.ts';
import { AzureServers } from './real/azure-servers.ts';
import { ada, RotatingWorld } from './real/rotating-world.ts';

let azure: AzureServers;
let world: RotatingWorld;
beforeAll(async () => {
  azure = await AzureServers.start();
});
afterAll(() => azure.close());
beforeEach(async () => {
  world = new RotatingWorld(await azure.ground('entra-secret'));
});
afterEach(() => {
  expect([...world.broken]).toEqual([]);
});

const held = () => world.ground.places.map((place) => place.live());
const before = () => azure.graph.secrets()[0]?.value;
const sent = (part: string) => azure.graph.received.filter(({ path }) => path.includes(part)).length;

describe('propagation', () => {
  it('is waited for: no sink is given a secret before every try of it works, and then a minute more', async () => {
    azure.graph.propagation = 3;
    const old = before();
    await world.turn();
    for (let tries = 0; tries < 3; tries += 1) {
      expect(world.rotation?.waiting?.what).toContain('the new one to begin to work');
      expect(held()).toEqual([old, old]);
      await world.turn();
    }
    expect(world.rotation?.waiting?.what).toBe("Entra's other replicas to know it");
    expect(held()).toEqual([old, old]);
    await world.drive();
    expect(world.rotation?.ended?.outcome).toBe('retired');
    expect(held()).toEqual([before(), before()]);
    expect(before()).not.toBe(old);
  });

  it('that never ends costs no node anything: after a quarter of an hour it ends, and another is made', async () => {
    azure.graph.propagation = 1_000;
    await world.turn();
    const [old, first] = azure.graph.secrets();
    await world.minutes(14);
    expect(azure.graph.secrets()).toEqual([old, first]);
    azure.graph.propagation = 0;
    // A try that fails is made again after ten minutes at the latest.
    await world.minutes(15);
    expect(azure.graph.secrets().map(({ keyId }) => keyId)).not.toContain(first?.keyId);
    await world.drive();
    expect(world.rotation?.ended?.outcome).toBe('retired');
  });
});

describe('throttling', () => {
  it.each([{ retryAfter: '5' }, {}])('of each of them for a moment passes (%j)', async (wait) => {
    azure.graph.fail('any', { status: 429, ...wait }, 2);
    azure.seals.fail('any', { status: 429, ...wait }, 1);
    azure.nodes.fail('any', { status: 429, ...wait }, 1);
    await world.minutes(1);
    await world.turn();
    await world.drive();
    expect(world.rotation?.ended?.outcome).toBe('retired');
    expect(azure.graph.secrets()).toHaveLength(1);
  });

  it.each([{ retryAfter: '120' }, { retryAfter: '5' }, {}])(
    'of Graph for an hour is no storm of requests, and the rotation goes on afterwards (%j)',
    async (wait) => {
      azure.graph.fail('addPassword', { status: 429, ...wait });
      await world.turn();
      await world.minutes(60);
      expect(world.rotation?.failing).toMatchObject({ what: 'create', code: 'throttled' });
      expect(azure.graph.secrets()).toHaveLength(1);
      azure.graph.received.length = 0;
      await world.minutes(60);
      expect(sent('/addPassword')).toBeGreaterThan(3);
      // Each try is sent three times at most; a turn asks a few times, and no minute has two turns for long.
      expect(sent('/addPassword')).toBeLessThan(180);
      expect(azure.graph.received.length).toBeLessThan(480);
      azure.heal();
      await world.minutes(15);
      await world.drive();
      expect(world.rotation?.ended?.outcome).toBe('retired');
    },
  );

  it('of Entra does not make a new secret look dead: it is tried again, and delivered', async () => {
    azure.graph.propagation = 1;
    await world.turn();
    const old = held();
    azure.entra.fail({ status: 429 });
    await world.minutes(5);
    expect(world.rotation?.failing).toMatchObject({ what: 'try', code: 'throttled' });
    expect(held()).toEqual(old);
    azure.entra.fail(undefined);
    await world.minutes(10);
    await world.drive();
    expect(world.rotation?.ended?.outcome).toBe('retired');
  });
});

describe('a run that was killed', () => {
  it.each(['answered', 'lost'] as const)(
    'while it made a secret (%s) leaves one that nobody has: it is found by its name and ended, then one is made anew',
    async (answer) => {
      azure.graph.lag = 2;
      const stopper = new Stopper(await creationOf(), 'after');
      if (answer === 'lost') azure.graph.fail('addPassword', 'lost', 1);
      await world.turn(stopper);
      expect(stopper.stopped).toBe(true);
      const [, orphan] = azure.graph.secrets();
      expect(orphan?.displayName).toBe(`sealwatch ${world.rotation?.id}`);
      await world.drive(undefined, ({ stage }) => stage === 'verified');
      const { fresh } = world.rotation ?? {};
      expect(fresh?.ref).not.toBe(orphan?.keyId);
      expect(azure.graph.secrets().map(({ keyId }) => keyId)).toEqual([world.rotation?.old?.ref, fresh?.ref]);
      await world.drive();
      expect(world.rotation?.ended?.outcome).toBe('retired');
    },
  );

  /** The number of the effect that makes the secret, learnt from a rotation of its own. */
  async function creationOf(): Promise<number> {
    const counting = new Stopper();
    await world.turn(counting);
    const at = counting.effects.indexOf('kind.create') + 1;
    expect(at).toBeGreaterThan(0);
    const { lag } = azure.graph;
    world = new RotatingWorld(await azure.ground('entra-secret'));
    azure.graph.lag = lag;
    return at;
  }
});

describe('two runs at once', () => {
  it('open one rotation and make one secret', async () => {
    await Promise.all([world.turn(), world.turn(), takeTurns(world.deps, 'payments')]);
    expect(world.state.everyRotation()).toHaveLength(1);
    expect(azure.graph.secrets()).toHaveLength(2);
    await world.drive();
    expect(world.state.everyRotation()).toHaveLength(1);
    expect(world.rotation?.ended?.outcome).toBe('retired');
  });

  it('at every stage end with one secret', async () => {
    for (let turns = 0; turns < 20 && world.rotation?.status !== 'ended'; turns += 1) {
      await Promise.all([world.turn(), world.turn()]);
      await world.ground.clock.advance(2 * 60_000);
      if (world.rotation?.stage === 'verified') for (const index of [0, 1]) world.restart(index);
    }
    expect(world.state.everyRotation().map(({ ended }) => ended?.outcome)).toEqual(['retired']);
    expect(azure.graph.secrets()).toHaveLength(1);
  });
});

describe('a clock that is wrong', () => {
  it.each([10, -10])('by minutes (Graph is %i ahead) changes nothing', async (minutes) => {
    azure.graph.skewMs = minutes * 60_000;
    azure.graph.propagation = 1;
    await world.drive();
    expect(world.rotation?.ended?.outcome).toBe('retired');
    const [secret] = azure.graph.secrets();
    expect((secret?.endsAt ?? 0) - (secret?.startsAt ?? 0)).toBeGreaterThan(179 * 86_400_000);
  });

  it.each([10, -10])('hides no orphan (Graph is %i ahead)', async (minutes) => {
    azure.graph.skewMs = minutes * 60_000;
    azure.graph.fail('addPassword', 'lost', 1);
    await world.turn();
    expect(azure.graph.secrets()).toHaveLength(2);
    await world.drive();
    expect(world.rotation?.ended?.outcome).toBe('retired');
    expect(azure.graph.secrets()).toHaveLength(1);
  });
});

describe('a permission that is missing', () => {
  const permission = expect.stringContaining('Application.ReadWrite.OwnedBy') as string;

  it('is named, in front of people; once it is given, the rotation goes on', async () => {
    const old = held();
    azure.graph.fail('addPassword', { status: 403 });
    await world.turn();
    expect(world.rotation?.failing).toMatchObject({ what: 'create', code: 'denied', message: permission });
    expect(held()).toEqual(old);
    expect(azure.graph.secrets()).toHaveLength(1);
    azure.heal();
    await world.minutes(5);
    await world.drive();
    expect(world.rotation?.ended?.outcome).toBe('retired');
  });

  it('to end the old one keeps the rotation open, with both secrets working', async () => {
    azure.graph.fail('removePassword', { status: 403 });
    await world.drive(undefined, ({ failing }) => failing !== undefined);
    expect(world.rotation?.failing).toMatchObject({ what: 'end-old', code: 'denied', message: permission });
    expect(azure.graph.secrets()).toHaveLength(2);
    azure.heal();
    await world.drive();
    expect(world.rotation?.ended?.outcome).toBe('retired');
  });

  it('even to look is what a person is told who asks for a rotation', async () => {
    azure.graph.fail('any', { status: 403 });
    expect(await runRotation(world.deps, 'payments', 'entra-secret', ada, 'it leaked')).toMatchObject({
      ok: false,
      message: permission,
    });
    expect(world.rotation).toBeUndefined();
  });
});

describe('a secret that people added by hand', () => {
  it('is left alone, and reported', async () => {
    const ground = await azure.ground('entra-secret');
    const { keyId } = azure.graph.addByHand({ displayName: 'for Ada, in March', value: 'byhand~of-people' });
    world = new RotatingWorld(ground);
    await world.drive();
    expect(world.rotation?.ended).toMatchObject({
      outcome: 'retired',
      left: [expect.stringContaining('a secret called "for Ada, in March"') as string],
    });
    expect(azure.graph.secrets().map((secret) => secret.keyId)).toEqual([keyId, world.rotation?.fresh?.ref]);
  });
});

it("people's own secret, where it is the one in use, is replaced and left", async () => {
  world = new RotatingWorld(await azure.ground('entra-secret', 'people'));
  await world.drive();
  expect(world.rotation?.ended).toMatchObject({
    outcome: 'retired',
    summary: expect.stringContaining("people's own") as string,
    left: [expect.stringContaining('made by Ada') as string],
  });
  expect(azure.graph.secrets()).toHaveLength(2);
});
