/**
 * Whether automation may begin a recovery: a nudge said that a cluster looks bad; here it is looked at again, with this
 * app's own eyes, and only a plan that would act (or needs a person's approval) opens one. Rules 6 to 8 are the plan's.
 */
import type { Cluster } from '../../fleet/fleet.ts';
import { fleetEntryHash } from '../../people/fleet-entry.ts';
import { plan } from '../../recovery/plan.ts';
import type { Plan, Recovery } from '../../recovery/recovery.ts';
import type { Stored } from '../../state/ports.ts';
import type { RecoverDeps } from './deps.ts';
import { escrowed, trustFor } from './escrowed.ts';
import { observe } from './observe.ts';
import { open } from './request.ts';
import { endedBy } from './words.ts';

const who = 'app:recover';
/** The same refusal is told once in this time, ms. */
const quietMs = 60 * 60_000;

export async function considerAutomatic(
  deps: RecoverDeps,
  cluster: Cluster,
): Promise<Stored<Recovery> | undefined> {
  if (cluster.recovery.policy !== 'automatic') return undefined;
  const next = await planFor(deps, cluster);
  if (!next || next.kind === 'nothing') return undefined;
  deps.log.info('recovery-considered', { cluster: cluster.name, plan: next.kind });
  if (next.kind === 'refuse' && (await wasTold(deps, cluster, next))) return undefined;
  if (next.kind === 'needs-approval' && (await wasRejected(deps, cluster, next.why))) return undefined;
  const why = next.kind === 'wait' ? next.what : next.why;
  const opened = await open(deps, cluster, {
    kind: 'unseal',
    way: 'automatic',
    by: who,
    byName: 'Sealwatch',
    reason: why,
    dryRun: false,
    lost: [],
  });
  // Another instance was faster: its pass does it.
  if (!opened.ok) return undefined;
  await deps.state.nudges.send('probe', cluster.name, 0);
  return deps.state.recoveries.active(cluster.name);
}

async function planFor(deps: RecoverDeps, cluster: Cluster): Promise<Plan | undefined> {
  const found = await escrowed(deps, cluster);
  const trust = await trustFor(deps, cluster, found);
  if (!trust) return undefined;
  const { nodes, close } = await deps.connect(cluster, trust);
  try {
    return plan(await observe(deps, cluster, considered(deps, cluster), found, nodes));
  } finally {
    await close();
  }
}

/** As it would be opened; its id names nothing, so no approval can be for it. */
function considered(deps: RecoverDeps, cluster: Cluster): Recovery {
  return {
    id: `${cluster.name}.considered`,
    cluster: cluster.name,
    kind: 'unseal',
    way: 'automatic',
    by: who,
    byName: 'Sealwatch',
    reason: 'considered',
    requestedAt: deps.clock.now(),
    dryRun: false,
    lost: [],
    fleetEntry: fleetEntryHash(cluster),
    status: 'open',
    passes: 0,
    intents: [],
    troubles: [],
    unsealed: [],
  };
}

/** A hold or a spent budget would else open and end a recovery with each nudge. */
async function wasTold(
  deps: RecoverDeps,
  cluster: Cluster,
  next: Extract<Plan, { kind: 'refuse' }>,
): Promise<boolean> {
  if (next.code === 'hold') return true;
  const now = deps.clock.now();
  const { summary } = endedBy(next, considered(deps, cluster), now);
  const recent = await deps.state.recoveries.list(cluster.name, now - quietMs);
  return recent.some(({ way, ended }) => way === 'automatic' && ended?.summary === summary);
}

/** A person's no to exactly this stands for a while: a nudge a minute would else ask again and again. */
async function wasRejected(deps: RecoverDeps, { name }: Cluster, why: string): Promise<boolean> {
  const recent = await deps.state.recoveries.list(name, deps.clock.now() - quietMs);
  return recent.some(
    ({ ended, needs, reason }) => ended?.outcome === 'rejected' && (needs?.why === why || reason === why),
  );
}
