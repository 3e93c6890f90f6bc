/** What is wanted of the figures, and which of it they are not. */
import type { ScaleResult, ScaleRun } from './run.ts';

/** Memory of a worker among this many, and no fewer. */
const manyWorkers = 4;

export const wanted = {
  /** Of a worker, where there are four or more; MB, not MiB. */
  workerMB: 400,
  /** One worker's memory by a bare loop's over the same nodes. */
  rssRatio: 1.3,
  /** CPU of the most workers together by that of one. */
  cpuRatio: 1.25,
  /** Ratios say nothing of fleets below this: what a process needs for itself is most of it. */
  ratiosFromNodes: 10_000,
};

/** Storage transactions that a quiet sweep may make: 10 a batch, and one for each 500 clusters. */
export function allowedTransactions(batches: number, clusters: number): number {
  return 10 * batches + clusters / 500;
}

/** One line a figure that is not as wanted. */
export function shortfalls(result: ScaleResult): string[] {
  const { bare, ratios, intervalSeconds, runs } = result;
  const lines = runs.flatMap((run) => broken(run, intervalSeconds));
  if (runs.length === 0) lines.push('nothing was measured');
  if (!(bare.nodes >= wanted.ratiosFromNodes)) return lines;
  const { rss, cpu } = ratios;
  if (rss !== undefined && !(rss <= wanted.rssRatio))
    lines.push(
      `${bare.nodes} nodes: one worker has ${rss} × the memory of a bare loop: at most ${wanted.rssRatio}`,
    );
  if (cpu !== undefined && !(cpu <= wanted.cpuRatio))
    lines.push(`${bare.nodes} nodes: the most workers take ${cpu} × one's CPU: at most ${wanted.cpuRatio}`);
  return lines;
}

function broken(run: ScaleRun, intervalSeconds: number): string[] {
  const who = `${run.nodes} nodes, ${run.workers} ${run.workers === 1 ? 'worker' : 'workers'}`;
  const lines: string[] = [];
  if (run.missed.length > 0) lines.push(`${who}: not swept: ${run.missed.slice(0, 3).join(', ')}`);
  if (!run.quiet) lines.push(`${who}: something was decided anew in each sweep: this fleet is not quiet`);
  if (!(run.slowestSeconds < intervalSeconds))
    lines.push(`${who}: a sweep took ${run.slowestSeconds} s, the interval is ${intervalSeconds} s`);
  const megabytes = Math.round((run.rssMiB * 2 ** 20) / 1e6);
  if (run.workers >= manyWorkers && !(megabytes < wanted.workerMB))
    lines.push(`${who}: a worker has ${megabytes} MB: less than ${wanted.workerMB} is wanted`);
  const most = allowedTransactions(run.batches, run.clusters);
  if (!(run.transactions <= most))
    lines.push(`${who}: ${run.transactions} storage transactions in a sweep: at most ${Math.floor(most)}`);
  return lines;
}
