/** Recoveries of one cluster as findings: under way, waiting for people, stopped, disturbed. */
import { duration } from '../../alert/time.ts';
import { type Finding, type FindingCode, finding, type Verdict } from '../../finding.ts';
import type { Recovery } from '../../recovery/recovery.ts';
import { awaitedText } from '../recover/words.ts';
import { endedText, line, nameText, runningText, startedText, troubleText } from './story.ts';

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
  known: Recovery[],
  isDown: boolean | undefined,
  now: number,
): Partial<Record<RecoveryCode, Verdict>> {
  const newestFirst = known.toSorted((a, b) => b.requestedAt - a.requestedAt);
  const newest = newestFirst.find(({ status }) => status === 'open') ?? newestFirst[0];
  if (!newest) return {};
  // A rebind that ended brought no cluster back: what stopped the recovery before it still stands.
  const last = newest.status === 'open' ? newest : newestFirst.find(({ kind }) => kind === 'unseal');
  const halt: Verdict = last ? stopped(last, isDown, newest) : { state: 'absent' };
  const over: Verdict = { state: 'absent', how: endedText(newest) };
  const isOpen = newest.status === 'open';
  return {
    'recovery-running': isOpen ? running(newest, now) : over,
    'recovery-needs-approval': isOpen && newest.needs ? needsApproval(newest, newest.needs) : over,
    'recovery-stopped': halt,
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
  return line(`${nameText(newest)}: ${endedText(newest)}`);
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
  const { id, needs, unsealed, requestedAt, waiting } = recovery;
  const lasts = now - requestedAt;
  const isSlow = !needs && lasts >= slowMs;
  const stop = `sealwatch reject ${id} --reason "…"`;
  return present(
    'recovery-running',
    runningText(recovery),
    [
      waiting === undefined ? `recovery ${id}, for ${duration(lasts)}` : startedText(recovery),
      ...(unsealed.length > 0 ? [`unsealed by it: ${unsealed.join(', ')}`] : []),
      ...troublesOf(recovery),
    ],
    {
      advice: isSlow
        ? `It takes long: mend what it waits for (sealwatch show ${id}). To end it: ${stop}`
        : `Leave the nodes alone and watch (sealwatch show ${id}). To stop it: ${stop}`,
      // What it needs from people is the headline.
      ...(needs && { under: 'recovery-needs-approval' as const }),
      ...(isSlow && { severity: 'warning' as const }),
    },
  );
}

function needsApproval(recovery: Recovery, needs: NonNullable<Recovery['needs']>): Verdict {
  const { id, way } = recovery;
  return present(
    'recovery-needs-approval',
    `${nameText(recovery)} waits for approval by ${awaitedText(recovery, needs)}: ${needs.why}`,
    [
      way === 'automatic' ? `recovery ${id}: nobody asked for it, it began by itself` : startedText(recovery),
      `what it would do: ${needs.binding.steps.join(', ')}`,
      ...troublesOf(recovery),
    ],
    { advice: decision(recovery), ...meaningOf(recovery) },
  );
}

function decision({ id, kind }: Recovery): string {
  const [approve, reject] = [`sealwatch approve ${id}`, `sealwatch reject ${id} --reason "…"`];
  return kind === 'rebind'
    ? `Find out who changed fleet.yaml. If it is right: ${approve}. If not: ${reject}, and put fleet.yaml back.`
    : `Was it sealed on purpose? If not: ${approve} (it shows the plan first). If so: ${reject}`;
}

/** Other than the catalogue's, which is of what automation found by itself. */
function meaningOf({ kind, way }: Recovery): Pick<Finding, 'meaning'> | undefined {
  if (kind === 'rebind') {
    return {
      meaning: 'Shares stay bound to what was confirmed before, and recovery refuses, until people decide.',
    };
  }
  return way === 'automatic'
    ? undefined
    : { meaning: 'The cluster stays as it is until people approve or reject this.' };
}

/** @param newest a rebind, where one ended since. */
function stopped(recovery: Recovery, isDown: boolean | undefined, newest: Recovery): Verdict {
  const { id, status, ended, cluster } = recovery;
  // One that begins does not make good what stopped the last one: its end will tell.
  if (status === 'open') return { state: 'unjudged', why: 'another recovery is under way' };
  if (!ended || !stops.has(ended.outcome)) return { state: 'absent', how: endedText(recovery) };
  if (isDown === false) return { state: 'absent', how: 'the cluster serves' };
  if (newest !== recovery && newest.ended?.outcome === 'recovered') {
    const advice = `Unless it begins by itself within a minute: sealwatch request --cluster ${cluster} --reason "…"`;
    const summary = 'recovery stopped; since then the escrow was bound to what fleet.yaml says';
    return present('recovery-stopped', summary, [startedText(newest)], { advice });
  }
  const { why = ended.summary, remedy } = ended.refusal ?? {};
  return present(
    'recovery-stopped',
    `recovery stopped: ${why}`,
    [startedText(recovery), ...troublesOf(recovery)],
    remedy === undefined ? {} : { advice: `${remedy} (all of it: sealwatch show ${id})` },
  );
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
