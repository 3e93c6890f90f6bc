/** One alert's next state, and what has to be told of it. */
import { entryOf, type Finding } from '../../finding.ts';
import type { AlertSettings } from '../../fleet/fleet.ts';
import type { Alert, AlertStatus, Change, Quiet } from '../alert.ts';
import { compareSeverity, worstSeverity } from '../severity.ts';
import { clockTime } from '../time.ts';
import { flappingNote, isFlapping } from './flapping.ts';
import { saysElse } from './kept.ts';
import type { Tracked } from './tracked.ts';
import { wordsOn } from './word.ts';

export interface Outcome {
  tracked: Tracked;
  covered: boolean;
  /** Undefined: gone. */
  alert?: Alert;
  change?: Change;
  note?: string;
  /** Resolved under a headline that stands: told with the next message, not with one of its own. */
  held?: true;
  from: AlertStatus | 'none' | 'resolved';
  to: AlertStatus | 'none' | 'resolved';
}

interface AdvanceInput {
  cluster: string;
  quiets: Quiet[];
  settings: AlertSettings;
  now: number;
}

/** @param grown what it foretold has begun since it was told. */
export function advance(tracked: Tracked, covered: boolean, grown: boolean, input: AdvanceInput): Outcome {
  const { before, standing } = tracked;
  const rest = { tracked, covered, from: before ? statusOf(before) : ('none' as const) };
  if (standing.state === 'absent')
    return { ...rest, ...leave(before, covered, standing.note ?? standing.how, input.now) };
  if (before?.resolvedAt !== undefined && standing.state === 'unjudged') {
    return { ...rest, alert: before, to: 'resolved' };
  }
  if (!tracked.ripe) {
    return { ...rest, alert: before ? restated(before, tracked, false) : pending(tracked), to: 'pending' };
  }
  return { ...rest, ...stay(tracked, covered, grown, input) };
}

function statusOf(alert: Alert): Outcome['from'] {
  return alert.resolvedAt === undefined ? alert.status : 'resolved';
}

function leave(
  before: Alert | undefined,
  covered: boolean,
  standingNote: string | undefined,
  now: number,
): Pick<Outcome, 'alert' | 'change' | 'note' | 'held' | 'to'> {
  if (!before || before.status === 'pending') return { to: 'none' };
  if (!before.told) return { to: 'resolved' };
  const { resolvedAt } = before;
  const note =
    standingNote ?? (resolvedAt === undefined ? undefined : `over since ${clockTime(resolvedAt, now)}`);
  const told = { change: 'resolved' as const, ...(note !== undefined && { note }), to: 'resolved' as const };
  return covered ? { ...told, held: true, alert: { ...before, resolvedAt: resolvedAt ?? now } } : told;
}

function stay(
  tracked: Tracked,
  covered: boolean,
  grown: boolean,
  input: AdvanceInput,
): Pick<Outcome, 'alert' | 'change' | 'note' | 'to'> {
  const { before, finding, standing } = tracked;
  const present = standing.state === 'present';
  const alert = before ?? pending(tracked);
  const firedAt = alert.firedAt ?? input.now;
  const subject = { cluster: input.cluster, key: tracked.key, firedAt, previous: alert.acknowledgedBy };
  const words = wordsOn(input.quiets, subject, input.now);
  const worse = alert.toldSeverity !== undefined && compareSeverity(finding.severity, alert.toldSeverity) > 0;
  const loud = !covered && !words.silenced;
  // What grew worse is news: an acknowledgement of the lesser evil does not hold for it.
  const tellWorse = loud && present && (worse || grown);
  const acknowledgedBy = tellWorse ? undefined : words.acknowledgedBy;
  const status = words.silenced ? 'silenced' : acknowledgedBy === undefined ? 'firing' : 'acknowledged';
  const change = loud
    ? changeOf(alert, tracked, tellWorse && (worse ? 'worse' : 'fired'), status, input)
    : undefined;
  const { acknowledgedBy: _former, ...restatement } = restated(alert, tracked, change !== undefined);
  const by = words.silenced ? alert.acknowledgedBy : acknowledgedBy;
  const next: Alert = { ...restatement, status, firedAt: tellWorse ? input.now : firedAt };
  if (by !== undefined) next.acknowledgedBy = by;
  if (change === undefined) return { alert: next, to: status };
  next.told = true;
  next.toldAt = input.now;
  next.toldSeverity = worstSeverity([finding.severity, alert.toldSeverity ?? 'info']);
  const note = noteOf(change, alert, acknowledgedBy, standing);
  return { alert: next, change, ...(note !== undefined && { note }), to: status };
}

function changeOf(
  alert: Alert,
  { finding, standing }: Tracked,
  news: 'worse' | 'fired' | false,
  status: AlertStatus,
  { settings, now }: AdvanceInput,
): Change | undefined {
  if (!alert.told) {
    if (standing.state !== 'present') return undefined;
    return alert.firedAt !== undefined && alert.finding.under !== undefined ? 'uncovered' : 'fired';
  }
  if (news) return news;
  if (status === 'firing' && isNextChapter(alert, finding, standing)) return 'fired';
  if (status === 'acknowledged') return alert.acknowledgedBy === undefined ? 'acknowledged' : undefined;
  // A quiet time that ran out ends with a word, whatever the reminders' rhythm.
  if (alert.status === 'acknowledged' || alert.status === 'silenced') return 'reminder';
  const every = settings.reminderMs[finding.severity];
  return every > 0 && now - (alert.toldAt ?? now) >= every ? 'reminder' : undefined;
}

/** What a person must do now is not what they had to do before. */
function isNextChapter({ finding: told }: Alert, finding: Finding, { state }: Tracked['standing']): boolean {
  return state === 'present' && isStory(finding) && !saysLess(finding, told);
}

function isStory({ code }: Finding): boolean {
  return entryOf(code).story === true;
}

/** The same, or its beginning: what somebody works on says for a moment only how it began. */
function saysLess(finding: Finding, told: Finding): boolean {
  return told.summary.startsWith(finding.summary);
}

function noteOf(
  change: Change,
  alert: Alert,
  acknowledgedBy: string | undefined,
  standing: Tracked['standing'],
): string | undefined {
  if (acknowledgedBy !== undefined) return `acknowledged by ${acknowledgedBy}`;
  if (!alert.told && isFlapping(alert)) return flappingNote;
  if (standing.state === 'unjudged') return `cannot be judged now: ${standing.why}`;
  if (change !== 'reminder') return undefined;
  if (alert.status === 'acknowledged') return `the acknowledgement by ${alert.acknowledgedBy} has ended`;
  return alert.status === 'silenced' ? 'the silence has ended' : undefined;
}

function pending({ key, finding, since, ends }: Tracked): Alert {
  return { key, status: 'pending', finding, since, told: false, ...(ends && { ends }) };
}

/** The finding is kept as last told, so that measurements write nothing; only what it says replaces it. */
function restated(alert: Alert, { finding: seen }: Tracked, telling: boolean): Alert {
  const { resolvedAt: _over, ...open } = alert;
  const keepsLine = !telling && alert.told && isStory(seen) && saysLess(seen, alert.finding);
  const finding = keepsLine ? { ...seen, summary: alert.finding.summary } : seen;
  const replace = telling || saysElse(alert.finding, finding);
  return replace ? { ...open, finding } : open;
}
