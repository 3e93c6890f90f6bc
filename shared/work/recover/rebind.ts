/**
 * Binds a generation to what fleet.yaml says now (rule 2): after approval, share by share into a new revision, which is
 * created, verified and only then taken into use. The old revision's blob stays.
 */

import { approversText, sortedSteps, validApprovals } from '../../approvals.ts';
import { reseal } from '../../escrow/reseal.ts';
import { differences } from '../../escrow/trust.ts';
import type { Cluster } from '../../fleet/fleet.ts';
import { canonicalHash } from '../../people/canonical-hash.ts';
import { fleetEntryHash } from '../../people/fleet-entry.ts';
import type { ApprovalBinding } from '../../people/person.ts';
import type { Recovery } from '../../recovery/recovery.ts';
import type { RecoverDeps } from './deps.ts';
import { type Escrowed, escrowed } from './escrowed.ts';
import type { HeldRecovery } from './held.ts';
import { finish, leave } from './leaving.ts';
import { recorded } from './openings.ts';
import { custodianMs, putInUse } from './revision.ts';

type Ready = Extract<Escrowed, { state: 'ready' }>;

export async function rebind(deps: RecoverDeps, cluster: Cluster, held: HeldRecovery): Promise<void> {
  const refuse = (summary: string) =>
    finish(deps, held, { at: deps.clock.now(), outcome: 'refused', summary });
  const found = await escrowed(deps, cluster);
  if (found.state === 'none') return refuse('nothing is escrowed: import shares first');
  if (found.state === 'unreadable') return refuse(found.why);
  const now = await deps.binding(cluster);
  if (!now.ok) return refuse(now.problem);
  const changed = differences(found.generation.trust, now.binding);
  if (changed.length === 0) {
    const summary = 'fleet.yaml says what the shares are bound to';
    return finish(deps, held, { at: deps.clock.now(), outcome: 'nothing-to-do', summary });
  }
  const binding = bindingOf(cluster, held.value, found, now.binding);
  const approvals = await deps.state.approvals.of(cluster.name, held.value.id);
  // Loosening the number of approvals is itself such a change: the stricter one counts.
  const needed = Math.max(cluster.recovery.approvals, found.generation.trust.recovery?.approvals ?? 2);
  const asked = { needed, requester: held.value.by };
  const { missing } = validApprovals(approvals, binding, asked, deps.clock.now());
  const told = [...changed, ...otherKeys(cluster, found.generation)];
  const why = `shares would go by what fleet.yaml says now: ${told.join('; ')}`;
  if (held.value.dryRun) {
    const summary = `it would need approval by ${approversText(binding, asked, missing)}: ${why}`;
    return finish(deps, held, { at: deps.clock.now(), outcome: 'dry-run', summary });
  }
  if (missing > 0) {
    return leave(deps, held, { needs: { kind: 'approval', why, approvals: { needed, missing }, binding } });
  }
  await bindAnew(deps, cluster, held, found, now.binding, changed);
}

/** No part of the trust, and yet who can open shares from then on: whoever approves is shown it. */
function otherKeys({ escrow }: Cluster, { envelopes }: Ready['generation']): string[] {
  return escrow.custodians.flatMap(({ name, key }) => {
    const own = envelopes.filter(({ custodian }) => custodian === name);
    const before = new Set(
      own.map(({ wrap, keyId }) => (wrap === 'RSA-OAEP-256' ? keyOf(keyId) : aPassphrase)).sort(),
    );
    const after = key === undefined ? aPassphrase : `the key ${key}`;
    before.delete(after);
    if (before.size === 0) return [];
    return [`custodian ${name}: its shares would be wrapped with ${after}, not ${[...before].join(', ')}`];
  });
}

const aPassphrase = 'a passphrase';

/** Without its version, which a rewrap changes. */
function keyOf(keyId: string): string {
  return `the key ${keyId.slice(0, keyId.lastIndexOf('/'))}`;
}

async function bindAnew(
  deps: RecoverDeps,
  cluster: Cluster,
  held: HeldRecovery,
  found: Ready,
  trust: Ready['generation']['trust'],
  changed: string[],
): Promise<void> {
  const { clock, random, state } = deps;
  const by = { who: held.value.by, name: held.value.byName, recovery: held.value.id };
  await state.audit.write({
    at: clock.now(),
    who: held.value.by,
    name: held.value.byName,
    what: 'step',
    cluster: cluster.name,
    recovery: held.value.id,
    why: held.value.reason,
    facts: { kind: 'rebind', generation: found.generation.generation, revision: found.generation.revision },
  });
  const custodians = await deps.custodians(cluster);
  const sealing = await held.whileKept((signal) =>
    reseal(
      {
        generation: found.generation,
        trust,
        made: { createdAt: clock.now(), createdBy: held.value.by },
        opening: recorded(deps, found.generation, { ...by, kind: 'rebind', why: held.value.reason }),
      },
      { custodians, random, calling: { clock, timeoutMs: custodianMs, signal } },
    ),
  );
  if (sealing.lost !== undefined) throw sealing.lost;
  const resealed = sealing.value;
  // The row is still ours, or a person ended it while the shares were sealed anew.
  await held.update({});
  if (!resealed.ok) {
    const summary = `not rebound: ${resealed.problems.join('; ')}`;
    return finish(deps, held, { at: clock.now(), outcome: 'failed', summary });
  }
  const using = await held.whileKept(() => putInUse(deps, cluster, resealed.generation, found.row, by));
  if (using.lost !== undefined) throw using.lost;
  const used = using.value;
  const summary = used.ok
    ? `bound to what fleet.yaml says: ${changed.join('; ')}`
    : `not rebound: ${used.why}`;
  await finish(deps, held, { at: clock.now(), outcome: used.ok ? 'recovered' : 'failed', summary });
}

/** People approve the trust itself: the entry's hash says nothing of what stands behind its references. */
function bindingOf(
  cluster: Cluster,
  { id }: Recovery,
  { row }: Ready,
  trust: Ready['generation']['trust'],
): ApprovalBinding {
  return {
    recovery: id,
    cluster: cluster.name,
    steps: sortedSteps(['rebind']),
    fleetEntry: fleetEntryHash(cluster),
    generation: { generation: row.value.generation, revision: row.value.revision },
    trust: canonicalHash(trust),
  };
}
