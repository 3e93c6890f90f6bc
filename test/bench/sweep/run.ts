/**
 * `npm run bench -- sweep`: our whole sweep against a bare undici loop over the same targets in the same run, each in
 * its own process, at the real interval so that "warm" is real. Ratios; the machine's noise hits both sides.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { startSide, startTargets } from './children.ts';
import type { Round } from './rounds.ts';

export interface SweepOptions {
  nodes: number;
  tls: boolean;
  /** Between two rounds of one side, ms. */
  intervalMs: number;
  warmRounds: number;
}

export interface SweepResult {
  ratio: { warmTime: number; warmCpu: number; coldTime: number; rss: number };
  coldSeconds: number;
  rssMiB: number;
  nodes: number;
  tls: boolean;
  /** What the ratios were made of. */
  sealwatch: Side;
  bare: Side;
  /** The same fleet with a login: three requests a cluster more. No bound. */
  withRaft: Side;
}

/**
 * Rounds close together before the warm ones: V8 has then compiled both sides, as in a process that runs for days, and
 * each node's start time was asked for (ten a sweep), so that it is one request a node on both sides.
 */
const warmUpRounds = 110;

interface Side {
  coldSeconds: number;
  warmSeconds: number;
  warmCpuSeconds: number;
  rssMiB: number;
}

export async function benchSweep(options: SweepOptions, say: (line: string) => void): Promise<SweepResult> {
  const targets = await startTargets(options.nodes, options.tls, 0);
  const bare = await startSide('bare-loop.ts', targets.fleet);
  const ours = await startSide('sealwatch.ts', targets.fleet);
  const raft = await startSide('sealwatch.ts', targets.fleet, ['raft']);
  try {
    const bareRounds: Round[] = [];
    const ourRounds: Round[] = [];
    const raftRounds: Round[] = [];
    // Both sides have run for a while before "warm" is measured: a fresh process is still compiling itself.
    const rounds = async (pauseMs: number): Promise<void> => {
      // A third of the interval apart: none runs while another does.
      bareRounds.push(await bare.round());
      await wait(pauseMs / 3);
      ourRounds.push(await ours.round());
      await wait(pauseMs / 3);
      raftRounds.push(await raft.round());
      await wait(pauseMs / 3);
    };
    await rounds(options.intervalMs);
    say(`cold: bare ${shown(bareRounds)}; sealwatch ${shown(ourRounds)}`);
    for (let round = 0; round < warmUpRounds; round += 1) await rounds(300);
    for (const list of [bareRounds, ourRounds, raftRounds]) list.splice(1);
    for (let round = 0; round < options.warmRounds; round += 1) {
      await wait(options.intervalMs);
      await rounds(0);
      say(`warm: bare ${shown(bareRounds)}; sealwatch ${shown(ourRounds)}; with raft ${shown(raftRounds)}`);
    }
    return compare(options, side(ourRounds), side(bareRounds), side(raftRounds));
  } finally {
    for (const each of [bare, ours, raft, targets]) each.close();
  }
}

function compare({ nodes, tls }: SweepOptions, sealwatch: Side, bare: Side, withRaft: Side): SweepResult {
  const ratio = (a: number, b: number): number => Math.round((a / b) * 100) / 100;
  return {
    ratio: {
      warmTime: ratio(sealwatch.warmSeconds, bare.warmSeconds),
      warmCpu: ratio(sealwatch.warmCpuSeconds, bare.warmCpuSeconds),
      coldTime: ratio(sealwatch.coldSeconds, bare.coldSeconds),
      rss: ratio(sealwatch.rssMiB, bare.rssMiB),
    },
    coldSeconds: sealwatch.coldSeconds,
    rssMiB: sealwatch.rssMiB,
    nodes,
    tls,
    sealwatch,
    bare,
    withRaft,
  };
}

/** Means: a collection of garbage falls into any round of either side, and is part of what a sweep costs. */
function side([cold, ...warm]: Round[]): Side {
  return {
    coldSeconds: (cold?.ms ?? Number.NaN) / 1000,
    warmSeconds: mean(warm.map(({ ms }) => ms)) / 1000,
    warmCpuSeconds: mean(warm.map(({ cpuMs }) => cpuMs)) / 1000,
    rssMiB: Math.max(...warm.map(({ rssMiB }) => rssMiB)),
  };
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function shown(rounds: Round[]): string {
  const last = rounds.at(-1);
  return last
    ? `${last.ms.toFixed(0)} ms, ${last.cpuMs.toFixed(0)} ms CPU, ${last.rssMiB.toFixed(0)} MiB`
    : '';
}
