import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Alert, Change, Message, Quiet } from '../../../shared/alert/alert.ts';
import { type Decided, decide } from '../../../shared/alert/decide.ts';
import { type Finding, findingKey } from '../../../shared/finding.ts';
import { certificate, clusterSealed, night, node, sealed, settings } from '../build.ts';
import { assessmentOf, quiet, type Seen, withoutRests } from '../sweeps.ts';

type Seal = 'open' | 'sealed' | 'covered' | 'silent';
type Certificate = 'good' | 'warning' | 'critical' | 'silent';

interface Moment {
  afterSeconds: number;
  seals: Seal[];
  certificate: Certificate;
  headline: 'open' | 'sealed' | 'silent';
}

const names = ['vault-0', 'vault-1', 'vault-2'];
const moments = fc.record<Moment>({
  afterSeconds: fc.constantFrom(1, 30, 61, 600, 3601, 15_000),
  seals: fc.array(fc.constantFrom<Seal>('open', 'sealed', 'covered', 'silent'), {
    minLength: 3,
    maxLength: 3,
  }),
  certificate: fc.constantFrom<Certificate>('good', 'warning', 'critical', 'silent'),
  headline: fc.constantFrom('open', 'sealed', 'silent'),
});
const quiets = fc.array(
  fc
    .record({
      kind: fc.constantFrom<Quiet['kind']>('acknowledge', 'silence'),
      at: fc.integer({ min: 0, max: 20_000 }),
      length: fc.integer({ min: 1, max: 10_000 }),
      key: fc.constantFrom(undefined, 'node-sealed node:vault-1', 'cluster-sealed cluster'),
      by: fc.constantFrom('Ann', 'Bo'),
    })
    .map(({ kind, at, length, key, by }) =>
      quiet(kind, at, at + length, { by, ...(key !== undefined && { key }) }),
    ),
  { maxLength: 3 },
);

function seenAt({ seals, certificate: state, headline }: Moment): Seen {
  const present: Finding[] = [];
  const unjudged: NonNullable<Seen['unjudged']> = [];
  for (const [index, seal] of seals.entries()) {
    const name = names[index] ?? '';
    if (seal === 'sealed') present.push(sealed(name));
    if (seal === 'covered') present.push(sealed(name, { under: 'cluster-sealed' }));
    if (seal === 'silent') unjudged.push({ code: 'node-sealed', subject: node(name) });
  }
  if (state === 'silent') unjudged.push({ code: 'certificate-expiring', subject: node('vault-0') });
  if (state === 'warning' || state === 'critical') present.push(certificate('vault-0', state));
  if (headline === 'sealed') present.push(clusterSealed(names));
  if (headline === 'silent') unjudged.push({ code: 'cluster-sealed', subject: { kind: 'cluster' } });
  return { present, unjudged };
}

interface Step {
  now: number;
  seen: Seen;
  before: Alert[];
  decided: Decided;
  again: Decided;
}

/**
 * The timeline, then all is well and nobody wants silence: at once for most, later for what came and went too often;
 * in the last sweep nothing is remembered of either.
 */
function play(timeline: Moment[], words: Quiet[]): Step[] {
  let alerts: Alert[] = [];
  let now = night;
  const calm: Moment = {
    afterSeconds: 100_000,
    seals: ['open', 'open', 'open'],
    certificate: 'good',
    headline: 'open',
  };
  return [...timeline, calm, calm, calm].map((moment, index) => {
    now += moment.afterSeconds * 1000;
    const seen = seenAt(moment);
    const sweep = (before: Alert[]): Decided =>
      decide({
        cluster: 'payments',
        labels: {},
        alerts: before,
        assessment: assessmentOf(seen),
        watched: () => true,
        quiets: words,
        settings,
        now,
        messageId: `m-${index}`,
      });
    const before = alerts;
    const decided = sweep(before);
    alerts = decided.alerts;
    return { now, seen, before, decided, again: sweep(alerts) };
  });
}

