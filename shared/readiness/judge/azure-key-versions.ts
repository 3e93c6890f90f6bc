/** What else can make undecryptable what a cluster was sealed with: older versions, and how a key can be deleted. Pure. */
import type { KeyVersion } from '../exercise/azure-exercise.ts';
import type { ReadinessProblem } from '../readiness.ts';

interface Risk extends Pick<ReadinessProblem, 'severity' | 'summary' | 'evidence' | 'advice'> {
  /** A node that restarts now may already find it shut. */
  isNow: boolean;
}

/**
 * Vault unwraps with the version that wrapped, and wraps anew at the next restart or change of leader (VAULT-FACTS,
 * azurekeyvault seal): what became of a version before the last one, only snapshots can need. One problem, the worst first.
 */
export function keyVersionsRisk(key: string, newest: KeyVersion, versions: KeyVersion[]): Risk | undefined {
  const older = versions
    .filter(({ version }) => version !== newest.version)
    .toSorted((a, b) => (b.createdAt ?? 0) - (a.createdAt ?? 0));
  const shut = older.filter(({ enabled }) => !enabled);
  const [last] = older;
  const level = newest.recoveryLevel ?? '';
  const risks: Risk[] = [];
  if (last && !last.enabled) {
    risks.push({
      isNow: true,
      severity: 'warning',
      summary: `the version of key ${key} before the newest one is disabled: what was sealed with it cannot be opened`,
      evidence: [`Version ${last.version} of key ${key} is disabled.`],
      advice:
        'Enable it, make the cluster wrap anew with the newest one (a step-down or restart of its leader), then disable it.',
    });
  }
  const old = shut.filter((version) => version !== last);
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
      ],
      advice: 'Keep old versions enabled until no kept snapshot needs them.',
    });
  }
  if (level === 'Purgeable') {
    risks.push({
      isNow: false,
      severity: 'warning',
      summary: `key ${key} is gone for ever once it is deleted: its vault has no soft delete`,
      evidence: [`recoveryLevel of key ${key}: ${level}.`],
      advice: 'Turn on soft delete and purge protection of the vault.',
    });
  } else if (level.includes('Purgeable')) {
    risks.push({
      isNow: false,
      severity: 'info',
      summary: `key ${key} can be deleted and purged: its vault has no purge protection`,
      evidence: [`recoveryLevel of key ${key}: soft delete without purge protection.`],
      advice:
        'Turn on purge protection of the vault: it cannot be turned off again, nor can the key be purged.',
    });
  }
  const [worst] = risks.toSorted((a, b) => rank(a) - rank(b));
  return worst && { ...worst, evidence: risks.flatMap(({ evidence }) => evidence) };
}

function rank({ isNow, severity }: Risk): number {
  return isNow ? 0 : severity === 'warning' ? 1 : 2;
}
