/** Builders for what an exercise found: say what a test is about, leave out the rest. */
import type { Seal } from '../../shared/fleet/fleet.ts';
import type {
  SealToken,
  TransitExercise,
  TransitFailure,
} from '../../shared/readiness/exercise/transit-exercise.ts';

export const now = Date.UTC(2026, 10, 22, 12);
export const hour = 3_600_000;
export const day = 24 * hour;

export const seal: Extract<Seal, { type: 'transit' }> = {
  type: 'transit',
  provider: 'root',
  mount: 'transit',
  key: 'payments',
};

/** As VAULT-FACTS says a seal's token should be, just renewed. */
export function aToken(over: Partial<SealToken> = {}): SealToken {
  return {
    ttlMs: 768 * hour,
    periodMs: 768 * hour,
    creationTtlMs: 768 * hour,
    explicitMaxTtlMs: 0,
    ageMs: 100 * day,
    orphan: true,
    renewable: true,
    policies: ['default', 'seal-payments'],
    ...over,
  };
}

export const tokenThat = (over: Partial<SealToken>) => ({ ok: true as const, value: aToken(over) });

export const failing = (code: TransitFailure, detail = `it failed: ${code}`) => ({
  ok: false as const,
  code,
  detail,
});

export const rightsOf = (over: Record<string, string[]> = {}) => ({
  ok: true as const,
  value: {
    'transit/encrypt/payments': ['update'],
    'transit/decrypt/payments': ['update'],
    'transit/keys/payments': [],
    'transit/keys/payments/config': [],
    'auth/token/create': [],
    ...over,
  },
});

/** Everything is well. */
export function anExercise(over: Partial<TransitExercise> = {}): TransitExercise {
  return {
    address: 'https://root-0.example.com:8200',
    passedOver: [],
    roundTrip: { ok: true, value: { keyVersion: 3 } },
    token: { ok: true, value: aToken() },
    rights: rightsOf(),
    key: { ok: true, value: { latestVersion: 3, minDecryptionVersion: 1, deletionAllowed: false } },
    ...over,
  };
}
