/** Text for a terminal. What servers sent must not move the cursor, hide or reorder anything. */

const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;
const wide =
  /[\u{1100}-\u{115f}\u{2e80}-\u{a4cf}\u{ac00}-\u{d7a3}\u{f900}-\u{faff}\u{fe30}-\u{fe6f}\u{ff00}-\u{ff60}\u{ffe0}-\u{ffe6}\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const marks = /^\p{M}$/u;

/** One line without control, invisible or reordering characters. */
export function clean(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\r\n\t]+/g, ' ')
    .replace(unseen, '');
}

function columnsOf(character: string): number {
  if (marks.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

/** Columns that clean text takes. */
export function width(text: string): number {
  return Array.from(text).reduce((sum, character) => sum + columnsOf(character), 0);
}

/** At most `columns` wide, with "…" in place of what was cut. */
export function fit(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  if (columns < 1) return '';
  let used = 1;
  let kept = '';
  for (const character of text) {
    used += columnsOf(character);
    if (used > columns) break;
    kept += character;
  }
  return `${kept}…`;
}

/**
 * Clean text as lines, broken between words; a word that is wider than a line is broken where it must be.
 *
 * @param first,rest columns of the first line and of those below it, 2 or more: a character may be that wide.
 */
export function wrap(text: string, first: number, rest: number): string[] {
  const lines: string[] = [];
  const room = (): number => (lines.length === 0 ? first : rest);
  let current: string | undefined;
  for (const word of text.split(' ')) {
    if (current !== undefined && width(current) + 1 + width(word) <= room()) {
      current += ` ${word}`;
      continue;
    }
    if (current !== undefined) lines.push(current);
    let left = word;
    while (width(left) > room()) {
      const head = beginning(left, room());
      lines.push(head);
      left = left.slice(head.length);
    }
    current = left;
  }
  return [...lines, current ?? ''];
}

/** As much of it as `columns` hold, but at least one character. */
function beginning(text: string, columns: number): string {
  let kept = '';
  for (const character of text) {
    if (kept !== '' && width(kept) + columnsOf(character) > columns) break;
    kept += character;
  }
  return kept;
}

/** Filled with spaces to exactly `columns`. */
export function pad(text: string, columns: number): string {
  const fitted = fit(text, columns);
  return fitted + ' '.repeat(Math.max(0, columns - width(fitted)));
}
