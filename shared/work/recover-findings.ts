/**
 * What the recover app's rows mean for people: recoveries that run, wait or stopped, and escrow that would not help.
 * Pure. Present, absent, or unjudged where a table or row could not be read.
 */
import type { GenerationRow } from '../escrow/generation.ts';
import type { Assessment, FindingCode, Verdict } from '../finding.ts';
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
  const judged: Assessment =
    how === undefined ? { ...probed, defaults: { ...probed.defaults } } : endedBy(how, probed);
  const all: Partial<Record<FindingCode, Verdict>> = {
    ...(recoveries.read && judgeRecoveries(cluster, known, isDown(probed), now)),
    ...(generation.read && judgeEscrow(cluster, generation.value, known, now)),
  };
  const listed: Assessment['verdicts'] = [];
  const add = (codes: readonly FindingCode[], source: Read<unknown>): void => {
    for (const code of codes) {
      const verdict = all[code] ?? (source.read ? absent : { state: 'unjudged', why: source.why });
      if (verdict.state === 'present') listed.push({ code, subject: { kind: 'cluster' }, verdict });
      else judged.defaults[code] = verdict;
    }
  };
  add(recoveryCodes, recoveries);
  add(escrowCodes, generation);
  return listed.length > 0 ? { ...judged, verdicts: [...judged.verdicts, ...listed] } : judged;
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
