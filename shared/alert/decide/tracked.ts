/** Every alert that is or should be, with what this sweep says of it. */
import { type Assessment, entryOf, type Finding, findingKey, type Verdict } from '../../finding.ts';
import type { AlertSettings } from '../../fleet/fleet.ts';
import type { Alert } from '../alert.ts';
import { heldOpen } from './flapping.ts';
import { kept } from './kept.ts';

/** Clocks of two instances may differ by that, ms. */
const skewMs = 60_000;

type Standing =
  | { state: 'present' }
  /** `note`: why it counts as over, where that is not plain; `how`: how it ended. */
  | { state: 'absent'; note?: string; how?: string }
  | { state: 'unjudged'; why: string };

export interface Tracked {
  key: string;
  before?: Alert;
  standing: Standing;
  /** As seen now, clipped; as kept, where it is not present. */
  finding: Finding;
  /** First seen present, ms. */
  since: number;
  /** Present for longer than its severity has to wait, now or before. */
  ripe: boolean;
  /** When alerts of this key ended before. */
  ends?: number[];
}

interface TrackInput {
  alerts: Alert[];
  /** Of keys that have no alert now. */
  ends: Map<string, number[]>;
  assessment: Assessment;
  watched: (finding: Finding) => boolean;
  settings: AlertSettings;
  now: number;
}

/** Known alerts in their order, then new findings in the assessment's. */
export function track(input: TrackInput): Tracked[] {
  const verdicts = verdictsByKey(input.assessment);
  const known = input.alerts.map((alert) => trackKnown(alert, verdicts.get(alert.key), input));
  const keys = new Set(input.alerts.map((alert) => alert.key));
  const fresh: Tracked[] = [];
  for (const [key, verdict] of verdicts) {
    if (verdict.state !== 'present' || keys.has(key) || !input.watched(verdict.finding)) continue;
    const finding = kept(verdict.finding);
    const ripe = pendingMs(finding, input.settings) <= 0;
    const ends = input.ends.get(key);
    const standing = { state: 'present' } as const;
    fresh.push({ key, standing, finding, since: input.now, ripe, ...(ends && { ends }) });
  }
  return [...known, ...fresh];
}

/** How long a finding must stay before it fires, ms. */
function pendingMs({ code, severity }: Finding, settings: AlertSettings): number {
  return entryOf(code).immediate ? 0 : settings.pendingMs[severity];
}

/** The first verdict of a key counts, as in verdictOf. */
function verdictsByKey(assessment: Assessment): Map<string, Verdict> {
  const verdicts = new Map<string, Verdict>();
  for (const { code, subject, verdict } of assessment.verdicts) {
    const key = findingKey(code, subject);
    if (!verdicts.has(key)) verdicts.set(key, verdict);
  }
  return verdicts;
}

function trackKnown(known: Alert, listed: Verdict | undefined, input: TrackInput): Tracked {
  const { code } = known.finding;
  const fired = known.status !== 'pending';
  if (!input.watched(known.finding)) {
    const standing = { state: 'absent', note: 'no longer watched' } as const;
    const { key, since, finding } = known;
    return { key, before: known, since, standing, finding, ripe: fired };
  }
  const judged = listed ??
    input.assessment.defaults[code] ?? { state: 'unjudged' as const, why: 'not assessed' };
  const { alert: held, verdict } = heldOpen(known, judged, input.now);
  // Where a clock was far ahead as it began, it must not wait until that time has come; a little ahead, this one may be behind.
  const alert = held.since > input.now + skewMs ? { ...held, since: input.now } : held;
  const rest = { key: alert.key, before: alert, since: alert.since };
  if (verdict.state !== 'present') return { ...rest, standing: verdict, finding: alert.finding, ripe: fired };
  const finding = kept(verdict.finding);
  const waited = input.now - alert.since >= pendingMs(finding, input.settings);
  return { ...rest, standing: { state: 'present' }, finding, ripe: fired || waited };
}
