/**
 * Microsoft Teams, a Workflows webhook ("Post to a channel when a webhook request is received"): one Adaptive
 * Card 1.4, about 28 KB for the whole message (AZURE-FACTS, "Chat and paging formats").
 *
 * All text is in RichTextBlock runs: unlike TextBlock, they know no Markdown, so server text needs no escape
 * that Teams does not have (learn.microsoft.com/adaptive-cards, "Text features").
 */
import type { Message } from '../alert.ts';
import type { Rendered } from '../channel.ts';
import { documentOf, type RenderOptions } from '../render/document.ts';
import { fit, shortenHeadline, within } from '../render/fit.ts';
import type { Line } from '../render/line.ts';

const lineBytes = 900;
/** One element: the line and the JSON around it. */
const elementBytes = lineBytes + 200;
const headlineBytes = 5000;
const bodyBytes = 15_500;

interface TextRun {
  type: 'TextRun';
  text: string;
  weight?: 'Bolder';
  size?: 'Large';
  isSubtle?: true;
  selectAction?: { type: 'Action.OpenUrl'; url: string };
}

interface RichTextBlock {
  type: 'RichTextBlock';
  inlines: TextRun[];
}

export function render(message: Message, options: RenderOptions): Rendered {
  const { sign, headline, notices, blocks, footer } = documentOf(message, options);
  const title = within(`${sign} ${headline}`, headlineBytes, escape, jsonBytes, shortenHeadline);
  const fitted = fit(blocks, {
    write,
    cost: (element) => jsonBytes(element) + 1,
    lineCost: elementBytes,
    budget: bodyBytes,
    blocks: 12,
    itemsPerBlock: 25,
  });
  const card = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    msteams: { width: 'Full' },
    body: [
      rich({ type: 'TextRun', text: title, weight: 'Bolder', size: 'Large' }),
      ...notices.map(write),
      ...fitted.map((items) => ({ type: 'Container', separator: true, items })),
      write(footer),
    ],
  };
  const contentType = 'application/vnd.microsoft.card.adaptive';
  const payload = { type: 'message', attachments: [{ contentType, contentUrl: null, content: card }] };
  return { headers: { 'content-type': 'application/json; charset=utf-8' }, body: JSON.stringify(payload) };
}

function rich(run: TextRun): RichTextBlock {
  return { type: 'RichTextBlock', inlines: [run] };
}

function write({ role, text: raw, url }: Line): RichTextBlock {
  if (role === 'link' && url !== undefined) {
    const text = within(raw, 200, escape, jsonBytes);
    return rich({ type: 'TextRun', text, selectAction: { type: 'Action.OpenUrl', url } });
  }
  const text = within(raw, lineBytes, escape, jsonBytes);
  if (role === 'title') return rich({ type: 'TextRun', text, weight: 'Bolder' });
  return rich({ type: 'TextRun', text, ...(role === 'quiet' && { isSubtle: true as const }) });
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** No tags (<at> makes a mention), and no {{DATE(…)}} functions, which every card text knows. */
function escape(raw: string): string {
  return raw
    .replace(/</g, '‹')
    .replace(/>/g, '›')
    .replace(/\{(?=\{)/g, '{ ');
}
