/** Cutting a message to a channel's size: by whole lines, the worst first, and saying how much is missing. */
import { clip, listed, oneLine } from '../text.ts';
import type { Block } from './block.ts';
import type { Line } from './line.ts';

interface Limits<Written> {
  /** One line in the channel's own form: escaped, and at most `lineCost` dear. */
  write: (line: Line) => Written;
  cost: (written: Written) => number;
  lineCost: number;
  /** For all blocks together: at least eight times `lineCost`, so that the worst finding always fits. */
  budget: number;
  blocks: number;
  itemsPerBlock: number;
}

/** Lines of each block that fits; the last may be a line of its own that counts what was left out. */
export function fit<Written>(blocks: Block[], limits: Limits<Written>): Written[][] {
  const { write, cost, lineCost } = limits;
  const total = (lines: Written[]): number => lines.reduce((sum, line) => sum + cost(line), 0);
  const fitted: Written[][] = [];
  // One line is kept back for the count at the end.
  let left = limits.budget - lineCost;
  for (const [index, block] of blocks.entries()) {
    const head = [block.title, ...block.items.slice(0, 1).map((item) => item.line)].map(write);
    const details = block.details.map(write);
    const least = total(head) + total(details);
    if (index > 0 && (least + lineCost > left || index >= limits.blocks)) {
      const missing = blocks.slice(index).reduce((sum, { items }) => sum + items.length, 0);
      fitted.push([write({ role: 'quiet', text: `… and ${missing} more` })]);
      break;
    }
    left -= least;
    const more = moreItems(block, limits, left);
    left -= total(more);
    fitted.push([...head, ...more, ...details]);
  }
  return fitted;
}

/** The items after the first, and what could not be shown by name at least. */
function moreItems<Written>(
  block: Block,
  { write, cost, lineCost, itemsPerBlock }: Limits<Written>,
  room: number,
) {
  const shown: Written[] = [];
  let left = room;
  const rest = block.items.slice(1);
  for (const { line } of rest) {
    const written = write(line);
    if (shown.length + 1 >= itemsPerBlock || cost(written) + lineCost > left) break;
    left -= cost(written);
    shown.push(written);
  }
  const missing = rest.slice(shown.length).map((item) => item.name);
  if (missing.length === 0) return shown;
  const start = `… and ${missing.length} more: `;
  return [...shown, write({ role: 'text', text: `${start}${listed(missing, lineCost - start.length)}` })];
}

/**
 * The longest form of a text that is within `limit` once escaped. Escaping lengthens: the raw text is shortened
 * until it fits.
 */
export function within(
  text: string,
  limit: number,
  escape: (raw: string) => string,
  measure: (escaped: string) => number = (escaped) => escaped.length,
  shorten: (raw: string, length: number) => string = clip,
): string {
  for (let length = limit; length > 1; length = Math.floor(length * 0.8)) {
    const escaped = escape(shorten(text, length));
    if (measure(escaped) <= limit) return escaped;
  }
  return '';
}

/** Cuts a headline between the names that it lists. */
export function shortenHeadline(headline: string, length: number): string {
  return listed(oneLine(headline).split(', '), length);
}
