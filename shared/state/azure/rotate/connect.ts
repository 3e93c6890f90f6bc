/** The rotate app's state in one Azure storage account: Tables, Queues. */
import type { Clock } from '../../../clock.ts';
import type { RotateState } from '../../rotate-ports.ts';
import { createCall } from '../calls.ts';
import { createClients, type StateSettings } from '../clients.ts';
import { connectNudges } from '../nudges.ts';
import { prepareAccount } from '../prepare.ts';
import { connectReadiness } from './readiness.ts';

/**
 * Reaches for nothing before the first call, which also loads the SDKs. Calls reject with StateError.
 *
 * @throws StateError `insecure` for plain HTTP to anything but loopback
 */
export function connectRotateState(settings: StateSettings, clock: Clock): RotateState {
  const clients = createClients(settings);
  const call = createCall(clock);
  return {
    readiness: connectReadiness(clients, call),
    nudges: connectNudges(clients, call),
    prepare: () =>
      prepareAccount(clients, call, {
        tables: ['readiness'],
        containers: [],
        queues: ['turns', 'turns-poison', 'probe', 'probe-poison'],
      }),
  };
}
