import { describe, expect, it } from 'vitest';
import { countLine, exitCode } from './reporter.ts';

describe('the last line of npm test', () => {
  it('names skipped tests where they are allowed', () => {
    const counts = { passed: 7, failed: 0, skipped: 2 };
    expect(countLine(counts, true)).toBe('7 passed, 0 failed, 2 skipped');
    expect(exitCode(counts, true)).toBe(0);
  });

  it('counts skipped tests as failed where they are not', () => {
    const counts = { passed: 7, failed: 1, skipped: 2 };
    expect(countLine(counts, false)).toBe('7 passed, 3 failed, 0 skipped');
    expect(exitCode({ ...counts, failed: 0 }, false)).toBe(1);
    expect(exitCode({ ...counts, failed: 0, skipped: 0 }, false)).toBe(0);
  });

  it('does not call an empty run a success', () => {
    expect(exitCode({ passed: 0, failed: 0, skipped: 0 }, true)).toBe(1);
  });
});
