/** An azurekeyvault seal's rights at its vault, as a part of its readiness. Pure. */
import type { AzureExercise } from '../exercise/azure-exercise.ts';
import type { Judged } from '../readiness.ts';
import { judgeRights } from './vault-rights.ts';

interface RightsPart extends Pick<Judged, 'evidence' | 'problems' | 'unjudged'> {
  /** What is missing: a node that starts does not unseal. Only where no exercise says otherwise. */
  lacks?: string;
}

const code = 'seal-token-too-wide';

export function judgeAtVault({ atVault, key, vault, works, indirect }: AzureExercise): RightsPart {
  const unjudged = (why: string, evidence: string[] = []): RightsPart => ({
    evidence,
    problems: [],
    unjudged: { [code]: why },
  });
  const unsaid =
    'what the identity that the nodes sign in with may do is not looked at: set seal.vaultId and seal.principal';
  if (!atVault) return unjudged(unsaid);
  const { facts, vaultId } = atVault;
  if (!facts.ok) return unjudged(facts.detail, [`${sentence(facts.detail)}.`]);
  const { rights } = facts.value;
  if (!rights) return unjudged(unsaid);
  if (!rights.ok) return unjudged(rights.detail, [`${sentence(rights.detail)}.`]);
  const { missing, wide, evidence } = judgeRights(rights.value, { vaultId, key });
  const line = `Missing: ${missing.join(', ')}`;
  const isRefuted = missing.length > 0 && !indirect && works.ok;
  return {
    evidence: [
      ...evidence,
      ...(missing.length > 0 ? [`${line}.`] : []),
      ...(isRefuted
        ? [
            'Yet the credential works: is seal.principal the object id of the identity that the nodes sign in with?',
          ]
        : []),
    ],
    problems:
      wide.length === 0
        ? []
        : [
            {
              code,
              summary: `the identity that the seal signs in with may do more at ${vault} than get, wrap and unwrap with its key`,
              evidence: wide.slice(0, 20),
              advice:
                'Leave it the role Key Vault Crypto Service Encryption User on the key alone, or get, wrapKey and unwrapKey in its access policy.',
            },
          ],
    unjudged: {},
    ...(missing.length > 0 &&
      indirect && {
        lacks: `the nodes' identity (seal.principal) lacks ${missing.join(', ')} at ${vault}: the role Key Vault Crypto Service Encryption User on the key has what a seal needs`,
      }),
  };
}

function sentence(text: string): string {
  return `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}`;
}
