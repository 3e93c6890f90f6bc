import { distance } from 'fastest-levenshtein';

/** The nearest of some words: at most two letters, or a third of them, away; case, dashes and underscores are free. */
export function nearest(word: string, words: Iterable<string>): string | undefined {
  const plain = plainly(word.slice(0, 80));
  let best: { word: string; away: number } | undefined;
  for (const candidate of words) {
    const other = plainly(candidate);
    const away = apart(plain, other);
    const most = Math.max(2, Math.floor(other.length / 3));
    if (away <= most && away < Math.min(plain.length, other.length) && away < (best?.away ?? Infinity))
      best = { word: candidate, away };
  }
  return best?.word;
}

/** Whether one word is plainly the other with a slip or two, not only like it. */
export function isSlip(word: string, meant: string): boolean {
  return apart(plainly(word.slice(0, 80)), plainly(meant)) <= 2;
}

/** Letters in another order are one slip, not two. */
function apart(plain: string, other: string): number {
  const away = distance(plain, other);
  return letters(plain) === letters(other) ? Math.min(1, away) : away;
}

function letters(word: string): string {
  return word.split('').toSorted().join('');
}

function plainly(word: string): string {
  return word.toLowerCase().replace(/[-_]/g, '');
}
