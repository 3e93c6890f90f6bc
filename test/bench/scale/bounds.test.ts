import { expect, it } from 'vitest';
import { shortfalls } from './bounds.ts';
import type { ScaleResult, ScaleRun } from './run.ts';

function aRun(over: Partial<ScaleRun> = {}): ScaleRun {
  return {
    nodes: 10_000,
    clusters: 3334,
    workers: 4,
    batches: 14,
    seconds: 6,
    slowestSeconds: 29.9,
    rssMiB: 380,
    totalRssMiB: 1400,
    peakRssMiB: 450,
    cpuSeconds: 5,
    transactions: 146,
    idleCpuSeconds: 0.1,
    idlePolls: 12,
    quiet: true,
    missed: [],
    learning: { sweeps: 5, cpuSeconds: 30, transactions: 14_000 },
    ...over,
  };
}

function aResult(over: Partial<ScaleResult> = {}): ScaleResult {
  return {
    runs: [aRun({ workers: 1, rssMiB: 800 }), aRun()],
    bare: { nodes: 10_000, seconds: 1, cpuSeconds: 1, rssMiB: 800 },
    ratios: { rss: 1.3, cpu: 1.25 },
    intervalSeconds: 30,
    tls: false,
    nodeOptions: [],
    machine: { cpus: 2, node: 'v24.21.0' },
    ...over,
  };
}

it('figures at their bounds are as wanted', () => {
  expect(shortfalls(aResult())).toEqual([]);
});

it.each<[Partial<ScaleRun>, RegExp]>([
  [{ slowestSeconds: 30 }, /^10000 nodes, 4 workers: a sweep took 30 s, the interval is 30 s$/],
  [{ slowestSeconds: Number.NaN }, /a sweep took NaN s/],
  [{ rssMiB: 382 }, /^10000 nodes, 4 workers: a worker has 401 MB: less than 400 is wanted$/],
  [{ transactions: 147 }, /^10000 nodes, 4 workers: 147 storage transactions in a sweep: at most 146$/],
  [{ quiet: false }, /this fleet is not quiet$/],
  [{ missed: ['1 of 14 batches', 'c7: late'] }, /not swept: 1 of 14 batches, c7: late$/],
])('a run with %j falls short', (over, line) => {
  expect(shortfalls(aResult({ runs: [aRun(over)] }))).toEqual([expect.stringMatching(line)]);
});

it.each<[ScaleResult['ratios'], RegExp]>([
  [{ rss: 1.31, cpu: 1 }, /^10000 nodes: one worker has 1\.31 × the memory of a bare loop: at most 1\.3$/],
  [{ rss: 1, cpu: 1.26 }, /^10000 nodes: the most workers take 1\.26 × one's CPU: at most 1\.25$/],
])('a large fleet with the ratios %j falls short', (ratios, line) => {
  expect(shortfalls(aResult({ ratios }))).toEqual([expect.stringMatching(line)]);
});

it('what a process needs for itself is no ratio: they say nothing of a small fleet', () => {
  const bare = { nodes: 1000, seconds: 1, cpuSeconds: 1, rssMiB: 130 };
  expect(shortfalls(aResult({ bare, ratios: { rss: 2, cpu: 3 } }))).toEqual([]);
});

it('a fleet that its timer sweeps itself has one batch, and one worker as much memory as it wants', () => {
  const inline = aRun({ workers: 1, clusters: 334, batches: 1, transactions: 10, rssMiB: 900 });
  expect(shortfalls(aResult({ runs: [inline] }))).toEqual([]);
  expect(shortfalls(aResult({ runs: [{ ...inline, transactions: 11 }] }))).toHaveLength(1);
});

it('no run is no success', () => {
  expect(shortfalls(aResult({ runs: [], ratios: {} }))).toEqual(['nothing was measured']);
});
