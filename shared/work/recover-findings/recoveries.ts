/** Recoveries of one cluster as findings: under way, waiting for people, stopped, disturbed. */
import { duration } from '../../alert/time.ts';
import { type Finding, type FindingCode, finding, type Verdict } from '../../finding.ts';
import type { Cluster } from '../../fleet/fleet.ts';
import type { Recovery } from '../../recovery/recovery.ts';
import { endedText, line, runningText, startedText, troubleText } from './story.ts';

export const recoveryCodes = [
  'recovery-running',
  'recovery-needs-approval',
  'recovery-stopped',
  'unseal-interference',
] as const satisfies FindingCode[];

export type RecoveryCode = (typeof recoveryCodes)[number];

/** One that runs for longer is worth a warning, ms. */
const slowMs = 10 * 60_000;
/** How long interference stays told after it was last seen, ms: it must not end with the recovery that it stopped. */
const interferenceMs = 3_600_000;
/** How long an outage that ends is told to have ended by the recovery before it, ms. */
const latelyMs = 5 * 60_000;
const stops: ReadonlySet<string> = new Set(['refused', 'failed', 'expired']);

/**
 * @param known the open one and those that ended lately, in any order.
 * @param isDown whether the probe sees what a recovery would mend; undefined: it cannot tell.
 */
export function judgeRecoveries(
  cluster: Cluster,
  known: Recovery[],
  isDown: boolean | undefined,
  now: number,
): Partial<Record<RecoveryCode, Verdict>> {
  const [newest] = known.toSorted(
    (a, b) => Number(b.status === 'open') - Number(a.status === 'open') || b.requestedAt - a.requestedAt,
  );
  if (!newest) return {};
  const over: Verdict = { state: 'absent', how: endedText(newest) };
  const isOpen = newest.status === 'open';
  return {
    'recovery-running': isOpen ? running(newest, now) : over,
    'recovery-needs-approval':
      isOpen && newest.needs?.kind === 'approval' ? needsApproval(cluster, newest) : over,
    'recovery-stopped': stopped(newest, isDown, over),
    'unseal-interference': interference(known, now),
  };
}

/** "recovery by Ada Lovelace: done after 42 s: …": of one that ended well just now, for the end of the outage. */
export function recoveredLately(known: Recovery[], now: number): string | undefined {
  const ended = known.filter(
    ({ ended: end }) => end?.outcome === 'recovered' && now - end.at < latelyMs && end.at <= now,
  );
  const [newest] = ended.toSorted((a, b) => (b.ended?.at ?? 0) - (a.ended?.at ?? 0));
  if (!newest) return undefined;
  const by = newest.way === 'automatic' ? 'automatic recovery' : `recovery by ${newest.byName}`;
  return line(`${by}: ${endedText(newest)}`);
}

function present(
  code: RecoveryCode,
  summary: string,
  evidence: string[],
  over: Partial<Finding> = {},
): Verdict {
  return { state: 'present', finding: finding(code, { kind: 'cluster' }, line(summary), evidence, over) };
}

function running(recovery: Recovery, now: number): Verdict {
  const { id, needs, unsealed, requestedAt } = recovery;
  // What it needs from people is the headline.
  const under = needs && (needs.kind === 'approval' ? 'recovery-needs-approval' : 'recovery-stopped');
  const lasts = now - requestedAt;
  return present(
    'recovery-running',
    runningText(recovery),
    [
      `recovery ${id}, for ${duration(lasts)}`,
      ...(unsealed.length > 0 ? [`unsealed by it: ${unsealed.join(', ')}`] : []),
      ...troublesOf(recovery),
    ],
    { ...(under && { under }), ...(!needs && lasts >= slowMs && { severity: 'warning' as const }) },
  );
}

function needsApproval(cluster: Cluster, recovery: Recovery): Verdict {
  const { id, needs } = recovery;
  const steps = needs?.binding?.steps.join(', ');
  const who =
    cluster.recovery.approvals === 2
      ? 'two people, neither of them who requested it, approve'
      : 'somebody with the role Sealwatch.Approve approves';
  return present(
    'recovery-needs-approval',
    `recovery waits for approval: ${needs?.why ?? 'it does not say why'}`,
    [
      ...(steps === undefined ? [] : [`what it would do: ${steps}`]),
      `${who}: POST /api/recoveries/${id}/approve, or …/reject`,
      startedText(recovery),
      ...troublesOf(recovery),
    ],
    { advice: `Was it sealed on purpose? If not, approve recovery ${id}; if so, reject it.` },
  );
}

function stopped(recovery: Recovery, isDown: boolean | undefined, over: Verdict): Verdict {
  const { id, status, kind, needs, ended } = recovery;
  const evidence = [`recovery ${id}: ${startedText(recovery)}`, ...troublesOf(recovery)];
  if (status === 'open') {
    if (needs?.kind === 'person')
      return present('recovery-stopped', `recovery stopped: ${needs.why}`, evidence);
    // One that begins does not make good what stopped the last one: its end will tell.
    return { state: 'unjudged', why: 'another recovery is under way' };
  }
  if (kind !== 'unseal' || !ended || !stops.has(ended.outcome)) return over;
  if (isDown === false) return { state: 'absent', how: 'the cluster serves' };
  return present('recovery-stopped', `recovery stopped: ${ended.summary}`, evidence);
}

function interference(known: Recovery[], now: number): Verdict {
  const seen = known
    .flatMap(({ troubles }) => troubles)
    .filter(({ code, at }) => code === 'unseal-interference' && now - at < interferenceMs)
    .toSorted((a, b) => b.at - a.at);
  if (seen.length === 0) return { state: 'absent', how: `none for ${duration(interferenceMs)}` };
  const nodes = [...new Set(seen.map(({ where }) => where))].toSorted();
  return present(
    'unseal-interference',
    `somebody else sent shares to ${nodes.join(', ')} during a recovery`,
    seen.map((trouble) => line(`${new Date(trouble.at).toISOString()} ${troubleText(trouble)}`)),
  );
}

/** The newest, as lines of evidence. */
function troublesOf({ troubles }: Recovery): string[] {
  return troubles
    .slice(-3)
    .toReversed()
    .map((trouble) => line(troubleText(trouble)));
}
