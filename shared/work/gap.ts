/** Rule 13: what was not watched is told by the next sweep that runs. */
import { type Assessment, finding, type Subject } from '../finding.ts';
import type { SweepRecord, UnreadableRow } from '../state/ports.ts';

export interface Missed {
  /** A pause in which no sweep ran. */
  gap: SweepRecord['gap'] | undefined;
  /** Clusters that this sweep could not finish, and why. */
  failed: { cluster: string; why: string }[];
  /** Clusters whose batches no worker took: others each time, of one cause. */
  untaken?: string[];
  /** Clusters whose batches still run: what was said of them stays. */
  running?: string[];
  /** Rows that this version cannot read: heads among them are in `failed`, the others are messages that are owed. */
  unreadable?: UnreadableRow[];
}

/** How long a gap stays told: a sweep that comes back must not hide it at once, ms. */
const gapToldMs = 10 * 60_000;
const listed = 5;
/** Clusters that are told one by one: more of them have one cause, and one finding. */
const mostSingle = 10;

/**
 * The newest pause in which nobody watched, while it is still worth telling.
 *
 * @param plannedAt of batches that are on no record yet, ms.
 */
export function sweepGap(
  last: SweepRecord | undefined,
  now: number,
  intervalMs: number,
  plannedAt = 0,
): SweepRecord['gap'] | undefined {
  const from = Math.max(last?.finishedAt ?? 0, last?.plannedAt ?? 0, plannedAt);
  if (from === 0) return undefined;
  // One interval is due, one may be lost to a slow start.
  if (now - from > 2 * intervalMs + 1000) return { from, to: now };
  const told = last?.gap;
  return told && now - told.to < gapToldMs ? told : undefined;
}

/**
 * `sweep-gap`: a pause between sweeps and alerts that cannot be read are of the fleet; a cluster that a sweep did not
 * finish is a subject of its own, so that none hides behind an older gap. Too many of those are of the fleet again.
 */
export function judgeMissed({
  gap,
  failed,
  untaken = [],
  running = [],
  unreadable = [],
}: Missed): Assessment {
  const single = failed.length <= mostSingle ? failed : [];
  const together = failed.length <= mostSingle ? [] : failed;
  const verdicts: Assessment['verdicts'] = single.map(({ cluster, why }) =>
    missed({ kind: 'unwatched', name: cluster }, `${cluster} is not watched: ${why}`, []),
  );
  const ofFleet = [
    clustersPart(together),
    untakenPart(untaken),
    gapPart(gap),
    messagesPart(unreadable),
  ].filter((part) => part !== undefined);
  if (ofFleet.length > 0) {
    const summary = ofFleet.map((part) => part.summary).join('; ');
    verdicts.push(
      missed(
        { kind: 'fleet' },
        summary,
        ofFleet.flatMap((part) => part.evidence),
      ),
    );
  } else if (running.length > 0) verdicts.push(unknown({ kind: 'fleet' }, 'batches are still running'));
  const told = new Set(single.map(({ cluster }) => cluster));
  const untold = new Set([...together.map(({ cluster }) => cluster), ...untaken, ...running]);
  for (const name of untold) {
    if (!told.has(name))
      verdicts.push(unknown({ kind: 'unwatched', name }, 'it is among others, or still asked'));
  }
  return { verdicts, defaults: { 'sweep-gap': { state: 'absent' } } };
}

/** Neither watched nor told by its own name: an alert of its own does not end with that. */
function unknown(subject: Subject, why: string): Assessment['verdicts'][number] {
  return { code: 'sweep-gap', subject, verdict: { state: 'unjudged', why } };
}

function missed(subject: Subject, summary: string, evidence: string[]): Assessment['verdicts'][number] {
  const code = 'sweep-gap';
  return { code, subject, verdict: { state: 'present', finding: finding(code, subject, summary, evidence) } };
}

interface Part {
  summary: string;
  evidence: string[];
}

function clustersPart(failed: Missed['failed']): Part | undefined {
  if (failed.length === 0) return undefined;
  return {
    summary: `${failed.length} clusters are not watched: ${shortened(failed.map(({ cluster }) => cluster))}`,
    evidence: failed.slice(0, listed).map(({ cluster, why }) => `${cluster}: ${why}`),
  };
}

function untakenPart(untaken: string[]): Part | undefined {
  if (untaken.length === 0) return undefined;
  return {
    // Without names and numbers: others each time are no news.
    summary: 'workers do not take all batches in time: not every cluster is watched in every sweep',
    evidence: [`${untaken.length} clusters were left out: ${shortened(untaken)}`],
  };
}

function gapPart(gap: Missed['gap']): Part | undefined {
  if (!gap) return undefined;
  const from = new Date(gap.from).toISOString();
  const to = new Date(gap.to).toISOString();
  return {
    summary: `nobody watched the fleet from ${from} to ${to}`,
    evidence: [`the last sweep ended ${Math.round((gap.to - gap.from) / 1000)} s before the next began`],
  };
}

function messagesPart(unreadable: UnreadableRow[]): Part | undefined {
  const lost = unreadable.filter(({ row }) => row !== 'head');
  if (lost.length === 0) return undefined;
  return {
    summary: `messages cannot be read, so they are not sent: ${shortened([...new Set(lost.map(({ partition }) => partition))])}`,
    evidence: lost.slice(0, listed).map(({ partition, row, why }) => `${partition}/${row}: ${why}`),
  };
}

function shortened(names: string[]): string {
  const rest = names.length - listed;
  return rest > 0 ? `${names.slice(0, listed).join(', ')} and ${rest} more` : names.join(', ');
}
