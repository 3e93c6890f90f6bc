/** Turns on the credentials of one cluster: look, plan, do one thing, and plan anew. Killed anywhere, the next goes on. */
import type { Cluster, Fleet } from '../../fleet/fleet.ts';
import { policyOf } from '../../rotation/plan/policy.ts';
import type { RotationPlan } from '../../rotation/plan/say.ts';
import { planRotation } from '../../rotation/plan.ts';
import { type KindName, kindNames, type Rotation } from '../../rotation/rotation.ts';
import type { RotateDeps } from './deps.ts';
import { readyOne } from './ready.ts';
import { act } from './turn/act.ts';
import type { Turn } from './turn/context.ts';
import { gather } from './turn/gather.ts';
import { HeldRotation, LostRotation } from './turn/held.ts';
import { giveBack } from './turn/leave.ts';
import { openRotation } from './turn/open.ts';
import { renew } from './turn/renew.ts';
import { timedAccess } from './turn/timed.ts';
import { Values } from './turn/values.ts';

/** Above the longest rotation's steps: a plan that never ends is a mistake. */
const mostSteps = 60;
/** No step is begun later than this in a run over a cluster's credentials, ms: the host ends a function after five minutes. */
const turnMs = 150_000;

export type TurnEnd =
  | { state: 'nothing' | 'refused'; why: string }
  | { state: 'open'; rotation: Rotation }
  | { state: 'ended'; rotation: Rotation };

/** Every credential of a cluster that fleet.yaml asks for, or that has an open rotation. One that fails costs no other its turn. */
export async function takeTurns(deps: RotateDeps, name: string): Promise<void> {
  const { fleet } = await deps.loadFleet();
  const cluster = fleet.clusters.find((candidate) => candidate.name === name);
  if (!cluster) return;
  const endsAt = deps.clock.elapsed() + turnMs;
  for (const kind of kindNames) {
    // Each minute's timer nudges for what is left.
    const forMs = endsAt - deps.clock.elapsed();
    if (forMs <= 0) return;
    try {
      const open = await deps.state.rotations.active(name, kind);
      if (open || policyOf(cluster, kind)) await takeTurn(deps, fleet, cluster, kind, { forMs });
    } catch (error) {
      deps.log.error('rotation-turn-failed', { cluster: name, kind, error });
    }
  }
}

/** @param asked a person asks for one now. @param forMs no step is begun later than this, ms. */
export async function takeTurn(
  deps: RotateDeps,
  fleet: Fleet,
  cluster: Cluster,
  name: KindName,
  { asked, forMs = turnMs }: { asked?: NonNullable<Turn['asked']>; forMs?: number } = {},
): Promise<TurnEnd> {
  const endsAt = deps.clock.elapsed() + forMs;
  const owner = deps.newId();
  const open = await deps.state.rotations.active(cluster.name, name);
  if (open && asked)
    return { state: 'refused', why: `rotation ${open.value.id} of it is open: one at a time` };
  // A second nudge must not shorten the pause of a step that fails; a person's word ends it.
  if (open?.value.failing && (open.value.waiting?.until ?? 0) > deps.clock.now())
    return { state: 'open', rotation: open.value };
  const held = open && (await HeldRotation.take(deps, owner, open));
  if (open && !held) return { state: 'open', rotation: open.value };
  const access = await deps.rotation(fleet, cluster, name);
  if (!access.ok) {
    if (held) await giveBack(deps, held, { what: `what it needs: ${access.why}`, ms: 10 * 60_000 });
    return held
      ? { state: 'open', rotation: held.value }
      : { state: asked ? 'refused' : 'nothing', why: access.why };
  }
  const { kind, sinks, value } = timedAccess(deps.clock, access);
  const values = new Values();
  const renewals = new Set<'current' | 'fresh'>();
  const base = { deps, fleet, cluster, name, kind, sinks, value, values, seen: {}, renewed: renewals };
  const turn: Turn = { ...base, ...(held && { held }), ...(asked && { asked }) };
  try {
    return await steps(turn, owner, endsAt);
  } catch (error) {
    if (!(error instanceof LostRotation)) throw error;
    // Somebody else goes on with it.
    deps.log.info('rotation-turn-lost', { cluster: cluster.name, kind: name });
    return turn.held
      ? { state: 'open', rotation: turn.held.value }
      : { state: 'nothing', why: error.message };
  } finally {
    values.zero();
    await access.close();
  }
}

async function steps(turn: Turn, owner: string, endsAt: number): Promise<TurnEnd> {
  const { deps } = turn;
  for (let step = 0; step < mostSteps; step += 1) {
    const plan = planRotation(await gather(turn));
    const { held } = turn;
    if (!held) {
      const begun = await begin(turn, plan, owner);
      if (begun) return begun;
      continue;
    }
    // What was made just now is kept nowhere yet: it is put away first.
    const atRisk = held.value.stage === 'due' && turn.values.fresh !== undefined;
    if (deps.clock.elapsed() > endsAt && !atRisk) {
      await giveBack(deps, held, { what: 'its next turn', ms: 0 });
      return { state: 'open', rotation: held.value };
    }
    if ((await act(turn, held, plan)) === 'again') continue;
    const rotation = held.value;
    if (rotation.status === 'open') return { state: 'open', rotation };
    await exerciseAnew(deps, rotation);
    return { state: 'ended', rotation };
  }
  throw new Error(`a rotation of ${turn.cluster.name} took ${mostSteps} steps in one turn`);
}

/** What was rotated is what the next restart will use: readiness is told anew, not within the hour. */
async function exerciseAnew(deps: RotateDeps, { consumers, id }: Rotation): Promise<void> {
  for (const cluster of consumers) {
    await readyOne(deps, cluster).catch((error: unknown) =>
      deps.log.error('readiness-not-kept', { cluster, rotation: id, error }),
    );
  }
}

/** Nothing is open. Undefined: plan anew. */
async function begin(turn: Turn, plan: RotationPlan, owner: string): Promise<TurnEnd | undefined> {
  switch (plan.do) {
    case 'nothing':
      return { state: 'nothing', why: plan.why };
    case 'refuse':
      return { state: 'refused', why: plan.why };
    case 'renew':
      // Whether it helped or not: it may be due all the same.
      await renew(turn, plan);
      return undefined;
    case 'open': {
      const opened = await openRotation(turn, plan, owner);
      if (!opened.ok) return { state: turn.asked ? 'refused' : 'nothing', why: opened.why };
      turn.held = opened.held;
      return undefined;
    }
    default:
      throw new Error(`a plan for no open rotation: ${plan.do}`);
  }
}
