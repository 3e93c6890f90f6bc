/** A cluster's alerts over several sweeps: what `decide` keeps goes into the next one, as in the sweep itself. */
import type { Alert, Hold, Message, Quiet } from '../../shared/alert/alert.ts';
import { isRest } from '../../shared/alert/decide/flapping.ts';
import { type Decided, decide } from '../../shared/alert/decide.ts';
import {
  type Assessment,
  type Finding,
  type FindingCode,
  findingKey,
  type Subject,
} from '../../shared/finding.ts';
import { night, settings } from './build.ts';

export interface Seen {
  present?: Finding[];
  /** Subjects of which nothing can be said. */
  unjudged?: { code: FindingCode; subject: Subject }[];
  quiets?: Quiet[];
  hold?: Hold;
  watched?: () => boolean;
}

export interface Sweeps {
  /** One sweep, `seconds` after 02:14. What it does not name is absent. */
  at(seconds: number, seen?: Seen): Decided;
  /** What is open, or still to be told. */
  alerts(): Alert[];
  /** What is remembered of ends. */
  rests(): Alert[];
}

/** Without the quiet records of ends. */
export function withoutRests(alerts: Alert[]): Alert[] {
  return alerts.filter((alert) => !isRest(alert));
}

/** Everything not named as unjudged is judged absent. */
export function assessmentOf({ present = [], unjudged = [] }: Seen): Assessment {
  const codes = [
    'node-sealed',
    'cluster-sealed',
    'certificate-expiring',
    'node-unreachable',
    'no-leader',
  ] as const;
  return {
    verdicts: [
      ...present.map((finding) => {
        return {
          code: finding.code,
          subject: finding.subject,
          verdict: { state: 'present', finding } as const,
        };
      }),
      ...unjudged.map(({ code, subject }) => {
        return { code, subject, verdict: { state: 'unjudged', why: 'the node did not answer' } as const };
      }),
    ],
    defaults: Object.fromEntries(codes.map((code) => [code, { state: 'absent' as const }])),
  };
}

export function sweeps(): Sweeps {
  let alerts: Alert[] = [];
  return {
    at(seconds, seen = {}) {
      const decided = decide({
        cluster: 'payments',
        labels: {},
        alerts,
        assessment: assessmentOf(seen),
        watched: seen.watched ?? (() => true),
        quiets: seen.quiets ?? [],
        ...(seen.hold && { hold: seen.hold }),
        settings,
        now: night + seconds * 1000,
        messageId: `m-${seconds}`,
      });
      alerts = decided.alerts;
      return decided;
    },
    alerts: () => withoutRests(alerts),
    rests: () => alerts.filter(isRest),
  };
}

/** "fired node-sealed node:vault-1", one a change. */
export function changesOf(message: Message | undefined): string[] {
  return (message?.changes ?? []).map(
    ({ change, finding }) => `${change} ${findingKey(finding.code, finding.subject)}`,
  );
}

/** An acknowledgement or silence of the whole cluster; times in seconds after 02:14. */
export function quiet(kind: Quiet['kind'], at: number, until: number, over: Partial<Quiet> = {}): Quiet {
  return {
    kind,
    cluster: 'payments',
    by: 'Ann',
    at: night + at * 1000,
    until: night + until * 1000,
    ...over,
  };
}
