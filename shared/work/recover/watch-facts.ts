/** What watch remembers of a cluster, for the recover app: it may speak against a restart, so what cannot be read is not "nothing". */
import type { ClusterFacts } from '../../probe/head-facts.ts';
import { unreadable } from '../../state/kind.ts';
import type { Live } from '../../state/ports.ts';

/** @throws StateError `unreadable`: watch is newer than this app, or its row is damaged */
export async function watchFacts(
  live: Pick<Live, 'scan'>,
  cluster: string,
): Promise<ClusterFacts | undefined> {
  const scanned = await live.scan({ only: [cluster] });
  const damaged = scanned.unreadable.find(({ row }) => row === 'head');
  if (damaged) throw unreadable('live', { partitionKey: cluster, rowKey: damaged.row }, damaged.why);
  return scanned.partitions.get(cluster)?.head?.value.facts;
}
