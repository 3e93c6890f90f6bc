/** One sweep of a run: from the timer until all of it is done or the next one is due, and what it cost. */
import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import type { State } from '../../../shared/state/ports.ts';
import { type Counted, type CountingProxy, since, total } from './counting-proxy.ts';
import type { Usage } from './worker.ts';
import type { Workers } from './workers.ts';

export interface SweepCost {
  /** From the timer until the last cluster's result was stored. */
  seconds: number;
  /** Of all workers together, until the last message was deleted. */
  cpuSeconds: number;
  /** How long that was. */
  windowSeconds: number;
  /** Of each worker when it was over. */
  usage: Usage[];
  counted: Counted;
  /** 1 where the timer swept the fleet itself. */
  batches: number;
  /** What was not swept, and why. */
  missed: string[];
}

export interface Sweeping {
  workers: Workers;
  proxy: CountingProxy;
  /** Of the same storage, past the proxy: what the benchmark looks at is not counted. */
  state: State;
  fleet: { clusters: number; nodes: number };
  intervalMs: number;
}

interface Swept {
  finishedAt: number;
  clusters: number;
  nodes: number;
  batches: number;
  missed: string[];
}

export async function sweepOnce(sweeping: Sweeping): Promise<SweepCost> {
  const { workers, proxy, state, fleet } = sweeping;
  const usedBefore = await workers.usage();
  const countedBefore = proxy.counted();
  const startedAt = Date.now();
  await workers.probe();
  const invokedAt = Date.now();
  const planned = await inBatches(sweeping, startedAt);
  const swept = planned ?? { ...(await inline(state, startedAt)), finishedAt: invokedAt };
  const counted = since(countedBefore, await settled(sweeping, countedBefore));
  const usage = await workers.usage();
  const windowSeconds = (Date.now() - startedAt) / 1000;
  const cpu = (all: Usage[]): number => all.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
  const isWhole = swept.nodes === fleet.nodes && swept.clusters === fleet.clusters;
  const part = `${swept.clusters} of ${fleet.clusters} clusters, ${swept.nodes} of ${fleet.nodes} nodes`;
  return {
    seconds: (swept.finishedAt - startedAt) / 1000,
    cpuSeconds: cpu(usage) - cpu(usedBefore),
    windowSeconds,
    usage,
    counted,
    batches: swept.batches,
    missed: isWhole ? swept.missed : [`only ${part}`, ...swept.missed],
  };
}

/** CPU seconds a second of all workers together while nothing is swept: the embedded host, which polls its queues. */
export async function idleCpu({
  workers,
  intervalMs,
}: Pick<Sweeping, 'workers' | 'intervalMs'>): Promise<number> {
  const before = await workers.usage();
  const seconds = intervalMs / 2000;
  await wait(seconds * 1000);
  const after = await workers.usage();
  const used = after.reduce((sum, { cpuSeconds }, n) => sum + cpuSeconds - (before[n]?.cpuSeconds ?? 0), 0);
  return used / seconds;
}

/** How often heads were written since there are any: the same twice is a quiet sweep. */
export async function writtenHeads(state: State): Promise<number> {
  const { partitions, unreadable } = await state.live.scan();
  if (unreadable.length > 0) throw new Error(`a row cannot be read: ${JSON.stringify(unreadable[0])}`);
  return [...partitions.values()].reduce((sum, { head }) => sum + (head?.value.revision ?? 0), 0);
}

/** Of the sweep that began at `startedAt` or later; undefined: it has none. */
async function inBatches({ state, intervalMs }: Sweeping, startedAt: number): Promise<Swept | undefined> {
  const deadline = performance.now() + intervalMs;
  for (;;) {
    const { batches } = await state.batches.list();
    const ours = batches.map(({ value }) => value).filter(({ sweep }) => sweep.startedAt >= startedAt);
    if (ours.length === 0) return undefined;
    const results = ours.flatMap(({ result }) => (result ? [result] : []));
    const isLate = performance.now() > deadline;
    if (results.length < ours.length && !isLate) {
      await wait(100);
      continue;
    }
    const undone = ours.length - results.length;
    return {
      finishedAt: undone > 0 ? Date.now() : Math.max(...results.map(({ finishedAt }) => finishedAt)),
      clusters: results.reduce((sum, { clusters }) => sum + clusters, 0),
      nodes: results.reduce((sum, { nodes }) => sum + nodes, 0),
      batches: ours.length,
      missed: [
        ...(undone > 0 ? [`${undone} of ${ours.length} batches`] : []),
        ...results.flatMap(({ failed }) => failed.map(({ cluster, why }) => `${cluster}: ${why}`)),
      ],
    };
  }
}

async function inline(state: State, startedAt: number): Promise<Omit<Swept, 'finishedAt'>> {
  const last = await state.sweeps.last();
  if (!last || last.startedAt < startedAt) throw new Error('the timer left no record of its sweep');
  const { clusters, nodes, failed = [] } = last;
  return { clusters, nodes, batches: 1, missed: failed.map(({ cluster, why }) => `${cluster}: ${why}`) };
}

/**
 * A worker deletes a message some time after what it named was done: waits until each that was sent is deleted, and
 * nothing else is asked any more.
 */
async function settled({ proxy, intervalMs }: Sweeping, before: Counted): Promise<Counted> {
  const deadline = performance.now() + intervalMs / 2;
  for (let last = total(proxy.counted()); ; ) {
    await wait(300);
    const now = proxy.counted();
    const { transactions } = since(before, now);
    const of = (method: string): number => transactions.get(`queue ${method} probe`) ?? 0;
    const isQuiet = total(now) === last && of('DELETE') >= of('POST');
    if (isQuiet || performance.now() > deadline) return now;
    last = total(now);
  }
}
