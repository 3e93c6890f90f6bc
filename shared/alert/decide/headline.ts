/** The one line that a phone shows. */
import { entryOf } from '../../finding.ts';
import type { MessageItem } from '../alert.ts';
import { clip, oneLine } from '../text.ts';
import { duration } from '../time.ts';
import type { Tracked } from './tracked.ts';

const nameLength = 80;
const storyLength = 160;

export type MessageKind = 'alert' | 'acknowledged' | 'reminder' | 'resolved';

interface HeadlineInput {
  cluster: string;
  kind: MessageKind;
  /** The changes that make the message what it is, worst first; never empty. */
  leading: [MessageItem, ...MessageItem[]];
  openCount: number;
  now: number;
}

/** "payments: cluster sealed: vault-0, vault-1; and 2 more". Names every node of the worst finding. */
export function headline(input: HeadlineInput, all: Tracked[]): string {
  const { cluster, kind, leading, openCount, now } = input;
  const [lead] = leading;
  const named = 'name' in lead.finding.subject;
  const same = named ? leading.filter((item) => item.finding.code === lead.finding.code) : [lead];
  // Who rides along now is not who was named then: the end of a headline names nobody.
  const names = named ? same.flatMap(nameOf) : kind === 'resolved' ? [] : namesUnder(lead, all);
  const { title, story, over, strikes } = entryOf(lead.finding.code);
  const called = names.length > 0 && strikes ? strikes.title : title;
  const what = story
    ? clip(oneLine(lead.finding.summary), storyLength)
    : [called, ...(names.length > 0 ? [names.join(', ')] : [])].join(': ');
  const others = leading.length - same.length;
  const more = others > 0 ? `; and ${others} more` : '';
  const age = duration(now - lead.since);
  switch (kind) {
    case 'alert':
      return `${cluster}: ${what}${more}`;
    case 'acknowledged':
      return `${cluster}: ${oneLine(lead.note ?? 'acknowledged')}: ${what}${more}`;
    case 'reminder':
      return `${cluster}: still: ${what}, for ${age}${more}`;
    case 'resolved': {
      const open = openCount > 0 ? `; ${openCount} still open` : '';
      if (over !== undefined && lead.note !== 'no longer watched')
        return `${cluster}: ${oneLine([over, ...(lead.note === undefined ? [] : [lead.note])].join(': '))}${more}${open}`;
      const word = lead.note === 'no longer watched' ? lead.note : 'recovered';
      return `${cluster}: ${word}: ${what}, after ${age}${more}${open}`;
    }
  }
}

function nameOf({ finding: { subject } }: MessageItem | Tracked): string[] {
  return 'name' in subject ? [clip(oneLine(subject.name), nameLength)] : [];
}

/** Names of the nodes that a headline stands for: those that ride along under it. */
function namesUnder(lead: MessageItem, all: Tracked[]): string[] {
  const under = all.filter(
    ({ finding, standing }) => standing.state !== 'absent' && finding.under === lead.finding.code,
  );
  const nodes = under.filter(({ finding }) => finding.subject.kind === 'node');
  // A standby that lost its active node is a witness of the outage, not one of those that failed.
  const failed = nodes.filter(({ finding }) => finding.code !== 'node-ha-unhealthy');
  const named = [failed, nodes, under].find((list) => list.length > 0) ?? [];
  return [...new Set(named.flatMap(nameOf))].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}
