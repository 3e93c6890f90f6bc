/** What the routes look up: an open recovery and rotation that wait for people, a generation, a hold, a sweep. */
import { randomUUID } from 'node:crypto';
import { systemClock } from '../../shared/compose/clock.ts';
import { generationBlobName } from '../../shared/escrow/generation.ts';
import { digestOf, generationBytes } from '../../shared/escrow/write.ts';
import { approve, bindingHash } from '../../shared/people/approvals.ts';
import { canonicalHash } from '../../shared/people/canonical-hash.ts';
import { fleetEntryHash } from '../../shared/people/fleet-entry.ts';
import type { Recovery } from '../../shared/recovery/recovery.ts';
import type { Rotation } from '../../shared/rotation/rotation.ts';
import { connectState } from '../../shared/state/azure/connect.ts';
import { connectRecoverState } from '../../shared/state/azure/recover/connect.ts';
import { connectRotateState } from '../../shared/state/azure/rotate/connect.ts';
import type { RecoverState } from '../../shared/state/recover-ports.ts';
import type { RotateState } from '../../shared/state/rotate-ports.ts';
import { sealed } from '../escrow/build.ts';
import { aBinding, aGenerationRow, anAsking, aRecovery, ended } from '../fakes/state/recover-examples.ts';
import { aRotation } from '../fakes/state/rotate-examples.ts';
import { fleetOf } from '../fleet/builders.ts';

/** Nothing listens there: a probe is refused at once. */
export const fleetText = `
version: 1
clusters:
  payments:
    nodes: [{name: payments-0, address: "https://127.0.0.1:9"}]
  orders:
    nodes: ["https://localhost:9"]
  root:
    nodes: ["https://127.0.0.1:10"]
  cards:
    nodes: ["https://127.0.0.1:11"]
    seal: {type: transit, provider: root, key: cards, token: "file:/nowhere/cards"}
    rotation:
      token: {role: seal-cards}
      sinks: {disk: {kind: file, path: /nowhere/cards}}
`;

export interface Seeded {
  recovery: string;
  rotation: string;
  /** That approvals of these name what was shown by. */
  bindings: { recovery: string; rotation: string };
}

/** Of one storage account. Each call makes new ones: a word of a person may have ended those before. */
export function seeding(connectionString: string): () => Promise<Seeded> {
  const recover = connectRecoverState({ connectionString }, systemClock, randomUUID);
  const rotate = connectRotateState({ connectionString }, systemClock, randomUUID);
  const watch = connectState({ connectionString }, systemClock);
  let count = 0;
  return async () => {
    count += 1;
    const now = Date.now();
    await escrow(recover);
    const recovery = await openRecovery(recover, `payments.seeded${count}`, now);
    const hold = { cluster: 'orders', by: 'Alice', reason: 'it is patched', until: now + 3_600_000, at: now };
    await recover.holds.set(hold);
    const rotation = await openRotation(rotate, `cards.seeded${count}`, now);
    await watch.sweeps.save({
      id: `seeded${count}`,
      startedAt: now - 1_000,
      finishedAt: now,
      clusters: 4,
      nodes: 4,
      complete: true,
      lastCompleteAt: now,
    });
    return {
      recovery: recovery.id,
      rotation: rotation.id,
      bindings: { recovery: bindingOf(recovery), rotation: canonicalHash({ ...rotation.needs?.binding }) },
    };
  };
}

const bindingOf = ({ needs }: Recovery): string => (needs ? bindingHash(needs.binding) : '');

async function openRecovery({ recoveries, approvals }: RecoverState, id: string, now: number) {
  const [payments] = fleetOf(fleetText).clusters;
  if (!payments) throw new Error('a fleet without clusters');
  const before = await recoveries.active('payments');
  if (before) await recoveries.end({ ...before, value: ended(before.value) });
  const fleetEntry = fleetEntryHash(payments);
  const binding = aBinding({ recovery: id, fleetEntry });
  const recovery = aRecovery({
    id,
    fleetEntry,
    requestedAt: now,
    needs: anAsking('sealed by somebody', { binding }),
  });
  const opened = await recoveries.open(recovery);
  if (!opened.opened) throw new Error(`${id}: ${opened.busy} is open`);
  await approvals.save(approve({ id: 'tenant/bob', name: 'Bob', roles: [] }, binding, now));
  return recovery;
}

/** Its credential is not the one that fleet.yaml means by now: people may forget it. */
async function openRotation({ rotations }: RotateState, id: string, now: number): Promise<Rotation> {
  const before = await rotations.active('cards', 'transit-token');
  if (before) {
    const done = { at: now, outcome: 'failed' as const, summary: 'made way', left: [] };
    await rotations.end({ ...before, value: { ...before.value, status: 'ended', ended: done } });
  }
  const binding = {
    rotation: id,
    cluster: 'cards',
    step: 'step-down',
    what: 'cards',
    fleetEntry: 'e'.repeat(64),
  } as const;
  const rotation = aRotation({
    id,
    cluster: 'cards',
    credential: 'token of cards at another provider',
    requestedAt: now,
    stage: 'verified',
    reached: { due: now, created: now, delivered: now, verified: now },
    fresh: { ref: 'accessor-2', madeAt: now },
    old: { ref: 'accessor-1', ours: true },
    needs: { why: 'cards-0 must step down', binding, missing: 1, needed: 1 },
  });
  const opened = await rotations.open(rotation, ['the token of cards']);
  if (!opened.opened) throw new Error(`${id}: ${opened.busy} is open`);
  return rotation;
}

/** Generation 2, not proven, and the one before it; the routes may change which of them is in use. */
async function escrow({ generations, escrow: blobs }: RecoverState): Promise<void> {
  if (await generations.newest('payments')) return;
  const digests: string[] = [];
  for (const generation of [1, 2]) {
    const made = await sealed({ cluster: 'payments', generation });
    const bytes = generationBytes(made.generation);
    await blobs.create(generationBlobName({ cluster: 'payments', generation, revision: 1 }), bytes);
    digests.push(digestOf(bytes));
  }
  const [first = '', second = ''] = digests;
  const previous = { generation: 1, revision: 1, digest: first, provenAt: 1 };
  await generations.save(aGenerationRow({ generation: 2, revision: 1, digest: second, previous }), undefined);
}
