/** The benchmark of scale runs as written down, with a fleet small enough for a test and a batch a cluster. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { ScaleResult } from './run.ts';

interface Ran {
  code: number;
  result: ScaleResult;
  failed: string[];
}

function bench(...args: string[]): Promise<Ran> {
  const main = join(import.meta.dirname, '../main.ts');
  const options = ['--nodes', '30', '--batch', '1', '--sweeps', '1', '--interval', '6', ...args];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [main, 'scale', '--json', ...options], (error, stdout, said) => {
      if (stdout === '') return reject(new Error(said));
      const failed = said.split('\n').filter((line) => line.startsWith('FAILED'));
      const code = error === null ? 0 : Number(error.code);
      return resolve({ code, result: JSON.parse(stdout) as ScaleResult, failed });
    });
  });
}

it.concurrent('ten clusters in ten batches of one worker are quiet and within their bounds', async () => {
  const { code, result, failed } = await bench('--workers', '1');
  expect(failed).toEqual([]);
  expect(result.runs).toMatchObject([
    { nodes: 30, clusters: 10, workers: 1, batches: 10, missed: [], quiet: true },
  ]);
  const [run] = result.runs;
  // Each batch is at least claimed, read and ended, and its message sent and deleted.
  expect(run?.transactions).toBeGreaterThanOrEqual(5 * 10);
  expect(run?.cpuSeconds).toBeGreaterThan(0);
  expect(run?.rssMiB).toBeGreaterThan(0);
  expect(result.bare.rssMiB).toBeGreaterThan(0);
  expect(code).toBe(0);
});

/** In so short an interval a batch may go to the other worker, which writes its row: that is not asked here. */
it.concurrent('two workers sweep all of them, and what falls short is told with an exit code of 1', async () => {
  const { code, result, failed } = await bench('--workers', '2', '--tls');
  expect(result.runs).toMatchObject([{ nodes: 30, clusters: 10, workers: 2, batches: 10, missed: [] }]);
  const [run] = result.runs;
  expect(run?.totalRssMiB).toBeGreaterThan(run?.rssMiB ?? 0);
  for (const line of failed) expect(line).toMatch(/is not quiet$|storage transactions in a sweep/);
  expect(code).toBe(failed.length > 0 ? 1 : 0);
});
