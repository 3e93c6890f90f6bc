/** Makes the tables, containers and queues that are missing; for the embedded host, Azure's are made by infra. */
import { type Call, failure } from './calls.ts';
import type { Clients } from './clients.ts';

export interface Needed {
  tables: string[];
  containers: string[];
  queues: string[];
}

/** May be called again. @throws StateError */
export async function prepareAccount(clients: Clients, call: Call, needed: Needed): Promise<void> {
  const account = await clients.tableAccount();
  await Promise.all([
    ...needed.tables.map((name) =>
      call(`table ${name}`, (abortSignal) =>
        account.createTable(name, { abortSignal }).catch((error: unknown) => ignoreExisting(error)),
      ),
    ),
    ...needed.containers.map((name) =>
      call(`container ${name}`, async (abortSignal) =>
        (await clients.container(name)).createIfNotExists({ abortSignal }),
      ),
    ),
    ...needed.queues.map((name) =>
      call(`queue ${name}`, async (abortSignal) =>
        (await clients.queue(name)).createIfNotExists({ abortSignal }),
      ),
    ),
  ]);
}

function ignoreExisting(error: unknown): void {
  if (failure(error).status !== 409) throw error;
}
