/** SDK clients of one storage account, made on first use: loading the SDKs is most of a cold start. */
import type { TableClient, TableServiceClient } from '@azure/data-tables';
import type { TokenCredential } from '@azure/identity';
import type { ContainerClient } from '@azure/storage-blob';
import type { QueueClient } from '@azure/storage-queue';
import { StateError } from '../errors.ts';

export type StateSettings =
  | { connectionString: string }
  | {
      /** `https://ACCOUNT.table.core.windows.net` and its like. */
      accountUrls: { table: string; blob: string; queue: string };
      credential: TokenCredential;
    };

export interface Clients {
  tableAccount(): Promise<TableServiceClient>;
  table(name: string): Promise<TableClient>;
  container(name: string): Promise<ContainerClient>;
  queue(name: string): Promise<QueueClient>;
}

// A sweep has a deadline of its own: better to fail soon and be told than to wait for a storage account.
const tableRetries = { retryOptions: { maxRetries: 2, retryDelayInMs: 300, maxRetryDelayInMs: 3000 } };
const storageRetries = { retryOptions: { maxTries: 3, retryDelayInMs: 300, maxRetryDelayInMs: 3000 } };

/** @throws StateError `insecure` for plain HTTP to anything but loopback */
export function createClients(settings: StateSettings): Clients {
  const insecure = checkTransport(settings);
  const tableOptions = { ...tableRetries, allowInsecureConnection: insecure };
  return {
    tableAccount: once(async () => {
      const sdk = await import('@azure/data-tables');
      return 'connectionString' in settings
        ? sdk.TableServiceClient.fromConnectionString(settings.connectionString, tableOptions)
        : new sdk.TableServiceClient(settings.accountUrls.table, settings.credential, tableOptions);
    }),
    table: oncePerName(async (name) => {
      const sdk = await import('@azure/data-tables');
      return 'connectionString' in settings
        ? sdk.TableClient.fromConnectionString(settings.connectionString, name, tableOptions)
        : new sdk.TableClient(settings.accountUrls.table, name, settings.credential, tableOptions);
    }),
    container: oncePerName(async (name) => {
      const { BlobServiceClient } = await import('@azure/storage-blob');
      const account =
        'connectionString' in settings
          ? BlobServiceClient.fromConnectionString(settings.connectionString, storageRetries)
          : new BlobServiceClient(settings.accountUrls.blob, settings.credential, storageRetries);
      return account.getContainerClient(name);
    }),
    queue: oncePerName(async (name) => {
      const { QueueServiceClient } = await import('@azure/storage-queue');
      const account =
        'connectionString' in settings
          ? QueueServiceClient.fromConnectionString(settings.connectionString, storageRetries)
          : new QueueServiceClient(settings.accountUrls.queue, settings.credential, storageRetries);
      return account.getQueueClient(name);
    }),
  };
}

/** Whether plain HTTP is used, which is for Azurite on this machine only. */
function checkTransport(settings: StateSettings): boolean {
  const urls =
    'connectionString' in settings
      ? endpoints(settings.connectionString)
      : Object.values(settings.accountUrls);
  let insecure = false;
  for (const url of urls) {
    if (!URL.canParse(url)) {
      throw new StateError('insecure', 'storage settings name an endpoint that is not a URL: use https://…');
    }
    const { protocol, hostname } = new URL(url);
    if (protocol === 'https:') continue;
    if (!/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)) {
      throw new StateError(
        'insecure',
        `storage at ${hostname} is not https: plain HTTP is for loopback only.`,
      );
    }
    insecure = true;
  }
  return insecure;
}

function endpoints(connectionString: string): string[] {
  if (/UseDevelopmentStorage=true/i.test(connectionString)) return ['http://127.0.0.1'];
  const named = [...connectionString.matchAll(/(?:Table|Blob|Queue)Endpoint=([^;]+)/gi)].map(
    (match) => match[1] ?? '',
  );
  const scheme = /DefaultEndpointsProtocol=([^;]+)/i.exec(connectionString)?.[1] ?? 'https';
  const suffix = /EndpointSuffix=([^;]+)/i.exec(connectionString)?.[1] ?? 'core.windows.net';
  return named.length > 0 ? named : [`${scheme}://${suffix}`];
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function oncePerName<T>(make: (name: string) => Promise<T>): (name: string) => Promise<T> {
  const made = new Map<string, Promise<T>>();
  return (name) => {
    const client = made.get(name) ?? make(name);
    made.set(name, client);
    return client;
  };
}
