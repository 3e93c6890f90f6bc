import type { Reporter, TestModule } from 'vitest/node';

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** Counts what vitest ran. A file or a hook that failed outside any test, and an error that nobody caught, is a failure. */
export function countingReporter(counts: Counts): Reporter {
  return {
    onTestRunEnd(modules, unhandledErrors) {
      for (const module of modules) countModule(module, counts);
      counts.failed += unhandledErrors.length;
    },
  };
}

function countModule(module: TestModule, counts: Counts): void {
  if (module.errors().length > 0) counts.failed += 1;
  for (const suite of module.children.allSuites()) if (suite.errors().length > 0) counts.failed += 1;
  for (const test of module.children.allTests()) {
    const { state } = test.result();
    // A test that never ended (its worker died) is still `pending`.
    if (state === 'passed' || state === 'skipped') counts[state] += 1;
    else counts.failed += 1;
  }
}

/** The last line of `npm test`. Where nothing may be skipped, what was skipped has failed. */
export function countLine(counts: Counts, skipsAllowed: boolean): string {
  return skipsAllowed
    ? `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`
    : `${counts.passed} passed, ${counts.failed + counts.skipped} failed, 0 skipped`;
}

/** Exit code: 1 as well when there was nothing to run, as with a misspelt filter. */
export function exitCode(counts: Counts, skipsAllowed: boolean): 0 | 1 {
  const bad = counts.failed + (skipsAllowed ? 0 : counts.skipped);
  return bad > 0 || counts.passed + counts.skipped === 0 ? 1 : 0;
}
