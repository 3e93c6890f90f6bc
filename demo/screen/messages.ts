/** The chat's part of the screen: what was received is shown in full, so long lines are wrapped and not cut. */
import type { ReceivedMessage } from '../scene.ts';
import { type Line, line, type Piece, type Size, title } from './line.ts';
import { clean, width, wrap } from './text.ts';

/** Below a message's own indent of 4. */
const hanging = '      ';
/** Narrower text would be one word a line: it is cut instead. */
const narrowest = 20;

/** The newest message whole, if it can be; older ones above it as far as there is room. */
export function messageLines(messages: ReceivedMessage[], { columns, rows }: Size): Line[] {
  const blocks: Line[] = [];
  for (const message of messages.toReversed()) {
    const block = messageBlock(message, columns);
    const left = rows - 1 - blocks.length;
    if (blocks.length > 0 && block.length > left) break;
    blocks.unshift(...shortened(block, left));
  }
  if (blocks.length === 0) blocks.push(line(['  no message yet', 'dim']));
  return [title('Chat, as its receiver got it'), ...blocks];
}

/** Says so where the end is missing. */
function shortened(block: Line[], rows: number): Line[] {
  if (block.length <= rows) return block;
  const kept = block.slice(0, Math.max(0, rows - 1));
  return [...kept, line([`    … and ${block.length - kept.length} more lines`, 'dim'])];
}

function messageBlock({ at, channel, lines, signature }: ReceivedMessage, columns: number): Line[] {
  const [first = '', ...rest] = lines;
  const stamp = `  ${new Date(at).toISOString().slice(11, 19)} ${channel} `;
  const proof =
    signature === 'verified'
      ? line(['  webhook copy: signature verified', 'good'])
      : signature === 'wrong'
        ? line(['  webhook copy: WRONG SIGNATURE', 'bad'])
        : undefined;
  return [
    ...wrapped([stamp, 'dim'], [first, 'bold'], columns),
    ...rest.flatMap((text) => wrapped(['    ', 'plain'], [text, 'plain'], columns)),
    ...(proof ? [proof] : []),
  ];
}

/** The text after `lead`, and below it with a hanging indent what has no room there. */
function wrapped(lead: Piece, [text, style]: Piece, columns: number): Line[] {
  const first = columns - width(lead[0]);
  if (first < narrowest) return [line(lead, [text, style])];
  return wrap(clean(text), first, columns - hanging.length).map((part, i) =>
    i === 0 ? line(lead, [part, style]) : line([hanging, 'plain'], [part, style]),
  );
}
