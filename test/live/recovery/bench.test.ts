/** The benchmark against plain calls is a gate: what takes too long ends it with 1. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { RecoverResult } from '../../bench/recover/real.ts';

interface Ran {
  code: number;
  result: RecoverResult;
  said: string;
}

function bench(...args: string[]): Promise<Ran> {
  const main = join(import.meta.dirname, '../../bench/main.ts');
  return new Promise((resolve) => {
    execFile(process.execPath, [main, 'recover', '--json', ...args], (error, stdout, said) => {
      const code = error === null ? 0 : Number(error.code);
      resolve({ code, result: JSON.parse(stdout) as RecoverResult, said });
    });
  });
}

it('a recovery that takes longer than plain calls times the limit is a failure, and said', async () => {
  const { code, result, said } = await bench('--rounds', '1', '--fast-elections', '--limit', '0.01');
  expect(result.ratio).toBeGreaterThan(0.01);
  expect(said).toMatch(/^FAILED: recovery took \d+\.\d\d times as long as plain calls, and may take 0\.01$/m);
  expect(code).toBe(1);
});
