/** Which of readiness' codes a seal of each type can have at all: the others end when the seal is changed. */
import type { FindingCode } from '../../finding.ts';
import type { Seal } from '../../fleet/fleet.ts';
import { sealEntryHash } from '../../people/fleet-entry.ts';
import { type Readiness, type ReadinessCode, readinessCodes } from '../../readiness/readiness.ts';

const ofSeal: Record<Seal['type'], readonly ReadinessCode[]> = {
  shamir: ['escrow-not-ready', 'readiness-unknown'],
  transit: readinessCodes.filter(
    (code) => !['escrow-not-ready', 'seal-secret-expiring', 'seal-key-expiring'].includes(code),
  ),
  azurekeyvault: [
    'seal-not-ready',
    'seal-secret-expiring',
    'seal-key-expiring',
    'seal-key-version-at-risk',
    'seal-token-too-wide',
    'readiness-unknown',
  ],
  // Nobody can do anything about it: `sealwatch readiness` shows that it is unknown, and no alert stays open for ever.
  other: [],
};

const all: ReadonlySet<FindingCode> = new Set<FindingCode>(readinessCodes);

export function readinessCodesOf({ type }: Seal): readonly ReadinessCode[] {
  return ofSeal[type];
}

/** Whether anybody would ever judge this code of a cluster with this seal. Codes of other judges are not our business. */
export function isReadinessOf(code: FindingCode, { type }: Seal): boolean {
  return !all.has(code) || ofSeal[type].some((own) => own === code);
}

/** Whether a row was exercised for the seal that fleet.yaml has now: another token, key or vault is another seal. */
export function isOfSeal(row: Pick<Readiness, 'seal' | 'sealEntry'>, seal: Seal): boolean {
  if (row.seal !== seal.type) return false;
  return row.sealEntry === undefined || row.sealEntry === sealEntryHash(seal);
}
