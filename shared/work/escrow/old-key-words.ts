/** What a person is told of a key version that is not in use any more. */
import { type OldKey, undo } from '../recover/old-keys.ts';

export function oldKeyLine({ custodian, keyId, gone, neededBy }: OldKey): string {
  const cut = keyId.lastIndexOf('/');
  const what = `custodian "${custodian}": version ${keyId.slice(cut + 1)} of ${keyId.slice(0, cut)}`;
  if (neededBy.length === 0) {
    return gone === undefined
      ? `${what} is no longer needed: export again where files from before are kept (sealwatch escrow export), then disable it in Key Vault`
      : `${what} is ${gone}, and nothing needs it any more`;
  }
  const needs = `still needed by ${neededBy.join('; and by ')}`;
  return gone === undefined
    ? `${what} is not in use here, and ${needs}`
    : `${what} is ${gone.toUpperCase()} (as last looked at), and ${needs}: ${undo[gone]}`;
}
