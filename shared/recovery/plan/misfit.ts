/** What a sealed node says of itself that makes our shares none of its own, whoever asks. */
import type { Seal } from '../../fleet/fleet.ts';
import type { PlanInput, RefusalCode } from '../recovery.ts';
import type { SealedSight } from './picture.ts';

interface Misfit {
  code: Extract<RefusalCode, 'seal-migration' | 'auto-unseal' | 'escrow-bad'>;
  /** After the node's name. */
  says: string;
  remedy: string;
}

/** During a migration seal-status shows the new type already: it comes before the type. */
export function misfit(
  { cluster, generation }: Pick<PlanInput, 'cluster' | 'generation'>,
  { state: { seal } }: SealedSight,
): Misfit | undefined {
  if (seal.migration === true) {
    return {
      code: 'seal-migration',
      says: 'a seal migration is pending, and automation never takes part in one',
      remedy:
        'Finish the migration by hand: vault operator unseal -migrate on the standbys first, on the active node last.',
    };
  }
  if (seal.recovery_seal === true || seal.type !== 'shamir') {
    return {
      code: 'auto-unseal',
      says: 'sealed by a seal provider, which shares cannot replace',
      remedy: providerRemedy(cluster.seal.type === 'shamir' ? { type: 'other' } : cluster.seal),
    };
  }
  // Shares that are of no use to any node say nothing of this one.
  if (generation.state !== 'ready' || seal.t === 0) return undefined;
  const { row, kind, trustChanged, threshold, count } = generation;
  if (kind !== 'unseal' || row.bad || trustChanged.length > 0) return undefined;
  if (seal.t === threshold && seal.n === count) return undefined;
  return {
    code: 'escrow-bad',
    says: `takes ${seal.t} of ${seal.n} shares, and generation ${row.generation}.${row.revision} holds ${threshold} of ${count}: it was rekeyed`,
    remedy: reimport(cluster.name),
  };
}

export function reimport(cluster: string): string {
  return `Import the shares in force: sealwatch escrow import --cluster ${cluster}. Until then, unseal by hand.`;
}

export function providerRemedy(seal: Seal): string {
  const restart =
    'then start the nodes again: a Vault that cannot reach its seal provider exits at its start.';
  switch (seal.type) {
    case 'transit':
      return `Bring back its provider ${seal.provider} and check the seal's token, ${restart}`;
    case 'azurekeyvault':
      return `Check the Key Vault key, its network rules and the identity or secret that the nodes use, ${restart}`;
    default:
      return `Bring back what seals it and check the credential that the nodes use for it, ${restart}`;
  }
}
