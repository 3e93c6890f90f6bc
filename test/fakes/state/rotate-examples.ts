/** Builders of what the rotate app stores: say what a test is about, leave out the rest. */
import type { Readiness } from '../../../shared/readiness/readiness.ts';
import type { Rotation, RotationApproval, RotationBinding } from '../../../shared/rotation/rotation.ts';
import type { RotationAudit } from '../../../shared/state/rotate-ports.ts';

export const noon = Date.UTC(2026, 10, 22, 12);

export function aReadiness(over: Partial<Readiness> = {}): Readiness {
  return {
    cluster: 'payments',
    seal: 'transit',
    standing: { state: 'ready' },
    evidence: ['transit/encrypt and decrypt with payments: what was encrypted came back.'],
    problems: [],
    unjudged: {},
    at: noon,
    validUntil: noon + 3 * 3_600_000,
    ...over,
  };
}

/** With something in every field. */
export function aFullReadiness(over: Partial<Readiness> = {}): Readiness {
  return aReadiness({
    standing: { state: 'at-risk', why: "the seal's token ends in 2 days", at: noon + 0.5 },
    evidence: ['first', 'ä second one'],
    indirect: true,
    problems: [
      {
        code: 'seal-token-expiring',
        severity: 'critical',
        summary: "the seal's token ends in 2 days",
        evidence: ['TTL left 2 days.'],
        advice: 'Make a new one.',
      },
      { code: 'seal-token-too-wide', summary: 'it may do more', evidence: [] },
    ],
    unjudged: { 'seal-key-version-at-risk': 'not read' },
    keySince: noon - 86_400_000,
    sealEntry: 'e'.repeat(64),
    ...over,
  });
}

export function aRotation(over: Partial<Rotation> = {}): Rotation {
  const { cluster = 'payments' } = over;
  return {
    id: `${cluster}.first`,
    cluster,
    kind: 'transit-token',
    credential: `token of ${cluster} at root`,
    by: 'app:rotate',
    byName: 'rotate',
    reason: 'a third of its life is left',
    requestedAt: noon,
    fleetEntry: 'e'.repeat(64),
    repairs: false,
    status: 'open',
    stage: 'due',
    direction: 'forward',
    reached: { due: noon },
    sinks: {},
    consumers: [cluster],
    ...over,
  };
}

/** With something in every field that an open one may have. */
export function aFullRotation(over: Partial<Rotation> = {}): Rotation {
  return aRotation({
    by: 'tenant/alice',
    byName: 'Ålice',
    repairs: true,
    stage: 'delivered',
    direction: 'back',
    reached: { due: noon, created: noon + 0.5, delivered: noon + 2 },
    lease: { owner: 'app-1', until: noon + 60_000 },
    creating: { at: noon, before: '3' },
    fresh: { ref: 'accessor-2', madeAt: noon + 1, endsAt: noon + 9, fingerprint: 'f'.repeat(32) },
    old: { ref: 'accessor-1', madeAt: noon - 1, ours: true },
    triedAt: noon + 1,
    sinks: {
      'vault-secret': {
        startedAt: noon + 1,
        deliveredAt: noon + 2,
        settlesAt: noon + 3_600_003,
        restoredAt: noon + 3,
        where: 'version 0f3c',
      },
      'on disk': {},
    },
    restoredAt: noon + 4,
    consumers: ['payments', "o'hara"],
    inUseAt: noon + 5,
    confirmed: { by: 'tenant/bob', byName: 'Bob', at: noon + 5, why: 'I looked', direction: 'back' },
    waiting: { what: 'restarts of vault-0', since: noon, until: noon + 6, overdueAt: noon + 7 },
    needs: { why: 'payments leads with the old key', binding: aRotationBinding(), missing: 1 },
    steppedDown: { payments: noon + 5 },
    shut: { payments: { since: noon - 9, openedAt: noon + 5 } },
    raising: { to: 4, at: noon + 6 },
    failing: { what: 'deliver', code: 'denied', message: 'Set is missing', since: noon, times: 3 },
    ...over,
  });
}

export function endedRotation(
  rotation: Rotation,
  over: Partial<NonNullable<Rotation['ended']>> = {},
): Rotation {
  const ended = { at: noon + 42_000, outcome: 'retired', summary: 'every node uses it' } as const;
  return { ...rotation, status: 'ended', stage: 'retired', ended: { ...ended, left: [], ...over } };
}

export function aRotationBinding(over: Partial<RotationBinding> = {}): RotationBinding {
  return {
    rotation: 'payments.first',
    cluster: 'payments',
    step: 'step-down',
    what: 'payments',
    fleetEntry: 'e'.repeat(64),
    ...over,
  };
}

export function aRotationApproval(over: Partial<RotationApproval> = {}): RotationApproval {
  return {
    binding: aRotationBinding(),
    by: 'tenant/bob',
    name: 'Bob',
    at: noon,
    expiresAt: noon + 3_600_000,
    ...over,
  };
}

export function aRotationAudit(over: Partial<RotationAudit> = {}): RotationAudit {
  return {
    at: noon,
    who: 'tenant/alice',
    name: 'Alice',
    what: 'requested',
    cluster: 'payments',
    rotation: 'payments.first',
    why: 'the token ends tomorrow',
    facts: { kind: 'transit-token' },
    ...over,
  };
}
