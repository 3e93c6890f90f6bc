import type { Path } from './problem.ts';
import { quote } from './problem.ts';

const hidden = new Set([
  'token',
  'secretId',
  'roleId',
  'clientKey',
  'clientSecret',
  'secret',
  'clientCertificate',
  'ca',
  'signingKeys',
  'url',
  'passphrase',
]);

/** A value for people to see in a problem; undefined where it is, or could well be, a secret. */
export function shown(path: Path, source: string | undefined, quoted = true): string | undefined {
  if (source === undefined || source.length > 60 || path.some((part) => hidden.has(String(part))))
    return undefined;
  // Vault tokens, signing keys and PEM, in a field where nobody expects them.
  if (/\b(hv[sbr]\.|whsec_)|-----/.test(source)) return undefined;
  const isAddress = path.includes('nodes');
  if (/[@?#]/.test(source) || (source.includes('://') && !isAddress)) return undefined;
  return quoted ? quote(source) : source;
}
