/** One cluster's azurekeyvault seal: exercised with its own credential, looked at with Sealwatch's, and judged. */
import type { AzureKeyVaultSeal } from '../../fleet/fleet.ts';
import { OutOfTime, within } from '../../fleet/within.ts';
import type { AzureExercise, AzureFailure, CredentialLife } from '../../readiness/exercise/azure-exercise.ts';
import { exerciseAzureKeyVault } from '../../readiness/exercise/azure-key-vault.ts';
import type { AskLeaderSince } from '../../readiness/exercise/leader-since.ts';
import { judgeAzureKeyVault } from '../../readiness/judge/azure-key-vault.ts';
import { notExercised } from '../../readiness/judge/unknown.ts';
import type { Judged, Tried } from '../../readiness/readiness.ts';
import type { AzureSealAccess, RotateDeps } from './deps.ts';

/** For one request to Entra or Key Vault, ms. */
const timeoutMs = 8_000;

/** For all of it, ms: below what a cluster has (./exercise-all.ts), so that a hang is told for what it is. */
const allMs = 42_000;

/** For what Microsoft Graph, or Azure Resource Manager, says beside, ms. */
const besideMs = 30_000;

export async function judgeByKeyVault(
  { azureSeal, clock, random }: Pick<RotateDeps, 'azureSeal' | 'clock' | 'random'>,
  seal: AzureKeyVaultSeal,
  leaderSince?: AskLeaderSince,
): Promise<Judged> {
  const endsAt = clock.elapsed() + allMs;
  const access = await azureSeal(seal);
  if (!access.ok) return notExercised(access.why);
  const [exercise, beside] = await Promise.all([
    exerciseAzureKeyVault({
      ...access.ports,
      ...(leaderSince && { leaderSince }),
      clock,
      random,
      timeoutMs,
      endsAt,
    }),
    lookBeside(access, clock),
  ]);
  return judgeAzureKeyVault({ ...exercise, ...beside }, clock.now());
}

/** A right that Sealwatch lacks there says nothing of the seal. */
async function lookBeside(
  { secretLife, atVault }: Extract<AzureSealAccess, { ok: true }>,
  clock: RotateDeps['clock'],
): Promise<Pick<AzureExercise, 'atVault'> & Partial<Pick<AzureExercise, 'life'>>> {
  const [life, facts] = await Promise.all([
    secretLife && inTime<CredentialLife, AzureFailure>('timeout', 'graph.microsoft.com', secretLife, clock),
    atVault && inTime('timeout', 'management.azure.com', atVault.read, clock),
  ]);
  return {
    ...(life && { life }),
    ...(atVault && facts && { atVault: { vaultId: atVault.vaultId, facts } }),
  };
}

async function inTime<T, Code extends string>(
  code: Code,
  who: string,
  ask: () => Promise<Tried<T, Code>>,
  clock: RotateDeps['clock'],
): Promise<Tried<T, Code>> {
  try {
    return await within(besideMs, clock, ask);
  } catch (error) {
    if (!(error instanceof OutOfTime)) throw error;
    return { ok: false, code, detail: `${who} did not answer in time` };
  }
}
