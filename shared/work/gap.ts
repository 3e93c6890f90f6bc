/** Rule 13: what was not watched is told by the next sweep that runs. */
import { type Assessment, finding } from '../finding.ts';
import type { SweepRecord, UnreadableRow } from '../state/ports.ts';

export interface Missed {
  /** A pause in which no sweep ran. */
  gap: SweepRecord['gap'] | undefined;
  /** Clusters that this sweep could not finish, and why. */
  failed: { cluster: string; why: string }[];
  /** Rows that this version cannot read: heads among them are in `failed`, the others are messages that are owed. */
  unreadable?: UnreadableRow[];
}

/** How long a gap stays told: a sweep that comes back must not hide it at once, ms. */
const gapToldMs = 10 * 60_000;
const listed = 5;

/** The newest pause in which nobody watched, while it is still worth telling. */
export function sweepGap(
  last: SweepRecord | undefined,
  now: number,
  intervalMs: number,
): SweepRecord['gap'] | undefined {
  if (!last?.finishedAt) return undefined;
  // One interval is due, one may be lost to a slow start.
  if (now - last.finishedAt > 2 * intervalMs + 1000) return { from: last.finishedAt, to: now };
  return last.gap && now - last.gap.to < gapToldMs ? last.gap : undefined;
}

/** `sweep-gap` of the fleet: a pause between sweeps, clusters that a sweep did not finish, alerts that cannot be read. */
export function judgeMissed({ gap, failed, unreadable = [] }: Missed): Assessment {
  const summaries: string[] = [];
  const evidence: string[] = [];
  if (failed.length > 0) {
    const names = failed.map(({ cluster }) => cluster);
    summaries.push(`clusters not watched: ${shortened(names, names.length)}`);
    evidence.push(...failed.slice(0, listed).map(({ cluster, why }) => `${cluster}: ${why}`));
  }
  if (gap) {
    const from = new Date(gap.from).toISOString();
    const to = new Date(gap.to).toISOString();
    summaries.push(`nobody watched the fleet from ${from} to ${to}`);
    evidence.push(`the last sweep ended ${Math.round((gap.to - gap.from) / 1000)} s before the next began`);
  }
  const lost = unreadable.filter(({ row }) => row !== 'head');
  if (lost.length > 0) {
    const partitions = [...new Set(lost.map(({ partition }) => partition))];
    summaries.push(
      `messages cannot be read, so they are not sent: ${shortened(partitions, partitions.length)}`,
    );
    evidence.push(...lost.slice(0, listed).map(({ partition, row, why }) => `${partition}/${row}: ${why}`));
  }
  if (summaries.length === 0) return { verdicts: [], defaults: { 'sweep-gap': { state: 'absent' } } };
  const subject = { kind: 'fleet' } as const;
  const verdict = {
    state: 'present',
    finding: finding('sweep-gap', subject, summaries.join('; '), evidence),
  } as const;
  return { verdicts: [{ code: 'sweep-gap', subject, verdict }], defaults: {} };
}

function shortened(names: string[], count: number): string {
  const rest = count - listed;
  return rest > 0 ? `${names.slice(0, listed).join(', ')} and ${rest} more` : names.join(', ');
}
