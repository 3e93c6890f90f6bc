/**
 * One pass over a cluster's open recovery: takes its row, then observes, plans, persists and acts until it must wait
 * longer than a moment, is done, or reaches its end; only then it leaves a nudge. Killed anywhere, the lease runs out
 * and the next pass observes and plans anew (rule 10).
 */
import type { Cluster } from '../../fleet/fleet.ts';
import { forgetSets } from '../../recovery/intents.ts';
import { waitingSince } from '../../recovery/plan/since.ts';
import { plan } from '../../recovery/plan.ts';
import type { Plan, PlanInput, Recovery, Step } from '../../recovery/recovery.ts';
import { considerAutomatic } from './automatic.ts';
import type { RecoverDeps } from './deps.ts';
import { type Escrowed, escrowed, trustFor } from './escrowed.ts';
import { HeldRecovery, LostRow } from './held.ts';
import { finish, leave } from './leaving.ts';
import { observe } from './observe.ts';
import { leftBehind, unanswered } from './overdue.ts';
import { rebind } from './rebind.ts';
import { clusterOf } from './request.ts';
import { noteUnsealed } from './starts.ts';
import { connectWith, type Trusted, trusts } from './trusted.ts';
import { unseal } from './unseal.ts';
import { endedBy, endedWith, needsOf } from './words.ts';

/** A longer wait is left to a nudge, ms. */
const patienceMs = 5_000;
/** How long custodians may be away before a recovery gives up, and how often they are asked, ms. */
const custodiansMs = 15 * 60_000;
const custodianPauseMs = 30_000;
/** In `since` of the row: when shares could not be opened for the first time. */
const awayKey = 'custodians';
/** A pass ends its work after this, far before the host ends it, ms. */
const passMs = 150_000;

/**
 * A nudge names a cluster and carries nothing else: what there is to do is looked up.
 *
 * @param byHand break-glass: it begins nothing by itself, and works on what it opened.
 */
export async function runPass(
  deps: RecoverDeps,
  name: string,
  { byHand = false }: { byHand?: boolean } = {},
): Promise<void> {
  const { log, state } = deps;
  const cluster = await clusterOf(deps, name);
  const active = await state.recoveries.active(name);
  if (!cluster) {
    log.warn('nudge-for-unknown-cluster', { cluster: name });
    if (active) await endGone(deps, active);
    return;
  }
  const open = active ?? (byHand ? undefined : await considerAutomatic(deps, cluster));
  if (!open) return;
  const held = await HeldRecovery.take(deps, open);
  if (!held) {
    log.info('recovery-busy', { cluster: name, recovery: open.value.id });
    return;
  }
  try {
    const expired =
      (byHand ? undefined : leftBehind(deps, held.value)) ?? (await unanswered(deps, held.value));
    if (expired) await finish(deps, held, expired);
    else if (held.value.kind === 'rebind') await rebind(deps, cluster, held);
    else await work(deps, cluster, held);
  } catch (error) {
    if (!(error instanceof LostRow)) throw error;
    log.warn('recovery-lost', { cluster: name, recovery: held.value.id, why: error.message });
  }
}

async function work(deps: RecoverDeps, cluster: Cluster, held: HeldRecovery): Promise<void> {
  const found = await escrowed(deps, cluster);
  const trust = await trustFor(deps, cluster, found);
  if (!trust) {
    const why = 'tls of fleet.yaml cannot be read, and there is no generation: nothing can be connected to';
    const remedy = 'Mend tls of this cluster in fleet.yaml, then import its shares.';
    await finish(deps, held, endedWith('refused', { why, remedy }, deps.clock.now()));
    return;
  }
  const connected = await connectWith(deps, cluster, trust);
  try {
    await loop(deps, cluster, held, found, connected);
  } finally {
    await connected.close();
  }
}

async function loop(
  deps: RecoverDeps,
  cluster: Cluster,
  held: HeldRecovery,
  first: Escrowed,
  connected: Trusted,
): Promise<void> {
  const { clock, log } = deps;
  const endsAt = clock.elapsed() + passMs;
  let found = first;
  let acted = false;
  for (;;) {
    const seen = await observe(deps, cluster, held.value, found, connected.nodes);
    await noteUnsealed(deps, cluster.name, seen.nodes, seen.notes);
    const since = waitingSince(seen);
    const next = plan({ ...seen, recovery: { ...seen.recovery, since } });
    log.info('recovery-planned', { cluster: cluster.name, recovery: held.value.id, ...told(next) });
    if (held.value.dryRun)
      return finish(deps, held, { at: clock.now(), outcome: 'dry-run', summary: summaryOf(next) });
    switch (next.kind) {
      case 'nothing':
        return finish(deps, held, endedBy(next, held.value, clock.now()));
      case 'refuse':
        if (next.code === 'escrow-trust-changed') {
          // Told as what it is at once, not with tomorrow's upkeep.
          const { why: message } = next;
          await held.trouble([{ at: clock.now(), code: 'trust', where: cluster.name, message }]);
        }
        return finish(deps, held, endedBy(next, held.value, clock.now()));
      case 'needs-approval':
        return leave(
          deps,
          held,
          { needs: needsOf(next, cluster.recovery.approvals), since },
          { over: ['waiting'] },
        );
      case 'wait': {
        const ms = next.until - clock.now();
        if (ms > patienceMs || clock.elapsed() + ms > endsAt) {
          const waiting = { what: next.what, until: next.until, steps: kindsOf(next.steps) };
          return leave(deps, held, { waiting, since }, { afterMs: ms, over: ['needs'] });
        }
        const waiting = { what: next.what, until: next.giveUpAt, steps: kindsOf(next.steps) };
        await tell(deps, held, { waiting, since });
        await clock.sleep(Math.max(0, ms));
        break;
      }
      case 'act': {
        if (clock.elapsed() > endsAt) return leave(deps, held, { since }, { afterMs: 0 });
        const steps = next.steps.filter((step): step is UnsealStep => step.kind === 'unseal-node');
        if (found.state !== 'ready' || steps.length === 0)
          throw new Error(`a plan without a way: ${next.why}`);
        // Shares are opened once a pass (rule 3): where they are needed again, the next pass begins here.
        const away = acted ? undefined : held.value.since?.[awayKey];
        const kept = { ...since, ...(away !== undefined && { [awayKey]: away }) };
        const sets = forgetSets(held.value, seen.nodes, seen.notes);
        // What it waits for stays told until it waits for something else.
        await held.update({ since: kept, sets, ...(acted && { passes: held.pass + 1 }) }, ['needs']);
        acted = true;
        const opening = await unseal(deps, cluster, held, found, connected, seen.nodes, steps);
        if (!opening.ok) return awaitCustodians(deps, held, opening);
        // A real unseal, or a refused set, changed what is known of the generation.
        found = await escrowed(deps, cluster);
        // Its shares go over connections of its own trust, and no others: the next pass makes them.
        if (isAnother(found, connected, seen.generation)) return leave(deps, held, {}, { afterMs: 0 });
      }
    }
  }
}

