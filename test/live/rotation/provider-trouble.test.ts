/** What goes wrong with a provider while a rotation of a seal's token is under way, on real servers. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Rotation } from '../../../shared/rotation/rotation.ts';
import { until } from '../../servers/until.ts';
import { rotateLines } from './rotate-login.ts';
import { isMade, type RotatedPair, startRotatedPair } from './rotated-pair.ts';

let pair: RotatedPair;
afterEach(() => pair.onRow(undefined));

describe('the provider, in the middle of a rotation,', () => {
  beforeAll(async () => {
    pair = await startRotatedPair();
  });
  afterAll(() => pair?.close());

  it.each<[string, (rotation: Rotation) => boolean]>([
    ['before a new one is asked for', ({ creating }) => creating !== undefined],
    ['after it was made', isMade],
    ['after its delivery', ({ stage }) => stage === 'delivered'],
  ])('is sealed %s: nothing is lost, and it goes on', async (_when, holds) => {
    pair.once(holds, () => pair.root.seal('root-1'));
    const stuck = await pair.ask('transit-token');
    expect(stuck).toMatchObject({ waiting: { what: expect.stringContaining('is sealed (503)') as string } });
    expect(stuck.stage).not.toBe('verified');
    await pair.root.whole();
    await pair.restart();
    expect(await pair.turn()).toMatchObject({ id: stuck.id, stage: 'verified' });
    expect((await pair.restartUntilEnded()).ended).toMatchObject({ outcome: 'retired' });
    await pair.restart();
  });

  it('answers 403: each missing line of the policy is named, exactly, and once granted it goes on', async () => {
    const lines = rotateLines('payments');
    const [role, create, lookup, revoke, ...rest] = lines;
    await pair.allow(rest);
    const asked = await pair.ask('transit-token');
    const denied = async (line: string | undefined, granted: (string | undefined)[]) => {
      const { failing } = pair.newest();
      expect(failing).toMatchObject({ code: 'denied' });
      expect(failing?.message).toMatch(
        /refused \(403\): the policy of rotate's login at root lacks path "[^"]+" \{ [^}]+ \}$/,
      );
      expect(failing?.message).toContain(`lacks ${line}`);
      await pair.allow([...rest, ...granted.flatMap((each) => each ?? [])]);
      await pair.turn();
    };
    await denied(role, [role]);
    await denied(create, [role, create]);
    expect(pair.newest()).toMatchObject({ id: asked.id, stage: 'verified' });
    // Whether anybody still uses the old one is asked before it ends.
    const { waiting } = await pair.restartUntil(
      ({ waiting: of }) => of?.what.includes('lookup refused') === true,
    );
    expect(waiting?.what).toContain(`lacks ${lookup}`);
    await pair.allow([...rest, ...[role, create, lookup].flatMap((each) => each ?? [])]);
    await pair.turn();
    await denied(revoke, lines);
    expect(pair.newest().ended).toMatchObject({ outcome: 'retired' });
    await pair.restart();
  });
});

describe('a provider of three nodes, in the middle of a rotation,', () => {
  beforeAll(async () => {
    pair = await startRotatedPair({ provider: { nodes: 3 } });
  });
  afterAll(() => pair?.close());

  /** Whose end leaves the consumer's seal somebody to ask. */
  async function activeBehindFront(): Promise<string> {
    const { name } = await pair.root.awaitActive();
    if (name !== pair.front) return name;
    await pair.root.write('POST', 'sys/step-down');
    return until('another node leads', 30, async () => {
      const active = await pair.root.awaitActive();
      return active.name === pair.front ? undefined : active.name;
    });
  }

  /** Without a leader behind its provider's node it exits, and is started again as a unit file would. */
  async function restartInFailover(): Promise<void> {
    await pair.payments.kill('payments-1');
    await until('the consumer starts', 30, async () =>
      (await pair.payments.tryStart('payments-1')).up ? true : undefined,
    );
    await pair.payments.awaitActive();
  }

  it.each<[string, (rotation: Rotation) => boolean]>([
    ['before a new one is asked for', ({ creating }) => creating !== undefined],
    ['after it was made', isMade],
    ['between the sinks', ({ sinks }) => sinks['node']?.deliveredAt !== undefined],
    ['before it is verified', ({ stage }) => stage === 'delivered'],
  ])('fails over %s: it goes on with the others', async (_when, holds) => {
    const active = await activeBehindFront();
    let killed = false;
    pair.once(holds, async () => {
      await pair.root.kill(active);
      killed = true;
    });
    await pair.ask('transit-token');
    expect(killed).toBe(true);
    await restartInFailover();
    await expect
      .poll(async () => (await pair.turn()).stage, { timeout: 60_000, interval: 500 })
      .toMatch(/verified|retired/);
    expect((await pair.restartUntilEnded()).ended).toMatchObject({ outcome: 'retired' });
    await pair.root.whole();
  });
});
