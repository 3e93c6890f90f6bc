/** The benchmarks of recovery run as written down, and fail aloud. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { slowness } from './real.ts';
import { type SimulatedResult, shortfall } from './simulated.ts';

interface Ran {
  code: number;
  result: SimulatedResult;
  said: string;
}

function bench(...args: string[]): Promise<Ran> {
  const main = join(import.meta.dirname, '../main.ts');
  return new Promise((resolve) => {
    execFile(process.execPath, [main, 'recover', '--simulated', '--json', ...args], (error, stdout, said) => {
      const code = error === null ? 0 : Number(error.code);
      resolve({ code, result: JSON.parse(stdout) as SimulatedResult, said });
    });
  });
}

it.concurrent('all of 20 clusters serve again, and no vault is asked more than it takes', async () => {
  const { code, result, said } = await bench('--clusters', '20');
  expect(said).not.toContain('FAILED');
  expect(result).toMatchObject({ clusters: 20, serving: 20, keyVault: { unwraps: 60, limitIn10s: 4_000 } });
  expect(result.keyVault.mostIn10s).toBeGreaterThan(0);
  expect(result.keyVault.mostIn10s).toBeLessThanOrEqual(result.keyVault.limitIn10s);
  expect(code).toBe(0);
});

/**
 * All in one vault: 600 unwraps, and where they go out at once each is challenged first, 1,200 calls. Paced, 400 go out
 * at once (800 calls), and by the turn of the others the vault's challenge is known: 1,000.
 */
it.concurrent('its pace keeps a restart of 200 clusters below a limit that they would exceed at once', async () => {
  const { code, result, said } = await bench('--clusters', '200', '--vaults', '1', '--limit', '1100');
  expect(said).not.toContain('FAILED');
  expect(result).toMatchObject({ serving: 200, keyVault: { unwraps: 600, limitIn10s: 1_100 } });
  expect(code).toBe(0);
});

it.concurrent('more calls than the limit end it with 1 and a line that says so', async () => {
  const { code, said } = await bench('--clusters', '2', '--limit', '1');
  expect(said).toMatch(/^FAILED: one vault was asked \d+ times in 10 s, and it takes 1$/m);
  expect(code).toBe(1);
});

it.each([1.31, 2, Number.NaN, Number.POSITIVE_INFINITY])(
  'a ratio of %d to plain calls is a failure',
  (ratio) => {
    expect(slowness({ ratio })).toMatch(
      /^FAILED: recovery took .* times as long as plain calls, and may take 1.3$/,
    );
  },
);

it.each([0.9, 1.3])('a ratio of %d to plain calls is none', (ratio) => {
  expect(slowness({ ratio })).toBeUndefined();
});

it.each([
  [{ clusters: 20, serving: 19 }, 1, 'FAILED: 19 of 20 clusters serve'],
  [{ clusters: 20, serving: 0 }, 5_000, /^FAILED: 0 of 20 clusters serve; one vault was asked 5000 times/],
  [{ clusters: 0, serving: 0 }, 0, 'FAILED: no cluster was simulated'],
])('%j with %i calls is a failure', (counted, mostIn10s, line) => {
  const keyVault = { unwraps: 0, calls: 0, mostIn10s, limitIn10s: 4_000 };
  expect(shortfall({ ...counted, seconds: 1, keyVault })).toEqual(expect.stringMatching(line));
});
