/** Addresses that are never connected to, whatever name led there (rule 16). Of no room: Vault and chat both ask it. */
import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';

export interface AddressRule {
  /** Link-local addresses at least: instance metadata, which hands out tokens, lives there. */
  isRefusedAddress: (address: string) => boolean;
  /** Replaces the system's resolver. */
  lookup?: LookupFunction;
}

/** A name that leads to an address which is never called; each room puts it into its own words. */
export class RefusedAddress extends Error {
  override readonly name = 'RefusedAddress';
  readonly code = 'REFUSED_ADDRESS';
}

/** Checks what a name resolves to at the moment of connecting: checked earlier, it could change in between. */
export function guardedLookup({ isRefusedAddress, lookup = systemLookup }: AddressRule): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, options, (error, address, family) => {
      if (error) return callback(error, address, family);
      const addresses = typeof address === 'string' ? [address] : address.map((entry) => entry.address);
      if (addresses.some(isRefusedAddress)) return callback(new RefusedAddress(), '', 0);
      return callback(null, address, family);
    });
  };
}

/** A literal address is never looked up. */
export function isRefusedLiteral(hostname: string, { isRefusedAddress }: AddressRule): boolean {
  const literal = hostname.replace(/^\[|\]$/g, '');
  return isIP(literal) !== 0 && isRefusedAddress(literal);
}
