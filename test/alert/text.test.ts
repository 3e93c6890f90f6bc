import { describe, expect, it } from 'vitest';
import { plain } from '../../shared/alert/plain.ts';
import { clip, listed, oneLine } from '../../shared/alert/text.ts';
import { clockTime, duration, sinceText } from '../../shared/alert/time.ts';
import { item, message, night, runbookBase, sealed } from './build.ts';

const minute = 60_000;

describe('times', () => {
  it.each([
    [-5, '0 s'],
    [59_999, '59 s'],
    [minute, '1 min'],
    [59 * minute, '59 min'],
    [60 * minute, '1 h'],
    [245 * minute, '4 h 5 min'],
    [51 * 60 * minute, '2 d 3 h'],
    [48 * 60 * minute, '2 d'],
  ])('%i ms is %s', (ms, text) => expect(duration(ms)).toBe(text));

  it('are in UTC, with the date when it is another day', () => {
    expect(clockTime(night, night + minute)).toBe('02:14 UTC');
    expect(clockTime(night, night + 24 * 60 * minute)).toBe('2026-03-01 02:14 UTC');
    expect(sinceText(night, night + 3 * minute)).toBe('since 02:14 UTC (3 min)');
  });
});

describe('text from servers', () => {
  it('is kept on one line, without what hides or reorders it', () => {
    expect(oneLine(' a\r\nb\tc\u202ed\u0000\u200be\u2028\ud800 ')).toBe('a b cde\ufffd');
  });

  it('is clipped between characters', () => {
    expect(clip('abc😀def', 5)).toBe('abc…');
    expect(clip('abc', 3)).toBe('abc');
  });

  it('is listed as far as it fits', () => {
    const names = ['vault-0', 'vault-1', 'vault-2', 'vault-3'];
    expect(listed(names, 100)).toBe('vault-0, vault-1, vault-2, vault-3');
    expect(listed(names, 31)).toBe('vault-0, vault-1, … and 2 more');
    expect(listed(names, 5)).toBe('vaul…');
  });
});

it('a plain message reads from top to bottom', () => {
  const lines = plain(
    message({
      changes: [
        item(),
        item({ finding: sealed('vault-2') }),
        item({ change: 'resolved', finding: sealed('vault-3'), note: 'over since 02:15 UTC' }),
      ],
    }),
    { runbookBase },
  );
  expect(lines).toEqual([
    'payments: node sealed: vault-1',
    'Critical: node sealed (2)',
    '  • vault-1 is sealed (0 of 3 shares), since 02:14 UTC (3 min)',
    '  • vault-2 is sealed (0 of 3 shares), since 02:14 UTC (3 min)',
    '  Means: This node serves nothing and stays so until somebody unseals it.',
    '  Seen: sys/health answered 503, sealed: true',
    '  First: Find out whether it was sealed on purpose; if not, unseal it with a threshold of shares.',
    `  Runbook: node-sealed ${runbookBase}/node-sealed.md`,
    'Recovered: node sealed',
    '  • was: vault-3 is sealed (0 of 3 shares), from 02:14 UTC, after 3 min; over since 02:15 UTC',
    'payments · env=prod · 2026-03-01 02:17:00 UTC · payments-42',
  ]);
});
