/** One message of one cluster and one sweep. */
import type { Change, Hold, Message, MessageItem } from '../alert.ts';
import { compareSeverity, worstSeverity } from '../severity.ts';
import type { Outcome } from './advance.ts';
import { headline, type MessageKind } from './headline.ts';

interface MessageInput {
  cluster: string;
  labels: Record<string, string>;
  hold?: Hold;
  now: number;
  messageId: string;
}

/** What makes a message of each kind, the most urgent first. */
const kinds: { kind: MessageKind; changes: Change[] }[] = [
  { kind: 'alert', changes: ['fired', 'worse', 'uncovered'] },
  { kind: 'acknowledged', changes: ['acknowledged'] },
  { kind: 'reminder', changes: ['reminder'] },
  { kind: 'resolved', changes: ['resolved'] },
];

/** Undefined when nothing changed that people must hear of. */
export function messageOf(outcomes: Outcome[], input: MessageInput): Message | undefined {
  const changed = outcomes.filter((outcome) => outcome.change !== undefined);
  if (changed.every((outcome) => outcome.held)) return undefined;
  const items = changed.map((outcome) => itemOf(outcome, outcome.change ?? 'still'));
  const changes = items.sort(isRecovery(items) ? recoveryFirst : worstFirst);
  const stillOpen = outcomes.filter(isOpen);
  const open = stillOpen.map((outcome) => itemOf(outcome, 'still')).sort(worstFirst);
  const [first] = changes;
  const kind = first && kinds.find((entry) => entry.changes.includes(first.change));
  if (!first || !kind) return undefined;
  const others = changes.slice(1).filter((item) => kind.changes.includes(item.change));
  const { cluster, labels, hold, now, messageId } = input;
  const all = outcomes.map((outcome) => outcome.tracked);
  const remaining = changes.filter(({ change }) => change !== 'resolved').length;
  return {
    id: messageId,
    cluster,
    labels,
    at: now,
    kind: kind.kind,
    severity: worstSeverity([...changed, ...stillOpen].flatMap(severitiesOf)),
    headline: headline(
      { cluster, kind: kind.kind, leading: [first, ...others], openCount: stillOpen.length + remaining, now },
      all,
    ),
    since: first.since,
    changes,
    open,
    ...(hold && hold.cluster === cluster && hold.until > now && { hold }),
  };
}

/** Open and told on its own, and not among the changes. Silenced ones stay hidden. */
function isOpen({ change, alert, covered }: Outcome): boolean {
  if (change !== undefined || !alert?.told || covered || alert.resolvedAt !== undefined) return false;
  return alert.status === 'firing' || alert.status === 'acknowledged';
}

function itemOf({ tracked, alert, note }: Outcome, change: Change): MessageItem {
  const by = change === 'still' ? alert?.acknowledgedBy : undefined;
  const words = note ?? (by === undefined ? undefined : `acknowledged by ${by}`);
  return {
    change,
    finding: tracked.finding,
    since: tracked.since,
    ...(words !== undefined && { note: words }),
  };
}

function severitiesOf({ tracked, change }: Outcome): Message['severity'][] {
  const { finding, before } = tracked;
  // Whoever heard the worst must hear that it is over.
  return change === 'resolved' && before?.toldSeverity
    ? [finding.severity, before.toldSeverity]
    : [finding.severity];
}

/**
 * Something as bad or worse is over, and what shows from under it is no news of its own: "recovered", and what remains, not an
 * alarm about a remainder.
 */
function isRecovery(items: MessageItem[]): boolean {
  const rest = items.filter(({ change }) => change !== 'resolved' && change !== 'acknowledged');
  const ended = items.filter(({ change }) => change === 'resolved');
  const worst = (of: MessageItem[]) => worstSeverity(of.map(({ finding }) => finding.severity));
  if (ended.length === 0 || rest.length === 0 || rest.some(({ change }) => change !== 'uncovered'))
    return false;
  return compareSeverity(worst(ended), worst(rest)) >= 0;
}

function recoveryFirst(a: MessageItem, b: MessageItem): number {
  return Number(b.change === 'resolved') - Number(a.change === 'resolved') || worstFirst(a, b);
}

function worstFirst(a: MessageItem, b: MessageItem): number {
  return (
    urgency(a.change) - urgency(b.change) ||
    compareSeverity(b.finding.severity, a.finding.severity) ||
    a.since - b.since
  );
}

function urgency(change: Change): number {
  const index = kinds.findIndex((entry) => entry.changes.includes(change));
  return index === -1 ? kinds.length : index;
}
