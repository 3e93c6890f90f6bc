import type { Assessment } from '../finding.ts';
import { finding } from '../finding.ts';
import type { Problem } from './problem.ts';
import { formatProblem } from './problem.ts';

const mostLines = 10;

/** Judges the configuration: `problems` of the newest file, none, or undefined when it was not looked at. */
export function judgeConfig(problems: Problem[] | undefined): Assessment {
  const code = 'fleet-config-invalid';
  const subject = { kind: 'fleet' } as const;
  if (problems === undefined)
    return { verdicts: [], defaults: { [code]: { state: 'unjudged', why: 'fleet.yaml was not read' } } };
  if (problems.length === 0) return { verdicts: [], defaults: { [code]: { state: 'absent' } } };
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  const evidence = problems.slice(0, mostLines).map(formatProblem);
  if (problems.length > mostLines) evidence.push(`and ${problems.length - mostLines} more`);
  const told = finding(code, subject, `fleet.yaml has ${count}: the last good one stays in force`, evidence);
  return { verdicts: [{ code, subject, verdict: { state: 'present', finding: told } }], defaults: {} };
}
