/** What the batches of a plan come to, each in each of its states. */
import { describe, expect, it } from 'vitest';
import type { Batch, BatchResult } from '../../../shared/state/ports.ts';
import { endedSweep } from '../../../shared/work/batches/ended.ts';
import { stateOf } from '../../../shared/work/batches/state-of.ts';

const interval = 30_000;
const at = 1_000_000;
const result: BatchResult = {
  finishedAt: at + 5000,
  clusters: 1,
  nodes: 3,
  failed: [],
  slow: [],
  prompt: { ms: 5, clusters: 1 },
  owed: [],
  unreadable: [],
};
const batch = (over: Partial<Batch> = {}): Batch => ({
  number: 0,
  share: { from: '', except: [] },
  sweep: { id: 's', startedAt: at, turn: 1 },
  ...over,
});
const claim = (claimed: number) => ({ by: 'w', at: claimed, until: claimed + 95_000 });
const ended = (now: number, ...batches: Batch[]) => {
  const past = batches.map((each) => ({ batch: each, state: stateOf(each, now, 95_000) }));
  return endedSweep(past, ['a', 'b'], now, interval);
};
const why = (now: number, over: Partial<Batch>) => ended(now, batch(over)).failed.map((one) => one.why)[0];

describe('a batch at the next tick', () => {
  const next = at + interval;

  it.each<[string, Partial<Batch>, string | undefined]>([
    ['done', { claim: claim(at), result }, undefined],
    ['running', { claim: claim(at + 20_000), seenAt: at - interval }, undefined],
    ['untaken', {}, 'no worker took its batch in time: more workers are needed'],
    [
      'failed',
      { claim: claim(at), failure: 'table live: denied' },
      'its batch could not run: table live: denied',
    ],
  ])('%s', (_name, over, expected) => {
    expect(why(next, over)).toBe(expected);
  });

  it('running is told where it was not watched for two intervals before', () => {
    expect(why(next, { claim: claim(at + 20_000), seenAt: at - interval - 1001 })).toMatch(
      /^it was not watched/,
    );
  });
});

it('a batch that still runs after two intervals is told, and one whose lease ended has died', () => {
  expect(why(at + 2 * interval, { claim: claim(at) })).toBe('its batch is still running');
  expect(why(at + 95_001, { claim: claim(at) })).toBe(
    'its batch began and never ended: its worker died or hung',
  );
});

it('a sweep ended when the last of its batches did, and now where none did', () => {
  const late = { ...result, finishedAt: at + 9000 };
  const two = [batch({ result }), batch({ number: 1, result: late, share: { only: ['b'] } })];
  expect(ended(at + interval, ...two)).toMatchObject({ finishedAt: at + 9000, failed: [], untaken: [] });
  expect(ended(at + interval, batch())).toMatchObject({ finishedAt: at + interval, untaken: ['a', 'b'] });
  expect(ended(at)).toMatchObject({ failed: [], finishedAt: at });
  expect(ended(at)).not.toHaveProperty('sweep');
});

it('a sweep ended between its begin and now, whatever the clocks of its workers say', () => {
  const by = (ms: number) => batch({ result: { ...result, finishedAt: at + ms } });
  expect(ended(at + interval, by(300_000)).finishedAt).toBe(at + interval);
  expect(ended(at + interval, by(-180_000)).finishedAt).toBe(at);
  expect(ended(at + interval, by(300_000), { ...by(9000), number: 1 }).finishedAt).toBe(at + interval);
});

describe('a batch that ended behind a tick', () => {
  const newest = batch({
    number: 1,
    share: { only: ['b'] },
    sweep: { id: 't', startedAt: at + interval, turn: 2 },
  });
  const older = (begun: number, over: Partial<BatchResult> = {}) =>
    batch({ share: { only: ['a'] }, claim: claim(begun), result: { ...result, ...over } });

  it('is told where it began more than two intervals ago: a tick that was to plan it anew did not come', () => {
    const next = at + 3 * interval;
    const { failed } = ended(next, older(at), { ...newest, result });
    expect(failed).toEqual([{ cluster: 'a', why: 'it was not watched for two intervals' }]);
    expect(ended(next, older(next - 2 * interval - 1000), { ...newest, result }).failed).toEqual([]);
  });

  it('is told, too, where the last plan had no batch, as all of them still ran', () => {
    const past = [{ batch: older(at), state: 'done' as const }];
    const next = at + 3 * interval;
    const { failed } = endedSweep(past, ['a'], next, interval, { plannedAt: at + interval });
    expect(failed.map(({ cluster }) => cluster)).toEqual(['a']);
    expect(endedSweep(past, ['a'], next, interval, { plannedAt: at }).failed).toEqual([]);
  });

  it('says once of each cluster why it was not watched', () => {
    const failed = [{ cluster: 'a', why: 'not done within 55 s' }];
    expect(ended(at + 3 * interval, older(at, { failed }), { ...newest, result }).failed).toEqual(failed);
  });

  it('by a clock that is ahead began with its sweep', () => {
    const { failed } = ended(at + 3 * interval, older(at + 120_000), { ...newest, result });
    expect(failed.map(({ cluster }) => cluster)).toEqual(['a']);
  });
});

it('a pause is told of the fleet, not of each cluster of its last sweep', () => {
  expect(ended(at + 10 * interval, batch({ claim: claim(at), result })).failed).toEqual([]);
});

it('says what each batch said, of all sweeps that are in the rows', () => {
  const failed = [{ cluster: 'a', why: 'not done within 55 s' }];
  const older = batch({
    number: 1,
    sweep: { id: 'r', startedAt: at - interval, turn: 0 },
    result: { ...result, failed },
  });
  const both = ended(at + interval, older, batch({ result }));
  expect(both).toMatchObject({ failed, sweep: { id: 's' } });
});

it('a lease that ends later than any could ends two leases after its plan', () => {
  const never = { claim: { by: 'w', at, until: at + 10 * 365 * 86_400_000 } };
  expect(why(at + 2 * interval, never)).toBe('its batch is still running');
  expect(why(at + 190_000, never)).toMatch(/never ended/);
});

it('what a worker with another fleet.yaml did not watch was not watched', () => {
  const { failed } = ended(at + interval, batch({ result: { ...result, watched: ['a', 'x'] } }));
  expect(failed.map(({ cluster }) => cluster)).toEqual(['b']);
  expect(failed[0]?.why).toMatch(/another fleet\.yaml/);
});

it('where a row cannot be read, whoever is in no other one was not watched', () => {
  const rest = [{ batch: batch({ result, share: { only: ['a'] } }), state: 'done' as const }];
  expect(endedSweep(rest, ['a', 'b'], at + interval, interval, { damaged: 1 }).failed).toEqual([
    { cluster: 'b', why: 'the row of its batch cannot be read' },
  ]);
  expect(endedSweep(rest, ['a', 'b'], at + interval, interval).failed).toEqual([]);
});
