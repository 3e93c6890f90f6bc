/** Generic webhook: CloudEvents 1.0, structured JSON. Signed when sent (shared/webhook-signature.ts). */
import type { Message, MessageItem } from '../alert.ts';
import type { Rendered } from '../channel.ts';
import { plain } from '../plain.ts';
import type { RenderOptions } from '../render/document.ts';
import { shortenHeadline } from '../render/fit.ts';
import { runbookPage } from '../render/runbook.ts';
import { clip, oneLine } from '../text.ts';

/** Room for all items together, bytes: a receiver's usual limit is 1 MB, many stop at 256 KiB. */
const itemBytes = 150_000;
const textLength = 8000;

export function render(message: Message, options: RenderOptions): Rendered {
  const changes = bounded(message.changes, itemBytes, options);
  const open = bounded(message.open, itemBytes - changes.bytes, options);
  const event = {
    specversion: '1.0',
    id: message.id,
    source: `/sealwatch/clusters/${encodeURIComponent(message.cluster)}`,
    type: `sealwatch.${message.kind}.v1`,
    subject: oneLine(message.cluster),
    time: iso(message.at),
    datacontenttype: 'application/json',
    data: {
      cluster: oneLine(message.cluster),
      labels: Object.fromEntries(Object.entries(message.labels).map((pair) => pair.map(oneLine))),
      kind: message.kind,
      severity: message.severity,
      headline: clip(oneLine(message.headline), textLength),
      since: iso(message.since),
      changes: changes.items,
      changesLeftOut: message.changes.length - changes.items.length,
      open: open.items,
      openLeftOut: message.open.length - open.items.length,
      ...(message.hold && {
        hold: {
          by: oneLine(message.hold.by),
          reason: clip(oneLine(message.hold.reason), 300),
          until: iso(message.hold.until),
        },
      }),
      ...(message.insteadOf && {
        insteadOf: { channel: message.insteadOf.channel, why: clip(oneLine(message.insteadOf.why), 300) },
      }),
      text: wholeLines(plain(message, options), textLength),
    },
  };
  return {
    headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
    body: JSON.stringify(event),
  };
}

interface EventItem {
  change: MessageItem['change'];
  code: string;
  severity: string;
  subject: MessageItem['finding']['subject'];
  summary: string;
  evidence: string[];
  meaning: string;
  advice: string;
  /** URL, or path in the repository. */
  runbook: string;
  since: string;
  note?: string;
}

/** As many as fit, the worst first; the first one always does. */
function bounded(
  all: MessageItem[],
  room: number,
  options: RenderOptions,
): { items: EventItem[]; bytes: number } {
  const items: EventItem[] = [];
  let bytes = 0;
  for (const each of all) {
    const item = itemOf(each, options);
    const size = Buffer.byteLength(JSON.stringify(item)) + 1;
    if (items.length > 0 && bytes + size > room) break;
    bytes += size;
    items.push(item);
  }
  return { items, bytes };
}

function itemOf({ change, finding, since, note }: MessageItem, options: RenderOptions): EventItem {
  const { code, severity, subject, runbook } = finding;
  const page = runbookPage(runbook, options.runbookBase);
  const short = (text: string): string => clip(oneLine(text), 300);
  return {
    change,
    code,
    severity,
    subject: 'name' in subject ? { ...subject, name: short(subject.name) } : subject,
    summary: short(finding.summary),
    evidence: finding.evidence.slice(0, 5).map(short),
    meaning: short(finding.meaning),
    advice: short(finding.advice),
    runbook: page.url ?? page.path,
    since: iso(since),
    ...(note !== undefined && { note: short(note) }),
  };
}

/** The headline is cut between its names, other lines at 500 characters; lines that do not fit are counted. */
function wholeLines([headline = '', ...rest]: string[], limit: number): string {
  const lines = [shortenHeadline(headline, limit / 2), ...rest.map((line) => clip(line, 500))];
  let length = 0;
  const fitting = lines.findIndex((line) => {
    length += line.length + 1;
    return length > limit - 40;
  });
  if (fitting === -1) return lines.join('\n');
  const kept = lines.slice(0, fitting);
  return [...kept, `… and ${lines.length - kept.length} more lines`].join('\n');
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
