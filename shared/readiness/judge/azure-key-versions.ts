/** What else can make undecryptable what a cluster was sealed with: older versions, and how a key can be deleted. Pure. */
import type { KeyVersion } from '../exercise/azure-exercise.ts';
import type { ReadinessProblem } from '../readiness.ts';
import { settledMs } from './life.ts';

interface Risk extends Pick<ReadinessProblem, 'severity' | 'summary' | 'evidence' | 'advice'> {
  /** A node that restarts now may already find it shut. */
  isNow: boolean;
}

/**
 * Vault unwraps with the version that wrapped, and wraps anew at the next restart or change of leader (VAULT-FACTS,
 * azurekeyvault seal): what became of a version before the last one, only snapshots can need. To disable
 * that one too is the right end of a rotation: so it is no risk for ever. One problem, the worst first.
 *
 * @param now ms.
 */
export function keyVersionsRisk(
  key: string,
  newest: KeyVersion,
  versions: KeyVersion[],
  now: number,
): Risk | undefined {
  const older = versions
    .filter(({ version }) => version !== newest.version)
    .toSorted((a, b) => (b.createdAt ?? 0) - (a.createdAt ?? 0));
  const shut = older.filter(({ enabled }) => !enabled);
  const [last] = older;
  const level = newest.recoveryLevel ?? '';
  const risks: Risk[] = [];
  const isSettled = newest.createdAt !== undefined && now - newest.createdAt >= settledMs;
  const early = isSettled ? undefined : shut.find((version) => version === last);
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
        ...(old.some((version) => version === last)
          ? [
              'Whoever had no new leader and no restart since the newest version was made still needs the one before it.',
            ]
          : []),
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
