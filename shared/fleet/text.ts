/** Bytes of fleet.yaml → its text, wherever they come from. */

export type FleetUnreadableCode =
  | 'denied'
  | 'missing'
  | 'not-utf-8'
  | 'refused'
  | 'too-large'
  | 'unavailable';

/** Why fleet.yaml as it is now cannot be had; the message names the fix, and nothing that a storage client said. */
export class FleetUnreadable extends Error {
  override readonly name = 'FleetUnreadable';
  readonly code: FleetUnreadableCode;

  constructor(code: FleetUnreadableCode, fix: string) {
    super(fix);
    this.code = code;
  }
}

/**
 * A byte order mark stays, for the hash of a file does not depend on where it lies.
 *
 * @throws FleetUnreadable `not-utf-8`: replaced characters could make another name of one.
 */
export function fleetText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new FleetUnreadable('not-utf-8', 'it is not UTF-8 text: save it as UTF-8, and not compressed');
  }
}
