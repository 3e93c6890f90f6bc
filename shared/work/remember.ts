/** What a sweep begins with: people's words and all that is stored, read once. */
import type { Hold, Quiet } from '../alert/alert.ts';
import type { SweepingOptions } from '../probe/gather.ts';
import type { LivePartition, SweepRecord, UnreadableRow } from '../state/ports.ts';
import type { WatchDeps } from './deps.ts';

export interface Remembered {
  partitions: Map<string, LivePartition>;
  quiets: Quiet[];
  holds: Hold[];
  last: SweepRecord | undefined;
  unreadable: UnreadableRow[];
}

/** The partition of the fleet's own alerts. */
export const fleetPartition = 'fleet';

export async function remember(deps: WatchDeps): Promise<Remembered> {
  const { live, words, sweeps } = deps.state;
  const [scanned, quiets, holds, last] = await Promise.all([
    live.scan(),
    words.quiets(),
    words.holds(),
    sweeps.last(),
  ]);
  for (const row of scanned.unreadable) deps.log.error('row-unreadable', { ...row });
  return { ...scanned, quiets, holds, last };
}

/** What people said of one cluster. */
export function wordsOf(
  { quiets, holds }: Pick<Remembered, 'quiets' | 'holds'>,
  cluster: string,
  now: number,
): { quiets: Quiet[]; hold: Hold | undefined } {
  return {
    quiets: quiets.filter((quiet) => quiet.cluster === cluster),
    hold: holds.find((hold) => hold.cluster === cluster && hold.until > now),
  };
}

/** Whether a node did not answer when it was last asked. */
export function silentBefore({
  partitions,
}: Pick<Remembered, 'partitions'>): NonNullable<SweepingOptions['wasSilent']> {
  return (cluster, node) => partitions.get(cluster)?.head?.value.facts.nodes[node]?.state === 'unreachable';
}
