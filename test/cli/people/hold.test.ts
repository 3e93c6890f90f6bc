import { expect, it } from 'vitest';
import { endOf } from '../../../cli/people/hold.ts';

const now = Date.UTC(2026, 10, 22, 2);

it.each([
  ['30m', '2026-11-22T02:30:00.000Z'],
  ['2h', '2026-11-22T04:00:00.000Z'],
  ['7d', '2026-11-29T02:00:00.000Z'],
])('--for %s ends at %s', (length, end) => {
  expect(endOf(undefined, length, now)).toBe(end);
});

it('--until takes a time with its zone', () => {
  expect(endOf('2026-11-22T06:00:00Z', undefined, now)).toBe('2026-11-22T06:00:00.000Z');
  expect(endOf('2026-11-22T08:00+02:00', undefined, now)).toBe('2026-11-22T06:00:00.000Z');
});

it.each([
  [undefined, undefined, 'say until when'],
  ['2026-11-22T06:00:00Z', '2h', 'say until when'],
  ['2026-11-22T06:00:00', undefined, 'with its zone'],
  ['tomorrow', undefined, 'with its zone'],
  ['2026-13-22T06:00:00Z', undefined, 'no time that there is'],
  [undefined, '2 hours', '--for takes'],
  [undefined, '0h', '--for takes'],
  [undefined, '-2h', '--for takes'],
])('until %j, for %j is not understood', (until, length, why) => {
  expect(() => endOf(until, length, now)).toThrow(why);
});
