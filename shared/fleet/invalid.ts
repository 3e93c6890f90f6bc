import type { Assessment } from '../finding.ts';
import { finding } from '../finding.ts';
import type { Problem } from './problem.ts';
import { formatProblem } from './problem.ts';

const mostLines = 10;
const mostPath = 80;
/** How the source begins the only problem of a file that it could not read. */
const unreadable = 'cannot be read';

/** Judges the configuration: `problems` of the newest file, none, or undefined when it was not looked at. */
export function judgeConfig(problems: Problem[] | undefined): Assessment {
  const code = 'fleet-config-invalid';
  const subject = { kind: 'fleet' } as const;
  if (problems === undefined)
    return { verdicts: [], defaults: { [code]: { state: 'unjudged', why: 'fleet.yaml was not read' } } };
  if (problems.length === 0) return { verdicts: [], defaults: { [code]: { state: 'absent' } } };
  const evidence = problems.slice(0, mostLines).map(formatProblem);
  if (problems.length > mostLines) evidence.push(`and ${problems.length - mostLines} more`);
  const told = finding(code, subject, `${whatIsWrong(problems)}; the last good one stays in force`, evidence);
  return { verdicts: [{ code, subject, verdict: { state: 'present', finding: told } }], defaults: {} };
}

/**
 * Tells one broken file from another: an alert is told anew, and its evidence with it, when its summary changes.
 * Never a value of the file, only where it stands.
 */
function whatIsWrong(problems: Problem[]): string {
  const [first] = problems;
  if (first === undefined || (first.line === 0 && first.message.startsWith(unreadable)))
    return `fleet.yaml ${unreadable}`;
  const where = [
    first.line === 0 ? [] : [`line ${first.line}`],
    first.path === '' ? [] : [shortened(first.path)],
  ]
    .flat()
    .join(', ');
  const place = where === '' ? '' : ` (${where})`;
  return problems.length === 1
    ? `fleet.yaml has a problem${place}`
    : `fleet.yaml has ${problems.length} problems${place && `, the first at ${where}`}`;
}

function shortened(path: string): string {
  return path.length > mostPath ? `${path.slice(0, mostPath)}…` : path;
}
