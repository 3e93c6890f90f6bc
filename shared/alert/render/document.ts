/** What every channel says, in order and without limits. Raw text: each channel escapes it and cuts it to size. */
import type { Message } from '../alert.ts';
import { oneLine } from '../text.ts';
import { clockTime } from '../time.ts';
import { type Block, changeBlocks, openBlock } from './block.ts';
import type { Line } from './line.ts';

export interface RenderOptions {
  /** Where the runbook pages are: "https://…/docs/runbooks". Without it, messages name the page of this repository. */
  runbookBase?: string;
}

interface Document {
  /** A sign for the severity, or for all clear. */
  sign: string;
  headline: string;
  /** What holds for the whole message: a hold, a channel that this one stands in for. */
  notices: Line[];
  /** Worst first; what is open besides comes last. */
  blocks: Block[];
  /** Cluster, labels, time and id. */
  footer: Line;
}

const signs = { critical: '🔴', warning: '🟠', info: '🔵' } as const;

export function documentOf(message: Message, { runbookBase }: RenderOptions): Document {
  const open = openBlock(message);
  return {
    sign: isAllClear(message) ? '🟢' : signs[message.severity],
    headline: oneLine(message.headline),
    notices: notices(message),
    blocks: [...changeBlocks(message, runbookBase), ...(open ? [open] : [])],
    footer: { role: 'quiet', text: footer(message) },
  };
}

function notices({ at, hold, insteadOf }: Message): Line[] {
  const lines: Line[] = [];
  if (insteadOf) {
    const text = `Meant for channel ${insteadOf.channel}, which could not take it: ${insteadOf.why}`;
    lines.push({ role: 'text', text: oneLine(text) });
  }
  if (hold) {
    const until = clockTime(hold.until, at);
    const text = `Hold by ${hold.by} until ${until}: ${hold.reason}. Automation leaves this cluster alone; people may act.`;
    lines.push({ role: 'text', text: oneLine(text) });
  }
  return lines;
}

function footer({ cluster, labels, at, id }: Message): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const time = new Date(at).toISOString().replace('T', ' ').replace(/\..*/, ' UTC');
  return oneLine([cluster, ...pairs, time, id].join(' · '));
}

function isAllClear({ kind, open, changes }: Message): boolean {
  return kind === 'resolved' && open.length === 0 && changes.every(({ change }) => change === 'resolved');
}
