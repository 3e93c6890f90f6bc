/** Builders for what an exercise of an azurekeyvault seal found: say what a test is about, leave out the rest. */
import type {
  AzureExercise,
  AzureFailure,
  KeyVersion,
} from '../../shared/readiness/exercise/azure-exercise.ts';
import type { Judged } from '../../shared/readiness/readiness.ts';

export const now = Date.UTC(2026, 10, 22, 2);
export const day = 86_400_000;
export const ok = <T>(value: T) => ({ ok: true as const, value });
export const failed = (code: AzureFailure) => ({ ok: false as const, code, detail: `it is ${code}` });

export const protectedKey = (version: string, over: Partial<KeyVersion> = {}): KeyVersion => ({
  version,
  enabled: true,
  createdAt: now - 100 * day,
  recoveryLevel: 'Recoverable',
  ...over,
});

/** A seal that nothing is wrong with. */
export function anExercise(over: Partial<AzureExercise> = {}): AzureExercise {
  return {
    vault: 'https://kv-unseal.vault.azure.net',
    key: 'unseal',
    indirect: false,
    works: ok({ version: 'v3' }),
    newest: ok(protectedKey('v3')),
    versions: ok([protectedKey('v3')]),
    life: ok({ of: 'certificate', endsAt: now + 300 * day, lifeMs: 365 * day }),
    ...over,
  };
}

export const told = ({ problems }: Judged) =>
  problems.map(({ code, severity }) => `${code} ${severity ?? 'own'}`);
