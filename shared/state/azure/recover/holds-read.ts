/** Holds for another app: read, and nothing else of recover's with them. */
import type { Clock } from '../../../clock.ts';
import type { Holds } from '../../recover-ports.ts';
import { createCall } from '../calls.ts';
import { createClients, type StateSettings } from '../clients.ts';
import { connectHolds } from './holds.ts';

/**
 * Reaches for nothing before the first call, which also loads the SDKs. Calls reject with StateError.
 *
 * @throws StateError `insecure` for plain HTTP to anything but loopback
 */
export function readHolds(settings: StateSettings, clock: Clock): Pick<Holds, 'of'> {
  const holds = connectHolds(createClients(settings), createCall(clock));
  return { of: (cluster) => holds.of(cluster) };
}
