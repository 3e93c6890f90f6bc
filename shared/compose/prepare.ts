/** Tables, containers and queues of one machine's storage: on Azure the deployment makes them (infra/). */
import { randomUUID } from 'node:crypto';
import { connectState } from '../state/azure/connect.ts';
import { connectRecoverState } from '../state/azure/recover/connect.ts';
import { connectRotateState } from '../state/azure/rotate/connect.ts';
import { systemClock } from './clock.ts';

/**
 * Makes what the three apps need and the account lacks. What is there stays as it is.
 *
 * @throws StateError when the account does not answer or refuses.
 */
export async function prepareStorage(connectionString: string): Promise<void> {
  await connectState({ connectionString }, systemClock).prepare();
  await connectRecoverState({ connectionString }, systemClock, randomUUID).prepare();
  await connectRotateState({ connectionString }, systemClock, randomUUID).prepare();
}
