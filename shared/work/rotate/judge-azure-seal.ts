/** One cluster's azurekeyvault seal: exercised with its own credential, and judged. */
import type { AzureKeyVaultSeal } from '../../fleet/fleet.ts';
import { exerciseAzureKeyVault } from '../../readiness/exercise/azure-key-vault.ts';
import { judgeAzureKeyVault } from '../../readiness/judge/azure-key-vault.ts';
import { notExercised } from '../../readiness/judge/unknown.ts';
import type { Judged } from '../../readiness/readiness.ts';
import type { RotateDeps } from './deps.ts';

/** For one request to Entra or Key Vault, ms. */
const timeoutMs = 8_000;

export async function judgeByKeyVault(
  { azureSeal, clock, random }: Pick<RotateDeps, 'azureSeal' | 'clock' | 'random'>,
  seal: AzureKeyVaultSeal,
): Promise<Judged> {
  const access = await azureSeal(seal);
  if (!access.ok) return notExercised(access.why);
  const exercise = await exerciseAzureKeyVault({ ...access.ports, clock, random, timeoutMs });
  return judgeAzureKeyVault(exercise, clock.now());
}
