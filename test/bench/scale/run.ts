/**
 * `npm run bench -- scale`: fleets of simulated nodes, swept by the watch app in several processes over real Azurite:
 * how long a quiet sweep takes, and what it costs in CPU, memory and storage transactions.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startAzurite } from '../../../cli/start/azurite.ts';
import { systemClock } from '../../../shared/compose/clock.ts';
import { prepareStorage } from '../../../shared/compose/prepare.ts';
import { connectState } from '../../../shared/state/azure/connect.ts';
import { median } from '../recover/fleet.ts';
import { startSide } from '../sweep/children.ts';
import type { Round } from '../sweep/rounds.ts';
import { wanted } from './bounds.ts';
import { startCountingProxy, total } from './counting-proxy.ts';
import { type PlayedFleet, playFleet, writeFleet } from './fleet.ts';
import { idleCpu, type SweepCost, type Sweeping, sweepOnce, writtenHeads } from './sweeps.ts';
import { asDeployed, startWorkers } from './workers.ts';

export interface ScaleOptions {
  nodes: number[];
  workers: number[];
  tls: boolean;
  /** From the beginning of a measured sweep to that of the next one, s: a divisor of 60. */
  intervalSeconds: number;
  /** Measured sweeps of each run. */
  sweeps: number;
  /** Sweeps before the measured ones at least: what V8 has compiled by then grows with them, in each worker by itself. */
  warmUp?: number;
  /** Of the workers' Node; the bare loop has none. */
  nodeOptions: string[];
  /** Clusters of a batch, and of the smallest fleet that is split; undefined: the defaults of fleet.yaml. */
  batch?: number;
}

export interface ScaleRun {
  nodes: number;
  clusters: number;
  workers: number;
  batches: number;
  /** Median. */
  seconds: number;
  slowestSeconds: number;
  /** Of the largest worker at the end of a sweep, and of all together. */
  rssMiB: number;
  totalRssMiB: number;
  /** The most that a worker had at any time, the first sweep included. */
  peakRssMiB: number;
  /** Of all workers together in a sweep, mean, without what they take while nothing is swept. */
  cpuSeconds: number;
  /** What they take in such a time while nothing is swept: on Azure the host polls, in a process of its own. */
  idleCpuSeconds: number;
  /** Of the sweep with the most. */
  transactions: number;
  /** Looks into empty queues while a sweep ran, of the sweep with the most. No part of `transactions`. */
  idlePolls: number;
  /** No head was written by the measured sweeps. */
  quiet: boolean;
  /** Of the measured sweeps: what was not swept in time, and why. */
  missed: string[];
  /** The sweeps before, in which the fleet became known: each cluster's head is written, each connection opened. */
  learning: { sweeps: number; cpuSeconds: number; transactions: number };
}

export interface ScaleResult {
  runs: ScaleRun[];
  /** One keep-alive Pool a node and nothing else, over the nodes of the largest fleet. */
  bare: { nodes: number; seconds: number; cpuSeconds: number; rssMiB: number };
  /** Of the largest fleet: one worker by the bare loop; the most workers by one. */
  ratios: { rss?: number; cpu?: number };
  intervalSeconds: number;
  tls: boolean;
  nodeOptions: string[];
  machine: { cpus: number; node: string };
}

/**
 * Sweeps that make a fleet known begin this part of an interval apart: in less than half of one, a timer's second tick
 * is taken for an error and ignored. A fleet that never becomes quiet is measured after so many more than asked for.
 */
const learningPace = 0.6;
const learningExtra = 6;

type Say = (line: string) => void;

