/** Builders of what the recover app stores: say what a test is about, leave out the rest. */
import type { GenerationRow } from '../../../shared/escrow/generation.ts';
import type { Approval, ApprovalBinding, AuditEntry } from '../../../shared/people/person.ts';
import type { Recovery, StartNote } from '../../../shared/recovery/recovery.ts';

export const noon = Date.UTC(2026, 10, 22, 12);

export function aRecovery(over: Partial<Recovery> = {}): Recovery {
  const { cluster = 'payments' } = over;
  return {
    id: `${cluster}.first`,
    cluster,
    kind: 'unseal',
    way: 'manual',
    by: 'tenant/alice',
    byName: 'Alice',
    reason: 'all three are sealed',
    requestedAt: noon,
    dryRun: false,
    lost: [],
    fleetEntry: 'e'.repeat(64),
    status: 'open',
    passes: 0,
    intents: [],
    troubles: [],
    unsealed: [],
    ...over,
  };
}

/** With something in every field. */
export function aFullRecovery(over: Partial<Recovery> = {}): Recovery {
  return aRecovery({
    way: 'automatic',
    lost: ['vault-9'],
    lease: { owner: 'app-1', pass: 2, until: noon + 60_000 },
    passes: 2,
    intents: [
      {
        pass: 2,
        node: 'vault-0',
        generation: 1,
        revision: 3,
        index: 4,
        position: 2,
        at: noon + 0.5,
        nonce: '8f1c7b1e-0000-4000-8000-000000000000',
      },
    ],
    waiting: { what: 'a leader', until: noon + 5000 },
    needs: anAsking('vault-0 was sealed in process'),
    troubles: [{ at: noon, code: 'foreign-progress', where: 'vault-1', message: 'somebody else began' }],
    unsealed: ['vault-2'],
    ...over,
  });
}

export function ended(recovery: Recovery, over: Partial<NonNullable<Recovery['ended']>> = {}): Recovery {
  const outcome = { at: noon + 42_000, outcome: 'recovered', summary: '3 of 3 nodes serving after 42 s' };
  return { ...recovery, status: 'ended', ended: { ...outcome, ...over } as NonNullable<Recovery['ended']> };
}

/** Waits for people's approval, of what stands in `aBinding`. */
export function anAsking(
  why: string,
  over: Partial<NonNullable<Recovery['needs']>> = {},
): NonNullable<Recovery['needs']> {
  return { kind: 'approval', why, approvals: { needed: 1, missing: 1 }, binding: aBinding(), ...over };
}

export function aBinding(over: Partial<ApprovalBinding> = {}): ApprovalBinding {
  return {
    recovery: 'payments.first',
    cluster: 'payments',
    steps: ['unseal-node', 'verify'],
    fleetEntry: 'e'.repeat(64),
    generation: { generation: 1, revision: 3 },
    ...over,
  };
}

export function anApproval(over: Partial<Approval> = {}): Approval {
  return {
    binding: aBinding(),
    by: 'tenant/bob',
    name: 'Bob',
    at: noon,
    expiresAt: noon + 3_600_000,
    ...over,
  };
}

export function aGenerationRow(over: Partial<GenerationRow> = {}): GenerationRow {
  return {
    cluster: 'payments',
    generation: 2,
    revision: 3,
    digest: 'd'.repeat(64),
    acceptedAt: noon,
    acceptedBy: 'tenant/alice',
    ...over,
  };
}

export function aStart(over: Partial<StartNote> = {}): StartNote {
  return { cluster: 'payments', node: 'vault-0', start: noon - 86_400_000.25, at: noon, ...over };
}

export function anAuditEntry(over: Partial<AuditEntry> = {}): AuditEntry {
  return {
    at: noon,
    who: 'tenant/alice',
    what: 'requested',
    cluster: 'payments',
    recovery: 'payments.first',
    why: 'all three are sealed',
    facts: { node: 'vault-0', index: 4, dryRun: false },
    ...over,
  };
}