function keyed(message: Message | undefined): { key: string; change: Change }[] {
  return (message?.changes ?? []).map(({ change, finding }) => {
    return { change, key: findingKey(finding.code, finding.subject) };
  });
}

function whatever(check: (steps: Step[]) => void): void {
  const timelines = fc.array(moments, { minLength: 1, maxLength: 14 });
  fc.assert(
    fc.property(timelines, quiets, (timeline, words) => check(play(timeline, words))),
    { numRuns: 500 },
  );
}

describe('whatever happens', () => {
  it('every alert is told once, then only changed, then resolved exactly once', () => {
    whatever((steps) => {
      const told = new Set<string>();
      for (const { decided } of steps) {
        for (const { key, change } of keyed(decided.message)) {
          if (change === 'fired' || change === 'uncovered') {
            expect(told, `${change} ${key}`).not.toContain(key);
            told.add(key);
          } else {
            expect(told, `${change} ${key}`).toContain(key);
          }
          if (change === 'resolved') told.delete(key);
        }
      }
      expect([...told]).toEqual([]);
      expect(steps.at(-1)?.decided.alerts).toEqual([]);
    });
  });

  it('nothing is left untold that is present, ripe, not silenced and under no headline', () => {
    whatever((steps) => {
      for (const { decided, seen } of steps) {
        const open = decided.alerts.filter((alert) => alert.status !== 'pending');
        const keys = (seen.present ?? []).map((finding) => findingKey(finding.code, finding.subject));
        for (const { key, told, status, finding } of open) {
          const covered =
            finding.under !== undefined && open.some((other) => other.finding.code === finding.under);
          if (keys.includes(key) && status !== 'silenced' && !covered) expect(told, key).toBe(true);
        }
      }
    });
  });

  it('a message holds at least one change, and names nothing twice', () => {
    whatever((steps) => {
      for (const { message } of steps.map((step) => step.decided)) {
        if (!message) continue;
        const items = [...message.changes, ...message.open];
        const keys = items.map(({ finding }) => findingKey(finding.code, finding.subject));
        expect(message.changes.length).toBeGreaterThan(0);
        expect(new Set(keys).size).toBe(keys.length);
      }
    });
  });

  it('deciding again with the same input says nothing and changes nothing', () => {
    whatever((steps) => {
      for (const { decided, again } of steps)
        expect(again).toEqual({ alerts: decided.alerts, transitions: [] });
    });
  });

  it('only absence resolves', () => {
    whatever((steps) => {
      for (const { decided, seen, before } of steps) {
        const alive = [...(seen.present ?? []), ...(seen.unjudged ?? [])].map(({ code, subject }) =>
          findingKey(code, subject),
        );
        for (const { what, to } of decided.transitions) {
          if (to === 'resolved' || to === 'none') expect(alive).not.toContain(what);
        }
        for (const { key } of withoutRests(before).filter((alert) => alive.includes(alert.key))) {
          expect(decided.alerts.map((alert) => alert.key)).toContain(key);
        }
      }
    });
  });

  it('a silence hides all but the end', () => {
    whatever((steps) => {
      for (const { decided } of steps) {
        const silenced = decided.alerts
          .filter((alert) => alert.status === 'silenced')
          .map((alert) => alert.key);
        for (const { key } of keyed(decided.message)) expect(silenced).not.toContain(key);
      }
    });
  });

  it('history has one unbroken line for each alert', () => {
    whatever((steps) => {
      const states = new Map<string, string>();
      for (const { what, from, to } of steps.flatMap((step) => step.decided.transitions)) {
        const last = states.get(what) ?? 'none';
        // A resolved alert that comes back is a new one, unless it was still waiting to be told.
        expect(last === 'resolved' ? ['none', 'resolved'] : [last]).toContain(from);
        states.set(what, to);
      }
    });
  });
});
