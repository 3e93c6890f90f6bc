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
}

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
  try {
    const bareRounds: Round[] = [];
    const ourRounds: Round[] = [];
    for (let round = 0; round <= options.warmRounds; round += 1) {
      // Half an interval apart: neither runs while the other does.
      bareRounds.push(await bare.round());
      await wait(options.intervalMs / 2);
      ourRounds.push(await ours.round());
      say(`${round === 0 ? 'cold' : 'warm'}: bare ${shown(bareRounds)}, sealwatch ${shown(ourRounds)}`);
      if (round < options.warmRounds) await wait(options.intervalMs / 2);
    }
    return compare(options, side(ourRounds), side(bareRounds));
  } finally {
    for (const each of [bare, ours, targets]) each.close();
  }
}

function compare({ nodes, tls }: SweepOptions, sealwatch: Side, bare: Side): SweepResult {
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
  };
}

function side([cold, ...warm]: Round[]): Side {
  return {
    coldSeconds: (cold?.ms ?? Number.NaN) / 1000,
    warmSeconds: median(warm.map(({ ms }) => ms)) / 1000,
    warmCpuSeconds: median(warm.map(({ cpuMs }) => cpuMs)) / 1000,
    rssMiB: Math.max(...warm.map(({ rssMiB }) => rssMiB)),
  };
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}

function shown(rounds: Round[]): string {
  const last = rounds.at(-1);
  return last
    ? `${last.ms.toFixed(0)} ms, ${last.cpuMs.toFixed(0)} ms CPU, ${last.rssMiB.toFixed(0)} MiB`
    : '';
}
