/** What nodes tell of their start, and what is kept of it. */
import { describe, expect, it } from 'vitest';
import type { RecoverDeps } from '../../../shared/work/recover/deps.ts';
import { noteStarts } from '../../../shared/work/recover/starts.ts';
import { RecoveryUnderTest } from './recovery-under-test.ts';

/** The third node tells of another start than its own. */
function lying(world: RecoveryUnderTest, start: number): RecoverDeps {
  const deps = world.process();
  return {
    ...deps,
    connect: async (cluster, trust) => {
      const connected = await deps.connect(cluster, trust);
      for (const { node, client } of connected.nodes) {
        if (node !== 'payments-3' || 'code' in client) continue;
        client.processStart = async () => ({ ok: true, status: 200, body: start, ms: 1 });
      }
      return connected;
    },
  };
}

async function nudged(world: RecoveryUnderTest, start: number): Promise<void> {
  await world.state.nudges.send('steps', 'payments', 0);
  await world.settle({ process: () => lying(world, start) });
}

describe.each([
  ['beyond what a date can be', 8.9e15],
  ['in the year 9999', Date.UTC(9999, 0)],
  ['before all time', -1],
])('a node that tells of a start %s', (_what, start) => {
  it('is no hindrance to the others', async () => {
    const world = await new RecoveryUnderTest().ready();
    await world.restart('payments-1', 'payments-2');
    await nudged(world, start);
    expect(world.sealed()).toEqual([]);
  });

  it('and is sealed is one whose cause nobody knows', async () => {
    const world = await new RecoveryUnderTest().ready();
    await world.restart();
    await nudged(world, start);
    expect(world.sealed()).toEqual(['payments-3']);
    expect(world.recoveries()[0]?.needs?.why).toMatch(/payments-3 is sealed, and nothing tells/);
  });

  it('is noted with nothing', async () => {
    const world = await new RecoveryUnderTest().ready();
    const before = await world.state.starts.of('payments');
    await world.clock.sleep(11 * 60_000);
    await noteStarts(lying(world, start));
    const at = world.clock.now();
    const after = (await world.state.starts.of('payments')).map((note) => [note.node, note.at === at]);
    expect(before).toHaveLength(3);
    expect(Object.fromEntries(after)).toEqual({
      'payments-1': true,
      'payments-2': true,
      'payments-3': false,
    });
  });
});

it('a note that cannot be kept ends neither the pass nor the other notes', async () => {
  const world = await new RecoveryUnderTest().ready();
  const failing = (): RecoverDeps => {
    const deps = world.process();
    const note: typeof deps.state.starts.note = async (notes) => {
      if (notes.some(({ node }) => node === 'payments-1')) throw new Error('the row is damaged');
      return deps.state.starts.note(notes);
    };
    return { ...deps, state: { ...deps.state, starts: { ...deps.state.starts, note } } };
  };
  await world.restart();
  await world.state.nudges.send('steps', 'payments', 0);
  await world.settle({ process: failing });
  expect(world.sealed()).toEqual([]);
  expect(world.recoveries()[0]?.ended?.outcome).toBe('recovered');
  const noted = (await world.state.starts.of('payments')).filter(({ at }) => at > world.clock.now() - 30_000);
  expect(noted.map(({ node }) => node).sort()).toEqual(['payments-2', 'payments-3']);
  expect(world.logged.some((line) => line.includes('start-not-noted'))).toBe(true);
});
