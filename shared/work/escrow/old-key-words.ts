/** What a person is told of a key version that is not in use any more. */
import type { OldKey } from '../recover/old-keys.ts';

export function oldKeyLine({ custodian, keyId, neededBy }: OldKey): string {
  const cut = keyId.lastIndexOf('/');
  const what = `custodian "${custodian}": version ${keyId.slice(cut + 1)} of ${keyId.slice(0, cut)}`;
  return neededBy.length === 0
    ? `${what} is no longer needed: export again where files from before are kept (sealwatch escrow export), then disable it in Key Vault`
    : `${what} is not in use here, and still needed by ${neededBy.join('; and by ')}`;
}
