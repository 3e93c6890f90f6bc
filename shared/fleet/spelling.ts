import { distance } from 'fastest-levenshtein';

/** The nearest of some words: at most two letters, or a third of them, away; case, dashes and underscores are free. */
export function nearest(word: string, words: Iterable<string>): string | undefined {
  const plain = plainly(word.slice(0, 80));
  let best: { word: string; away: number } | undefined;
  for (const candidate of words) {
    const other = plainly(candidate);
    // Letters in another order are one slip, not two.
    const away =
      letters(plain) === letters(other) ? Math.min(1, distance(plain, other)) : distance(plain, other);
    const most = Math.max(2, Math.floor(other.length / 3));
    if (away <= most && away < Math.min(plain.length, other.length) && away < (best?.away ?? Infinity))
      best = { word: candidate, away };
  }
  return best?.word;
}

function letters(word: string): string {
  return word.split('').toSorted().join('');
}

function plainly(word: string): string {
  return word.toLowerCase().replace(/[-_]/g, '');
}
