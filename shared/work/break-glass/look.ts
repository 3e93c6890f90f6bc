/** What is there and what would be done: asks nodes for their state, and sends no share. */

import { inTime } from '../../escrow/call.ts';
import { holdingsOf } from '../../escrow/distribution.ts';
import { differences } from '../../escrow/trust.ts';
import { fleetEntryHash } from '../../people/fleet-entry.ts';
import { plan } from '../../recovery/plan.ts';
import type { NodeSight, Plan, PlanInput, Recovery } from '../../recovery/recovery.ts';
import type { Reached } from '../recover/deps.ts';
import { lookAround } from '../recover/observe.ts';
import type { Glass } from './deps.ts';
import { sightLine, stepWords } from './sight-words.ts';

export interface Seen {
  sights: NodeSight[];
  next: Plan;
}

/** Prints what each node shows, and says what the plan would be for a recovery that begins now. */
export async function lookFirst(glass: Glass, nodes: Reached[]): Promise<Seen> {
  const sights = await lookAround(glass.world, nodes);
  glass.say(`${glass.cluster.name} now:`);
  for (const sight of sights) glass.say(sightLine(sight));
  return { sights, next: plan(inputOf(glass, sights)) };
}

/** The steps of a plan and what each custodian says of its key; nothing is unwrapped. True: it would do something. */
export async function dryRun(glass: Glass): Promise<boolean> {
  const { world, cluster, envelopes, say } = glass;
  const connected = await world.connect(cluster, envelopes.generation.trust);
  try {
    const { next } = await lookFirst(glass, connected.nodes);
    for (const line of planLines(next)) say(line);
    await sayCustodians(glass);
    say('Dry run: nothing was sent, opened or written.');
    return next.kind !== 'refuse';
  } finally {
    await connected.close();
  }
}

/** In which fields fleet.yaml differs from the envelopes' trust: it cannot be rebound here (rule 8). */
export async function trustChanges({ world, cluster, envelopes, derived }: Glass): Promise<string[]> {
  if (derived) return [];
  const now = await world.binding(cluster);
  return now.ok ? differences(envelopes.generation.trust, now.binding) : [now.problem];
}

export function planLines(next: Plan): string[] {
  switch (next.kind) {
    case 'act':
      return [`It would: ${next.why}`, ...next.steps.map((step) => `  - ${stepWords(step)}`)];
    case 'wait':
      return [`It would wait: ${next.what}`, ...next.steps.map((step) => `  - ${stepWords(step)}`)];
    case 'needs-approval':
      return [`It would need approval: ${next.why}`];
    case 'refuse':
      return [`It would refuse (${next.code}): ${next.why}.`, next.remedy];
    case 'nothing':
      return [`Nothing to do: ${next.summary}.`];
  }
}

const custodianMs = 10_000;

async function sayCustodians({ world, cluster, envelopes, say, stop }: Glass): Promise<void> {
  const { clock } = world;
  const custodians = await world.custodians(cluster);
  for (const { name, shares } of holdingsOf(envelopes.generation.envelopes)) {
    const custodian = custodians.get(name);
    const held = `custodian ${name} (shares ${shares.join(', ')})`;
    if (!custodian) {
      say(`${held}: not in fleet.yaml`);
      continue;
    }
    const facts = await inTime({ clock, timeoutMs: custodianMs, signal: stop }, (signal) =>
      custodian.facts(undefined, signal),
    );
    if (!facts.ok) say(`${held}: ${facts.error.message}`);
    else say(`${held}: reached, its key is ${facts.value.enabled ? 'enabled' : 'disabled'}`);
  }
}

/** As a recovery that begins now is planned: nothing is known of what was before. */
export function inputOf(glass: Glass, nodes: NodeSight[]): PlanInput {
  const { cluster, envelopes, world, raft } = glass;
  const { threshold, count, kind } = envelopes.generation;
  const now = world.clock.now();
  return {
    cluster,
    fleetEntry: fleetEntryHash(cluster),
    recovery: considered(glass, now),
    nodes,
    notes: [],
    disproofs: [],
    generation: { state: 'ready', row: envelopes.row, threshold, count, kind, trustChanged: [] },
    approvals: [],
    budget: { failed: 0, allowed: 0, unseals: {}, allowedUnseals: 0 },
    ...(raft && { raft }),
    now,
  };
}

function considered({ cluster, who, whoName, reason, lost }: Glass, now: number): Recovery {
  return {
    id: `${cluster.name}.considered`,
    cluster: cluster.name,
    kind: 'unseal',
    way: 'break-glass',
    by: who,
    byName: whoName,
    reason,
    requestedAt: now,
    dryRun: true,
    lost,
    fleetEntry: fleetEntryHash(cluster),
    status: 'open',
    passes: 0,
    intents: [],
    troubles: [],
    unsealed: [],
  };
}
