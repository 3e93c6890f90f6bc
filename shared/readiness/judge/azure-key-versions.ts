/** What else can make undecryptable what a cluster was sealed with: older versions, and how a key can be deleted. Pure. */
import type { AzureExercise, KeyVersion } from '../exercise/azure-exercise.ts';
import type { ReadinessProblem } from '../readiness.ts';
import { isLeftBehind } from './azure-wrapped-with.ts';
import { settledMs } from './life.ts';

export interface Risk extends Pick<ReadinessProblem, 'severity' | 'summary' | 'evidence' | 'advice'> {
  /** A node that restarts now may already find it shut. */
  isNow: boolean;
}

export interface KeyVersions {
  key: string;
  newest: KeyVersion;
  versions: KeyVersion[];
  /** How it can be deleted, where that is seen. */
  level?: RecoveryLevel | undefined;
  /** Of the cluster's active node, ms, where that is seen. */
  leaderSince?: number | undefined;
  /** Disabled, and told as what it is already: the seal is dead. */
  needed?: KeyVersion[] | undefined;
}

/**
 * Vault unwraps with the version that wrapped, and wraps anew at the next restart or change of leader (VAULT-FACTS,
 * azurekeyvault seal): what became of a version before the last one, only snapshots can need. To disable
 * that one too is the right end of a rotation: so it is no risk for ever. One problem, the worst first.
 *
 * @param now ms.
 */
export function keyVersionsRisk(
  { key, newest, versions, level, leaderSince, needed = [] }: KeyVersions,
  now: number,
): Risk | undefined {
  const older = versions
    .filter(({ version }) => version !== newest.version)
    .toSorted((a, b) => (b.createdAt ?? 0) - (a.createdAt ?? 0));
  const shut = older.filter((one) => !one.enabled && !needed.includes(one));
  const [last] = older;
  const risks: Risk[] = [];
  const isSettled = newest.createdAt !== undefined && now - newest.createdAt >= settledMs;
  const isSpare = last !== undefined && isLeftBehind(last, newest, versions, leaderSince);
  const early = isSettled || isSpare ? undefined : shut.find((version) => version === last);
  if (early) {
    risks.push({
      isNow: true,
      severity: 'warning',
      summary: `the version of key ${key} before the newest one is disabled: what was sealed with it cannot be opened`,
      evidence: [`Version ${early.version} of key ${key} is disabled.`],
      advice:
        'Enable it, then make the cluster wrap anew with the newest one: a step-down of its leader. Leave it enabled meanwhile.',
    });
  }
  const old = shut.filter((version) => version !== early);
  if (old.length > 0) {
    risks.push({
      isNow: false,
      severity: 'info',
      summary: `old versions of key ${key} are disabled: snapshots of their days cannot be restored`,
      evidence: [
        `Disabled: ${old
          .slice(0, 10)
          .map(({ version }) => version)
          .join(', ')}.`,
        ...(!isSpare && old.some((version) => version === last)
          ? [
              'Whoever had no new leader and no restart since the newest version was made still needs the one before it.',
            ]
          : []),
      ],
      advice: 'Keep old versions enabled until no kept snapshot needs them.',
    });
  }
  const deletable = level && deletionRisk(key, level);
  if (deletable) risks.push(deletable);
  const [worst] = risks.toSorted((a, b) => rank(a) - rank(b));
  return worst && { ...worst, evidence: risks.flatMap(({ evidence }) => evidence) };
}

/** Of a key, as Key Vault names it; `of`: whose word it is. */
export interface RecoveryLevel {
  level: string;
  of: string;
}

/** What the key itself says; of one that is not seen, what its vault says. */
export function recoveryLevelOf({ newest, key, atVault }: AzureExercise): RecoveryLevel | undefined {
  if (newest.ok && newest.value.recoveryLevel !== undefined)
    return { level: newest.value.recoveryLevel, of: `recoveryLevel of key ${key}` };
  if (!atVault?.facts.ok) return undefined;
  const { softDelete, purgeProtection } = atVault.facts.value;
  const kept = purgeProtection ? 'Recoverable' : 'Recoverable+Purgeable';
  return { level: softDelete ? kept : 'Purgeable', of: "the vault's resource" };
}

/** Undefined: once deleted it can be brought back, and nobody can purge it before its days are over. */
export function deletionRisk(key: string, { level, of }: RecoveryLevel): Risk | undefined {
  if (level === 'Purgeable') {
    return {
      isNow: false,
      severity: 'warning',
      summary: `key ${key} is gone for ever once it is deleted: its vault has no soft delete`,
      evidence: [`By ${of}: no soft delete.`],
      advice: 'Turn on soft delete and purge protection of the vault.',
    };
  }
  if (!level.includes('Purgeable')) return undefined;
  return {
    isNow: false,
    severity: 'info',
    summary: `key ${key} can be deleted and purged: its vault has no purge protection`,
    evidence: [`By ${of}: soft delete without purge protection.`],
    advice:
      'Turn on purge protection of the vault: it cannot be turned off again, nor can the key be purged.',
  };
}

function rank({ isNow, severity }: Risk): number {
  return isNow ? 0 : severity === 'warning' ? 1 : 2;
}
