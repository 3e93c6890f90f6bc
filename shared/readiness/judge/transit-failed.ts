/** Why a transit seal's own token and key did not do, as closely as what else was asked can tell. Pure. */
import type { Seal } from '../../fleet/fleet.ts';
import type { TransitExercise } from '../exercise/transit-exercise.ts';

type TransitSeal = Extract<Seal, { type: 'transit' }>;

/** One line: what is wrong, and what mends it. */
export function whyFailed(seal: TransitSeal, exercise: TransitExercise): string {
  const { roundTrip, key } = exercise;
  if (roundTrip.ok) return '';
  const { code, detail } = roundTrip;
  if (code === 'key-missing' || (!key.ok && key.code === 'key-missing'))
    return `transit key ${seal.key} of ${seal.provider} is gone: ${key.ok ? detail : key.detail}`;
  if (code === 'encrypt-denied') return `${detail}: ${whyDenied('encrypt', seal, exercise)}`;
  if (code === 'decrypt-denied') return `${detail}: ${whyDenied('decrypt', seal, exercise)}`;
  return detail;
}

/** Vault says "permission denied" of a dead token, of a policy that lacks the path, and of a key that is not there. */
function whyDenied(
  operation: 'encrypt' | 'decrypt',
  { mount, key, provider }: TransitSeal,
  { token, rights }: TransitExercise,
): string {
  const path = `${mount}/${operation}/${key}`;
  const line = `path "${path}" { capabilities = ["update"] }`;
  if (!token.ok && token.code === 'denied')
    return `${provider} does not know the seal's token any more, it was revoked or has expired (or it lacks both the policy default and ${line})`;
  if (!rights.ok) return `its policy lacks ${line}, or the key is gone`;
  const may = rights.value[path] ?? [];
  if (!may.includes('update') && !may.includes('root')) return `its policy lacks ${line}`;
  return `its policy allows it, so transit key ${key} of ${provider} is gone`;
}