export async function benchScale(options: ScaleOptions, say: Say): Promise<ScaleResult> {
  const { intervalSeconds, tls, nodeOptions } = options;
  const runs: ScaleRun[] = [];
  const largest = Math.max(...options.nodes);
  let bare: ScaleResult['bare'] | undefined;
  for (const nodes of options.nodes) {
    const fleet = await playFleet(nodes, tls);
    try {
      for (const workers of options.workers) {
        say(`${nodes} nodes, ${workers} worker(s)`);
        runs.push(await measure(options, fleet, workers, say));
      }
      if (nodes === largest) bare = await measureBare(options, fleet);
    } finally {
      fleet.close();
    }
  }
  if (!bare) throw new Error('no fleet was given');
  const machine = { cpus: availableParallelism(), node: process.version };
  return { runs, bare, ratios: ratiosOf(runs, bare), intervalSeconds, tls, nodeOptions, machine };
}

async function measure(options: ScaleOptions, fleet: PlayedFleet, workers: number, say: Say) {
  const { intervalSeconds, batch } = options;
  const folder = await mkdtemp(join(tmpdir(), 'sealwatch-scale-'));
  const azurite = await startAzurite();
  const proxy = await startCountingProxy(azurite.connectionString);
  try {
    await prepareStorage(azurite.connectionString);
    const processes = await startWorkers(
      workers,
      {
        SEALWATCH_FLEET: await writeFleet(folder, fleet.targets, batch),
        SEALWATCH_STORAGE: proxy.connectionString,
        SEALWATCH_SCHEDULE: `*/${intervalSeconds} * * * * *`,
        SEALWATCH_FILE_ROOT: folder,
        SEALWATCH_LOG_LEVEL: 'warn',
      },
      options.nodeOptions,
    );
    try {
      const state = connectState(azurite, systemClock);
      const { clusters } = fleet;
      const nodes = fleet.targets.addresses.length;
      const intervalMs = intervalSeconds * 1000;
      const sweeping = { workers: processes, proxy, state, fleet: { clusters, nodes }, intervalMs };
      const learning = await learn(sweeping, options.warmUp ?? warmUpOf(nodes), say);
      const idle = await idleCpu(sweeping);
      const before = await writtenHeads(state);
      const costs = await atInterval(intervalSeconds, options.sweeps, async () => {
        const cost = await sweepOnce(sweeping);
        say(`  ${told(cost)}`);
        return cost;
      });
      const quiet = (await writtenHeads(state)) === before;
      return { nodes, clusters, workers, ...summary(costs, idle), quiet, learning };
    } finally {
      await processes.close();
    }
  } finally {
    await proxy.close();
    await azurite.close();
    await rm(folder, { recursive: true });
  }
}

/** Where CPU is compared V8 has compiled what many workers share, too, as in processes that run for days. */
function warmUpOf(nodes: number): number {
  return nodes >= wanted.ratiosFromNodes ? 20 : 4;
}

/** Sweeps until two of them in a row missed nothing and found nothing new. */
async function learn(sweeping: Sweeping, least: number, say: Say): Promise<ScaleRun['learning']> {
  const costs: SweepCost[] = [];
  let written = 0;
  const most = least + learningExtra;
  for (let same = 0; costs.length < most && (same < 2 || costs.length < least); ) {
    const due = wait(learningPace * sweeping.intervalMs);
    const cost = await sweepOnce(sweeping);
    costs.push(cost);
    const now = await writtenHeads(sweeping.state);
    if (now !== written || cost.missed.length > 0) say(`  learning: ${told(cost)}`);
    same = now === written && cost.missed.length === 0 ? same + 1 : 0;
    written = now;
    await due;
  }
  return {
    sweeps: costs.length,
    cpuSeconds: rounded(sum(costs.map(({ cpuSeconds }) => cpuSeconds)), 100),
    transactions: sum(costs.map(({ counted }) => total(counted))),
  };
}

/** Some runs of `act`, each beginning an interval after the one before, or when that ends later than so. */
async function atInterval<T>(seconds: number, count: number, act: () => Promise<T>): Promise<T[]> {
  const done: T[] = [];
  while (done.length < count) {
    const due = wait(seconds * 1000);
    done.push(await act());
    if (done.length < count) await due;
  }
  return done;
}

