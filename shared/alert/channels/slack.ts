/**
 * Slack incoming webhook, Block Kit. Limits (AZURE-FACTS, "Chat and paging formats"): 50 blocks, header 150
 * characters, section 3,000, about 13,200 in all.
 */
import type { Message } from '../alert.ts';
import type { Rendered } from '../channel.ts';
import { documentOf, type RenderOptions } from '../render/document.ts';
import { fit, shortenHeadline, within } from '../render/fit.ts';
import type { Line } from '../render/line.ts';

const headerLength = 150;
const sectionLength = 3000;
const lineLength = 600;
const headlineLength = 2400;
const bodyLength = 8000;

export function render(message: Message, options: RenderOptions): Rendered {
  const { sign, headline, notices, blocks, footer } = documentOf(message, options);
  const short = within(`${sign} ${headline}`, headerLength, escape, undefined, shortenHeadline);
  const long = within(headline, headlineLength, escape, undefined, shortenHeadline);
  const fitted = fit(blocks, {
    write,
    cost: (line) => line.length + 1,
    lineCost: lineLength + 1,
    budget: bodyLength,
    blocks: 12,
    itemsPerBlock: 25,
  });
  const payload = {
    text: short,
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: short, emoji: false } },
      ...(short.endsWith(long) ? [] : [section(long)]),
      ...(notices.length > 0 ? [section(notices.map(write).join('\n'))] : []),
      ...fitted.flatMap(pack).map(section),
      { type: 'context', elements: [text(write(footer))] },
    ],
  };
  return { headers: { 'content-type': 'application/json; charset=utf-8' }, body: JSON.stringify(payload) };
}

/** `verbatim`: Slack must not turn names, channels or URLs in server text into mentions and links. */
function text(mrkdwn: string): { type: 'mrkdwn'; text: string; verbatim: true } {
  return { type: 'mrkdwn', text: mrkdwn, verbatim: true };
}

function section(mrkdwn: string): { type: 'section'; text: ReturnType<typeof text> } {
  return { type: 'section', text: text(mrkdwn) };
}

/** Whole lines into texts that a section can hold. */
function pack(lines: string[]): string[] {
  const texts: string[] = [];
  let current = '';
  for (const line of lines) {
    if (current !== '' && current.length + 1 + line.length > sectionLength) {
      texts.push(current);
      current = line;
    } else {
      current = current === '' ? line : `${current}\n${line}`;
    }
  }
  return current === '' ? texts : [...texts, current];
}

function write({ role, text: raw, url }: Line): string {
  if (role === 'link' && url !== undefined) {
    const link = `<${escapeUrl(url)}|${within(raw, 100, escape)}>`;
    return link.length <= lineLength ? link : within(`${raw} ${url}`, lineLength, escape);
  }
  if (role === 'title') return `*${within(raw, lineLength - 2, escape)}*`;
  return within(raw, lineLength, escape);
}

/**
 * Slack's three control characters become entities, which also disarms <!channel>, <@U…> and links. Slack has no
 * escape for its formatting characters: they become look-alikes. An underscore inside a word formats nothing and
 * stays, so that names can be copied.
 */
function escape(raw: string): string {
  return raw
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/\*/g, '∗')
    .replace(/~/g, '∼')
    .replace(/`/g, 'ˋ')
    .replace(/(?<![\p{L}\p{N}_])_|_(?![\p{L}\p{N}_])/gu, 'ˍ')
    .replace(/@(?=channel|here|everyone)/gi, '＠');
}

function escapeUrl(url: string): string {
  return url.replace(/[|<>\s]/g, encodeURIComponent).replace(/&/g, '&amp;');
}
