import type { SecretReference } from '../fleet.ts';
import { checkReference, isReference } from '../reference.ts';
import { text } from './text.ts';

const forms = 'env:NAME, file:/path or keyvault:https://VAULT/secrets/NAME';
const pattern = '^(env:[A-Za-z_]|file:/|keyvault:https://)';

/** A secret: only ever a reference to it. */
export function secret(description: string, what = 'a secret') {
  const check = (value: string) =>
    isReference(value)
      ? checkReference(value)
      : `${what} must not be written into this file: refer to it by ${forms}`;
  const json = { description: `${description} A reference: ${forms}.`, pattern };
  return text(json, check, `must be a reference: ${forms}`).transform((value) => value as SecretReference);
}

/** A value that is no secret by itself, or a reference to it. */
export function valueOrReference(description: string, check: (value: string) => string | undefined) {
  const json = { description: `${description} The value, or a reference: ${forms}.` };
  return text(json, (value) => (isReference(value) ? checkReference(value) : check(value)));
}
