/** What of other apps' rows, and of people's words, is in the way of a rotation. They may stop it, never permit it. */
import type { Cluster, Fleet } from '../../../fleet/fleet.ts';
import type { Recovery } from '../../../recovery/recovery.ts';
import type { RotationInput } from '../../../rotation/plan/say.ts';
import type { RotateDeps } from '../deps.ts';

type Block = RotationInput['blocked'][number];

/** @param consumers every cluster that unseals with the credential. */
export async function blockedBy(
  deps: Pick<RotateDeps, 'recoveries' | 'hold' | 'clock'>,
  fleet: Fleet,
  consumers: readonly string[],
): Promise<Block[]> {
  const clusters = concerned(fleet, consumers);
  const found = await Promise.all(clusters.map((cluster) => ofCluster(deps, cluster)));
  return found.flat();
}

/** The consumers, and who unseals them. */
function concerned({ clusters }: Fleet, consumers: readonly string[]): string[] {
  const providers = consumers.map((name) => providerOf(clusters.find((cluster) => cluster.name === name)));
  return [...new Set([...consumers, ...providers.filter((name) => name !== undefined)])];
}

function providerOf(cluster: Cluster | undefined): string | undefined {
  return cluster?.seal.type === 'transit' ? cluster.seal.provider : undefined;
}

async function ofCluster(
  { recoveries, hold, clock }: Pick<RotateDeps, 'recoveries' | 'hold' | 'clock'>,
  cluster: string,
): Promise<Block[]> {
  const [holds, open] = await Promise.all([
    hold(cluster).then(
      (of): Block[] =>
        of && of.until > clock.now()
          ? [{ why: `the end of a hold on ${cluster} (${of.reason})`, evenRepairs: true }]
          : [],
      (): Block[] => [
        { why: `table holds cannot be read: there may be a hold on ${cluster}`, evenRepairs: true },
      ],
    ),
    recoveries(cluster).then(
      ({ rows, unreadable }): Block[] => {
        const [busy] = rows.filter((row) => isInTheWay(row));
        if (busy) return [{ why: `the end of recovery ${busy.id}`, evenRepairs: false }];
        return unreadable.length === 0
          ? []
          : [
              {
                why: `a row of table recoveries of ${cluster} cannot be read: one may be open`,
                evenRepairs: false,
              },
            ];
      },
      (): Block[] => [
        { why: `table recoveries cannot be read: one of ${cluster} may be open`, evenRepairs: false },
      ],
    ),
  ]);
  return [...holds, ...open];
}

/** One that waits for a restart, and for nothing else, may be waiting for what a rotation delivers. */
function isInTheWay({ status, dryRun, waiting }: Recovery): boolean {
  if (status !== 'open' || dryRun) return false;
  const steps = waiting?.steps ?? [];
  return steps.length === 0 || steps.some((step) => step !== 'await-restart');
}
