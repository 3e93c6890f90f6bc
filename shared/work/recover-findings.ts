/**
 * What the recover app's rows mean for people: recoveries that run, wait or stopped, and escrow that would not help.
 * Pure. Present, absent, or unjudged where a table or row could not be read.
 */
import type { GenerationRow } from '../escrow/generation.ts';
import { type Assessment, assessmentOf, type FindingCode, type Verdict } from '../finding.ts';
import type { Cluster } from '../fleet/fleet.ts';
import type { Recovery } from '../recovery/recovery.ts';
import { escrowCodes, judgeEscrow } from './recover-findings/escrow.ts';
import { judgeRecoveries, recoveredLately, recoveryCodes } from './recover-findings/recoveries.ts';

export type Read<T> = { read: true; value: T } | { read: false; why: string };

/** Of one cluster. */
export interface RecoverRows {
  /** Open ones, and those that ended in the last `rememberedMs`. */
  recoveries: Read<Recovery[]>;
  /** The newest accepted one. */
  generation: Read<GenerationRow | undefined>;
}

/** How long an ended recovery is read, ms: the alert that it stopped is told no longer, the outage itself is. */
export const rememberedMs = 7 * 24 * 3_600_000;

/**
 * The probe's assessment with the recover app's codes beside it. Each judges codes of its own; only the end of an
 * outage is told with the recovery that ended it.
 *
 * @param probed what the probe of the same cluster and time said.
 */
export function withRecover(
  cluster: Cluster,
  rows: RecoverRows,
  probed: Assessment,
  now: number,
): Assessment {
  const { recoveries, generation } = rows;
  const known = recoveries.read ? recoveries.value.filter(({ dryRun }) => !dryRun) : [];
  const how = recoveredLately(known, now);
  const all: Partial<Record<FindingCode, Verdict>> = {
    ...(known.length > 0 && judgeRecoveries(known, isDown(probed), now)),
    ...(generation.read && judgeEscrow(cluster, generation.value, known, now)),
  };
  const judged = how === undefined ? probed : endedBy(how, probed);
  const listed = listedOf(all);
  const verdicts = listed.length > 0 ? [...judged.verdicts, ...listed] : judged.verdicts;
  return assessmentOf(verdicts, () => ({
    ...judged.defaults,
    ...defaultsOf(recoveryCodes, all, recoveries),
    ...defaultsOf(escrowCodes, all, generation),
  }));
}

const listable = [...recoveryCodes, ...escrowCodes];

type Judged = Partial<Record<FindingCode, Verdict>>;

function listedOf(all: Judged): Assessment['verdicts'] {
  const listed: Assessment['verdicts'] = [];
  for (const code of listable) {
    const verdict = all[code];
    if (verdict?.state === 'present') listed.push({ code, subject: { kind: 'cluster' }, verdict });
  }
  return listed;
}

function defaultsOf(
  codes: readonly FindingCode[],
  all: Judged,
  source: Read<unknown>,
): Assessment['defaults'] {
  const other = source.read ? absent : ({ state: 'unjudged', why: source.why } as const);
  return Object.fromEntries(
    codes.flatMap((code) => {
      const verdict = all[code] ?? other;
      return verdict.state === 'present' ? [] : [[code, verdict]];
    }),
  );
}

const absent: Verdict = { state: 'absent' };

/** What a recovery mends. */
const mends: readonly FindingCode[] = ['node-sealed', 'cluster-sealed', 'cluster-down', 'no-leader'];

function endedBy(how: string, { verdicts, defaults }: Assessment): Assessment {
  const told = <V extends { state: string }>(verdict: V) =>
    verdict.state === 'absent' ? { ...verdict, how } : verdict;
  return {
    verdicts: verdicts.map((each) =>
      mends.includes(each.code) ? { ...each, verdict: told(each.verdict) } : each,
    ),
    defaults: {
      ...defaults,
      ...Object.fromEntries(mends.flatMap((code) => (defaults[code] ? [[code, told(defaults[code])]] : []))),
    },
  };
}

/** What makes a stopped recovery matter, and its end an end. */
const down: readonly FindingCode[] = [
  'node-sealed',
  'cluster-sealed',
  'cluster-down',
  'no-leader',
  'storage-unavailable',
];

function isDown({ verdicts, defaults }: Assessment): boolean | undefined {
  const concerned = verdicts.filter(({ code }) => down.includes(code)).map(({ verdict }) => verdict.state);
  if (concerned.includes('present')) return true;
  const all = [...concerned, ...down.map((code) => defaults[code]?.state ?? 'unjudged')];
  return all.includes('unjudged') ? undefined : false;
}