/** @param idle CPU seconds a second of all workers that sweep nothing. */
function summary(costs: SweepCost[], idle: number) {
  const mean = (of: (cost: SweepCost) => number): number => sum(costs.map(of)) / costs.length;
  const seconds = costs.map((cost) => cost.seconds);
  const most = (of: (cost: SweepCost) => number): number => Math.max(...costs.map(of));
  const rss = ({ usage }: SweepCost): number[] => usage.map(({ rssMiB }) => rssMiB);
  return {
    batches: most(({ batches }) => batches),
    seconds: rounded(median(seconds), 100),
    slowestSeconds: rounded(Math.max(...seconds), 100),
    rssMiB: rounded(
      most((cost) => Math.max(...rss(cost))),
      1,
    ),
    totalRssMiB: rounded(
      most((cost) => sum(rss(cost))),
      1,
    ),
    peakRssMiB: rounded(
      most(({ usage }) => Math.max(...usage.map(({ peakRssMiB }) => peakRssMiB))),
      1,
    ),
    cpuSeconds: rounded(
      mean(({ cpuSeconds, windowSeconds }) => Math.max(0, cpuSeconds - idle * windowSeconds)),
      100,
    ),
    idleCpuSeconds: rounded(idle * mean(({ windowSeconds }) => windowSeconds), 100),
    transactions: most(({ counted }) => total(counted)),
    missed: costs.flatMap(({ missed }) => missed),
    idlePolls: most(({ counted }) => counted.idlePolls),
  };
}

/** As many rounds as a run has sweeps, at the same pace. */
async function measureBare(options: ScaleOptions, { targets }: PlayedFleet): Promise<ScaleResult['bare']> {
  // As the workers run: memory that V8 and the allocator let lie is on neither side.
  const side = await startSide('bare-loop.ts', targets, [], asDeployed);
  try {
    for (let round = 0; round < (options.warmUp ?? warmUpOf(targets.addresses.length)); round += 1)
      await side.round();
    const rounds: Round[] = await atInterval(options.intervalSeconds, options.sweeps, () => side.round());
    return {
      nodes: targets.addresses.length,
      seconds: rounded(median(rounds.map(({ ms }) => ms)) / 1000, 100),
      cpuSeconds: rounded(sum(rounds.map(({ cpuMs }) => cpuMs)) / rounds.length / 1000, 100),
      rssMiB: rounded(Math.max(...rounds.map(({ rssMiB }) => rssMiB)), 1),
    };
  } finally {
    side.close();
  }
}

function ratiosOf(runs: ScaleRun[], bare: ScaleResult['bare']): ScaleResult['ratios'] {
  const large = runs.filter(({ nodes }) => nodes === bare.nodes).toSorted((a, b) => a.workers - b.workers);
  const [one] = large;
  const many = large.at(-1);
  if (one?.workers !== 1) return {};
  return {
    rss: rounded(one.rssMiB / bare.rssMiB, 100),
    ...(many && many !== one && { cpu: rounded(many.cpuSeconds / one.cpuSeconds, 100) }),
  };
}

function told({ seconds, cpuSeconds, counted, batches, missed }: SweepCost): string {
  const asked = [...counted.transactions].map(([label, count]) => `${count} ${label}`).sort();
  const cost = `${seconds.toFixed(2)} s, ${cpuSeconds.toFixed(2)} s of CPU, ${batches} batch(es)`;
  const lacks = missed.length > 0 ? `; MISSED ${missed.slice(0, 3).join(', ')}` : '';
  return `${cost}, ${total(counted)} transactions (${asked.join(', ')}), ${counted.idlePolls} idle polls${lacks}`;
}

const sum = (values: number[]): number => values.reduce((all, value) => all + value, 0);
const rounded = (value: number, parts: number): number => Math.round(value * parts) / parts;
