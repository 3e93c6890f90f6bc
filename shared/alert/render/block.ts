/** What a tired person needs of each finding; alike findings of many nodes share one block. */
import { catalogue, entryOf, type Severity } from '../../finding.ts';
import type { Message, MessageItem } from '../alert.ts';
import { clip, oneLine } from '../text.ts';
import { clockTime, duration, sinceText } from '../time.ts';
import type { Line } from './line.ts';
import { runbookPage } from './runbook.ts';

const nameLength = 80;

export interface Block {
  title: Line;
  /** What is broken and since when, one line a finding; never empty. */
  items: { line: Line; name: string }[];
  /** What it means, a line of evidence, the first thing to do, the runbook. */
  details: Line[];
}

export function changeBlocks({ changes, at }: Message, runbookBase: string | undefined): Block[] {
  const groups = new Map<string, MessageItem[]>();
  for (const item of changes) {
    const { code, severity, meaning, advice, runbook } = item.finding;
    const key = JSON.stringify([item.change, code, severity, meaning, advice, runbook]);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return [...groups.values()].flatMap((items) => {
    const [first] = items;
    if (!first) return [];
    const count = items.length > 1 ? ` (${items.length})` : '';
    return [
      {
        title: { role: 'title', text: `${titleOf(first)}${count}` },
        items: items.map((item) => ({ line: itemLine(item, at), name: nameOf(item) })),
        details: needsDetails(first) ? detailsOf(first, runbookBase) : [],
      },
    ];
  });
}

/** One line for each finding that is open besides. */
export function openBlock({ open, at }: Message): Block | undefined {
  if (open.length === 0) return undefined;
  const items = open.map((item) => {
    return { line: itemLine(item, at, `${item.finding.severity}: `), name: nameOf(item) };
  });
  return { title: { role: 'title', text: `Still open (${open.length})` }, items, details: [] };
}

function titleOf({ change, finding, note }: MessageItem): string {
  const { title, over } = entryOf(finding.code);
  const word = words[finding.severity];
  switch (change) {
    case 'fired':
      return `${word}: ${title}`;
    case 'worse':
      return `Now ${finding.severity}: ${title}`;
    case 'uncovered':
      return `${word}, remains: ${title}`;
    case 'reminder':
    case 'still':
      return `Still ${finding.severity}: ${title}`;
    case 'acknowledged':
      return `Acknowledged: ${title}`;
    case 'resolved':
      if (note === 'no longer watched') return `No longer watched: ${title}`;
      return over === undefined ? `Recovered: ${title}` : `${over.charAt(0).toUpperCase()}${over.slice(1)}`;
  }
}

const words: Record<Severity, string> = { critical: 'Critical', warning: 'Warning', info: 'Info' };

function itemLine({ change, finding, since, note }: MessageItem, at: number, prefix = ''): Line {
  const when =
    change === 'resolved'
      ? `from ${clockTime(since, at)}, after ${duration(at - since)}`
      : sinceText(since, at);
  // It is over: what the summary says in the present tense holds no more.
  const tense = change === 'resolved' ? 'was: ' : '';
  const text = [`• ${prefix}${tense}${finding.summary}, ${when}`, ...(note === undefined ? [] : [note])].join(
    '; ',
  );
  return { role: 'text', text: oneLine(text) };
}

function nameOf({ finding: { subject, code } }: MessageItem): string {
  return clip(oneLine('name' in subject ? subject.name : catalogue[code].title), nameLength);
}

function needsDetails({ change }: MessageItem): boolean {
  return change !== 'resolved' && change !== 'acknowledged';
}

function detailsOf({ finding }: MessageItem, runbookBase: string | undefined): Line[] {
  const { evidence, meaning, advice, runbook } = finding;
  const [seen] = evidence;
  return [
    { role: 'text', text: oneLine(`Means: ${meaning}`) },
    ...(seen === undefined ? [] : [{ role: 'quiet', text: oneLine(`Seen: ${seen}`) } as const]),
    { role: 'text', text: oneLine(`First: ${advice}`) },
    runbookLine(runbook, runbookBase),
  ];
}

function runbookLine(runbook: string, base: string | undefined): Line {
  const { path, url } = runbookPage(runbook, base);
  if (url === undefined) return { role: 'quiet', text: `Runbook: ${path}` };
  return { role: 'link', text: `Runbook: ${oneLine(runbook)}`, url };
}
