/** A message as plain lines: for logs, the terminal and tests. */
import type { Message } from './alert.ts';
import { documentOf, type RenderOptions } from './render/document.ts';
import type { Line } from './render/line.ts';

/** The headline first; nothing is left out. */
export function plain(message: Message, options: RenderOptions): string[] {
  const { headline, notices, blocks, footer } = documentOf(message, options);
  return [
    headline,
    ...notices.map(write),
    ...blocks.flatMap(({ title, items, details }) => [
      title.text,
      ...[...items.map((item) => item.line), ...details].map((line) => `  ${write(line)}`),
    ]),
    footer.text,
  ];
}

function write({ text, url }: Line): string {
  return url === undefined ? text : `${text} ${url}`;
}
