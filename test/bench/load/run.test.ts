import { expect, it } from 'vitest';
import { tooSlow } from './run.ts';

const startMs = { empty: 20, watch: 22, rotate: 33, recover: 32 };
const times = { startMs, firstTriggerMs: { watch: 60, rotate: 60, recover: 60 } };

it('an app at the limit is fast enough', () => {
  expect(tooSlow({ ...times, ratio: { watch: 1.1, rotate: 1.6, recover: 1.6 } }, 1.6)).toBeUndefined();
});

it('every app above it is named', () => {
  const slow = tooSlow({ ...times, ratio: { watch: 1.1, rotate: 1.61, recover: 2 } }, 1.6);
  expect(slow).toMatch(/^rotate starts in 1\.61 .*; recover starts in 2 /);
});
