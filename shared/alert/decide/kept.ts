/** The form in which a finding is stored and sent: bounded, each text on one line. */
import { isDeepStrictEqual } from 'node:util';
import type { Finding } from '../../finding.ts';
import { clip, oneLine } from '../text.ts';

const evidenceLines = 5;
const lineLength = 300;

/** At most 5 lines of evidence; no text longer than 300 UTF-16 units. */
export function kept(finding: Finding): Finding {
  return {
    ...finding,
    summary: bounded(finding.summary),
    evidence: finding.evidence.slice(0, evidenceLines).map(bounded),
    meaning: bounded(finding.meaning),
    advice: bounded(finding.advice),
  };
}

function bounded(text: string): string {
  return clip(oneLine(text), lineLength);
}

/** Whether a finding says something else than before. Evidence may differ: it holds measurements. */
export function saysElse(a: Finding, b: Finding): boolean {
  const gist = ({ severity, summary, under }: Finding): unknown => ({ severity, summary, under });
  return !isDeepStrictEqual(gist(a), gist(b));
}
