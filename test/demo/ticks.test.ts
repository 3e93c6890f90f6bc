import { expect, it } from 'vitest';
import { afterHowLong, untilNextTick } from '../../demo/ticks.ts';

const tick = Date.parse('2026-11-22T02:30:05Z');

it('counts to the next run of a schedule that fires at whole multiples of five seconds', () => {
  expect(untilNextTick(tick - 2900)).toBe(2900);
  expect(untilNextTick(tick - 1)).toBe(1);
  expect(untilNextTick(tick)).toBe(5000);
});

it('says how much of the time was waiting for the timer', () => {
  expect(afterHowLong('the kill', tick - 2900, tick + 500)).toBe(
    '3.4 s after the kill (2.9 s of it waiting for the next 5 s tick)',
  );
});

it('does not call it waiting when a sweep was already under way', () => {
  expect(afterHowLong('the seal', tick + 100, tick + 700)).toBe(
    '0.6 s after the seal (a sweep was just under way)',
  );
});
