/** Rows that are another's, or are so by the time that a worker comes to write them. */
import { describe, expect, it } from 'vitest';
import type { Batch, Stored } from '../../../shared/state/ports.ts';
import { aBatchResult } from '../../fakes/state/examples.ts';
import { intervalMs, type LargeFleet, largeFleet } from './night.ts';
import { rowsOf, workerWith } from './workers.ts';

const oneBatch = { batches: 'from: 3, clusters: 8' };
const events = (fleet: LargeFleet) =>
  fleet.logged.map((line) => (JSON.parse(line) as { event: string }).event);

describe('a claim that conflicts', () => {
  /** What is in the row when the claim comes; it was to be `ours`. */
  const against = async (rowFor: (ours: Batch) => Batch) => {
    const fleet = largeFleet(oneBatch);
    await fleet.tick(0);
    const { batches } = fleet.state;
    const update = async ({ value }: Stored<Batch>) => {
      await batches.plan([rowFor(value)], []);
      return 'conflict' as const;
    };
    await fleet.work(fleet.take(), [workerWith(fleet, { batches: { update } })]);
    return fleet;
  };
  const claimOf = ({ claim }: Batch) => claim ?? { by: '', at: 0, until: 0 };

  it.each<[string, (ours: Batch) => Batch]>([
    ['has it', (ours) => ({ ...ours, claim: { ...claimOf(ours), by: 'another' } })],
    ['is the same, a moment before', (ours) => ({ ...ours, claim: { ...claimOf(ours), at: 1 } })],
    ['is the same, and has ended it', (ours) => ({ ...ours, result: aBatchResult() })],
    ['is the same, in a later sweep', (ours) => ({ ...ours, sweep: { ...ours.sweep, id: 'later' } })],
  ])('watches nothing where the worker that %s', async (_who, rowFor) => {
    const fleet = await against(rowFor);
    expect(fleet.asked).toEqual([]);
    expect(events(fleet)).toContain('batch-taken');
  });
});

describe('the end of a batch', () => {
  it.each(['gone', 'conflict'] as const)('that comes too late is no failure (%s)', async (answer) => {
    const fleet = largeFleet(oneBatch);
    await fleet.tick(0);
    const { batches } = fleet.state;
    const worker = workerWith(fleet, {
      batches: { update: async (batch) => (batch.value.result ? answer : batches.update(batch)) },
    });
    await fleet.work(fleet.take(), [worker]);
    expect(events(fleet).filter((event) => event.startsWith('batch-'))).toEqual(['batch-ended-late']);
  });

  it('that cannot be written is not run again by the same message: its lease ends', async () => {
    const fleet = largeFleet(oneBatch);
    await fleet.tick(0);
    const { batches } = fleet.state;
    const worker = workerWith(fleet, {
      batches: {
        update: async (batch) => {
          if (batch.value.result || batch.value.failure !== undefined) throw new Error('throttled');
          return batches.update(batch);
        },
      },
    });
    await fleet.work(fleet.take(), [worker]);
    expect(events(fleet).filter((event) => event.startsWith('batch-'))).toEqual([
      'batch-failed',
      'batch-end-not-written',
    ]);
    const [row] = await rowsOf(fleet);
    expect(row?.claim?.by).toBe(worker.reads.worker);
    expect(row).not.toHaveProperty('result');
  });
});

it('a batch that is nobody’s is run at once, though others of its sweep are somebody’s', async () => {
  const fleet = largeFleet();
  await fleet.round(0);
  await fleet.tick();
  const { batches } = await fleet.state.batches.list();
  const [first] = batches;
  if (!first) throw new Error('no batch');
  const { home, ...value } = first.value;
  expect(home).toBe(fleet.main.reads.worker);
  await fleet.state.batches.update({ ...first, value });
  const name = fleet.take().find((message) => message.endsWith(`.${value.number}`)) ?? '';
  void fleet.run(name, fleet.process());
  await fleet.clock.advance(100);
  await fleet.clock.advance(0);
  expect(Object.keys(fleet.askedSince(8))).toHaveLength(3);
});

it('a row that cannot be read is in the log of the worker, which runs the others', async () => {
  const fleet = largeFleet();
  await fleet.tick(0);
  fleet.state.batches.damage(1, 'not JSON');
  const from = fleet.logged.length;
  await fleet.work(fleet.take(), [fleet.process()]);
  const unreadable = fleet.logged.slice(from).filter((line) => line.includes('row-unreadable'));
  expect(unreadable).toHaveLength(1);
  expect(unreadable[0]).toContain('batch-00001');
  expect(Object.keys(fleet.askedSince(0))).toHaveLength(5);
});

describe('what is read once a sweep', () => {
  const countingLists = (fleet: LargeFleet) => {
    let lists = 0;
    const { batches } = fleet.state;
    const worker = workerWith(fleet, {
      batches: {
        list: () => {
          lists += 1;
          return batches.list();
        },
      },
    });
    return { worker, lists: () => lists };
  };

  it('outlasts messages of other sweeps that come in between', async () => {
    const fleet = largeFleet();
    const { worker, lists } = countingLists(fleet);
    await fleet.tick(0);
    const old = fleet.take();
    await fleet.tick(intervalMs);
    const [first = '', second = ''] = fleet.take();
    await fleet.work([first], [worker]);
    await fleet.work([old[0] ?? ''], [worker]);
    await fleet.work(['batch.forged.0'], [worker]);
    const before = lists();
    await fleet.work([second], [worker]);
    expect(lists()).toBe(before);
    expect(Object.keys(fleet.askedSince(0))).toHaveLength(6);
  });

  it('by the timer serves the batches of its own process', async () => {
    const fleet = largeFleet();
    let reads = 0;
    const { words } = fleet.state;
    const quiets = () => {
      reads += 1;
      return words.quiets();
    };
    fleet.main.state = { ...fleet.main.state, words: { ...words, quiets } };
    await fleet.round(0);
    expect(Object.keys(fleet.askedSince(0))).toHaveLength(8);
    expect(reads).toBe(1);
  });
});
