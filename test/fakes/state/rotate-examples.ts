/** Builders of what the rotate app stores: say what a test is about, leave out the rest. */
import type { Readiness } from '../../../shared/readiness/readiness.ts';

const noon = Date.UTC(2026, 10, 22, 12);

export function aReadiness(over: Partial<Readiness> = {}): Readiness {
  return {
    cluster: 'payments',
    seal: 'transit',
    standing: { state: 'ready' },
    evidence: ['transit/encrypt and decrypt with payments: what was encrypted came back.'],
    problems: [],
    unjudged: {},
    at: noon,
    validUntil: noon + 3 * 3_600_000,
    ...over,
  };
}

/** With something in every field. */
export function aFullReadiness(over: Partial<Readiness> = {}): Readiness {
  return aReadiness({
    standing: { state: 'at-risk', why: "the seal's token ends in 2 days", at: noon + 0.5 },
    evidence: ['first', 'ä second one'],
    indirect: true,
    problems: [
      {
        code: 'seal-token-expiring',
        severity: 'critical',
        summary: "the seal's token ends in 2 days",
        evidence: ['TTL left 2 days.'],
        advice: 'Make a new one.',
      },
      { code: 'seal-token-too-wide', summary: 'it may do more', evidence: [] },
    ],
    unjudged: { 'seal-key-version-at-risk': 'not read' },
    ...over,
  });
}