/** What is in use now is not what this pass began with. */
function isAnother(found: Escrowed, connected: Trusted, used: PlanInput['generation']): boolean {
  if (found.state !== 'ready' || used.state !== 'ready') return false;
  const { generation, revision } = found.generation;
  return (
    generation !== used.row.generation ||
    revision !== used.row.revision ||
    !trusts(connected, found.generation)
  );
}

/** What the rotate app reads: it goes on beside a recovery that waits for a restart and for nothing else. */
function kindsOf(steps: Step[]): Step['kind'][] {
  return [...new Set(steps.map(({ kind }) => kind))];
}

type UnsealStep = Extract<Step, { kind: 'unseal-node' }>;

/** Writes what people see of it while it goes on, and only when that changed; a lease that runs out soon is renewed. */
async function tell(deps: RecoverDeps, held: HeldRecovery, change: Partial<Recovery>): Promise<void> {
  const { waiting, since, lease } = held.value;
  const same =
    waiting?.what === change.waiting?.what && JSON.stringify(since) === JSON.stringify(change.since);
  if (same && (lease?.until ?? 0) > deps.clock.now() + 30_000) return;
  await held.update(change, ['needs']);
  if (waiting?.what !== change.waiting?.what) await deps.state.nudges.send('probe', held.value.cluster, 0);
}

/** Too few shares could be opened: custodians come back, or a person has to look. */
async function awaitCustodians(
  deps: RecoverDeps,
  held: HeldRecovery,
  { message: why, recoverable }: { message: string; recoverable: boolean },
): Promise<void> {
  const now = deps.clock.now();
  const { since, way } = held.value;
  const first = since?.[awayKey] ?? now;
  // In break-glass a person sits there: what does not mend itself is theirs to mend, and to begin again.
  const hopeless = way === 'break-glass' && !recoverable;
  if (hopeless || now - first >= custodiansMs) {
    const remedy = `Mend what is said of the custodians (sealwatch escrow verify --cluster ${held.value.cluster}), then request a recovery, or unseal by hand.`;
    return finish(deps, held, endedWith('failed', { why, remedy }, now));
  }
  const waiting = { what: why, until: now + custodianPauseMs };
  return leave(deps, held, { waiting, since: { ...since, [awayKey]: first } }, { afterMs: custodianPauseMs });
}

/** Its cluster left fleet.yaml: nothing may be done for it, and nothing blocks the name. */
async function endGone(
  deps: RecoverDeps,
  active: NonNullable<Awaited<ReturnType<RecoverDeps['state']['recoveries']['active']>>>,
): Promise<void> {
  const held = await HeldRecovery.take(deps, active);
  const summary = 'its cluster is not in fleet.yaml any more';
  if (held) await finish(deps, held, { at: deps.clock.now(), outcome: 'failed', summary });
}

function told(next: Plan): Record<string, unknown> {
  if (next.kind === 'act') return { plan: 'act', steps: next.steps.map(({ kind }) => kind), why: next.why };
  if (next.kind === 'nothing') return { plan: next.outcome, summary: next.summary };
  if (next.kind === 'wait') return { plan: 'wait', what: next.what };
  return { plan: next.kind, why: next.why };
}

function summaryOf(next: Plan): string {
  switch (next.kind) {
    case 'act':
      return `it would ${next.steps.map((step) => ('node' in step ? `${step.kind} ${step.node}` : step.kind)).join(', ')}: ${next.why}`;
    case 'wait':
      return `it would wait: ${next.what}`;
    case 'needs-approval':
      return `it would need ${next.missing} approval${next.missing === 1 ? '' : 's'} for ${next.binding.steps.join(', ')}: ${next.why}`;
    case 'refuse':
      return `it would refuse: ${next.why}. ${next.remedy}`;
    case 'nothing':
      return `nothing to do: ${next.summary}`;
  }
}
