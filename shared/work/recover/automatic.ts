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
import { observe, unreadWords } from './observe.ts';
import { open } from './request.ts';
import { endedBy } from './words.ts';

const who = 'app:recover';
/** How long automation is quiet after a person's no, and about what it gave up, ms. */
const quietMs = 60 * 60_000;
/** Requested before that time and ended inside it, ms: longer than any stays open. */
const longestMs = 48 * 60 * 60_000;
/** However different they were: what ended without the cluster serving, in that time. */
const mostVain = 4;

export async function considerAutomatic(
  deps: RecoverDeps,
  cluster: Cluster,
): Promise<Stored<Recovery> | undefined> {
  if (cluster.recovery.policy !== 'automatic') return undefined;
  const { recent, unread } = await endedOfLate(deps, cluster);
  const quiet = unread ?? quietAfter(recent);
  if (quiet !== undefined) {
    deps.log.info('automation-quiet', { cluster: cluster.name, why: quiet });
    return undefined;
  }
  const next = await planFor(deps, cluster);
  if (!next || next.kind === 'nothing') return undefined;
  deps.log.info('recovery-considered', { cluster: cluster.name, plan: next.kind });
  if (isKnown(next, recent, considered(deps, cluster), deps.clock.now())) return undefined;
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
  // What needs people is told as that, by the pass that follows, and not as help that is on its way.
  if (next.kind === 'act' || next.kind === 'wait') await deps.state.nudges.send('probe', cluster.name, 0);
  return deps.state.recoveries.active(cluster.name);
}

/** Automation's own recoveries of the cluster that ended in the last hour; `unread`: one may be among what cannot be read. */
async function endedOfLate(
  { clock, state }: RecoverDeps,
  { name }: Cluster,
): Promise<{ recent: Recovery[]; unread: string | undefined }> {
  const now = clock.now();
  const { rows, unreadable } = await state.recoveries.list(name, now - quietMs - longestMs);
  const recent = rows.filter(({ way, ended }) => way === 'automatic' && ended && ended.at > now - quietMs);
  return { recent, unread: unreadWords(unreadable) };
}

/** Why automation opens nothing now, whatever it would see: a nudge a minute would else begin again and again. */
function quietAfter(recent: Recovery[]): string | undefined {
  // A person's no stands, whatever was asked: what automation sees of the cluster may change with each restart.
  const no = recent.find(({ ended }) => ended?.outcome === 'rejected');
  if (no) return `recovery ${no.id} was rejected less than an hour ago`;
  const vain = recent.filter(wasVain);
  return vain.length < mostVain ? undefined : `${vain.length} recoveries were in vain within an hour`;
}

function wasVain({ ended }: Recovery): boolean {
  return ended?.outcome === 'refused' || ended?.outcome === 'failed';
}

/** People were told of exactly this within the hour: the same refusal, or a wait that ended in vain. */
function isKnown(next: Plan, recent: Recovery[], considered: Recovery, now: number): boolean {
  if (next.kind === 'wait') {
    // Which begins with what was waited for, where that was in vain.
    const words = (one: Recovery) => [one.reason, one.ended?.summary ?? ''];
    return recent.some((one) => wasVain(one) && words(one).some((text) => text.startsWith(next.what)));
  }
  if (next.kind !== 'refuse') return false;
  // The hold itself is on view.
  if (next.code === 'hold') return true;
  const { lasting } = next;
  // Nodes that go down one after the other are no news of it, and must not use up what automation may try.
  if (lasting !== undefined) return recent.some(({ ended }) => ended?.refusal?.why.endsWith(lasting));
  const { summary } = endedBy(next, considered, now);
  return recent.some(({ ended }) => ended?.summary === summary);
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
