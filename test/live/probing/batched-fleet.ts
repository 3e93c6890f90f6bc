/** Some real clusters in one fleet.yaml that is swept in batches of one, by worker processes on one storage account. */
import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';
import { stringify } from 'yaml';
import { z } from 'zod';
import { startAzurite } from '../../../cli/start/azurite.ts';
import { systemClock } from '../../../shared/compose/clock.ts';
import { prepareStorage } from '../../../shared/compose/prepare.ts';
import type { ClusterObservation } from '../../../shared/probe/observation.ts';
import { connectState } from '../../../shared/state/azure/connect.ts';
import type { Batch, State } from '../../../shared/state/ports.ts';
import { inShare } from '../../../shared/state/share.ts';
import { startChatReceiver } from '../../fakes/chat/receiver.ts';
import { ownFolder, ownProcess, removeFolder } from '../../servers/owned-processes.ts';
import { startQueueProxy } from '../../servers/queue-proxy.ts';
import { setupProbeLogin } from '../../servers/vault-logins.ts';
import { entryOf, startHealthyCluster, type WatchedCluster } from './watched-cluster.ts';

/** The functions' own: it says how often sweeps are meant to be. */
const schedule = '*/3 * * * * *';
const never = '0 0 0 29 2 *';

interface Observations {
  clusters: ClusterObservation[];
}

export interface Worker {
  /** What it writes into rows that it claims. */
  id: string;
  /** Its timer comes now. Resolves when that run ended, however it did. */
  tick(): Promise<void>;
  /** While it is away from the queue of batches, it takes none. */
  away: boolean;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** As the platform takes an instance away: no more triggers, and what runs comes to its end. */
  stop(): Promise<void>;
}

export interface BatchedFleet {
  clusters: Map<string, WatchedCluster>;
  state: State;
  startWorker(options: { timer: boolean }): Promise<Worker>;
  /** Records of all workers' logs. */
  logged: Record<string, unknown>[];
  /** Rows of all batches, each with the name of its only cluster. */
  rows(): Promise<{ cluster: string; batch: Batch; etag: string }[]>;
  /** What the blobs of container `observations` hold, by the blobs' names. */
  blobs(): Promise<Map<string, ClusterObservation[]>>;
  /** What people were told, in order: `CLUSTER CHANGE CODE SUBJECT`, as in `fleet fired sweep-gap orders`. */
  told(): string[];
  put(queue: string, message: string): Promise<void>;
  /** Removes all messages, those that a worker died with among them: they are hidden for ten minutes. */
  clear(queue: string): Promise<void>;
  /** How many messages there are, those that somebody works on among them. */
  waiting(queue: string): Promise<number>;
  close(): Promise<void>;
}

export async function startBatchedFleet(names: string[]): Promise<BatchedFleet> {
  const folder = mkdtempSync(join(tmpdir(), 'sealwatch-batched-'));
  ownFolder(folder);
  const ends: (() => Promise<void>)[] = [async () => removeFolder(folder)];
  const close = async (): Promise<void> => {
    for (const end of ends.splice(0).toReversed()) await end();
  };
  try {
    return { ...(await begin(folder, names, ends)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function begin(
  folder: string,
  names: string[],
  ends: (() => Promise<void>)[],
): Promise<Omit<BatchedFleet, 'close'>> {
  const azurite = await startAzurite();
  ends.push(() => azurite.close());
  const { connectionString } = azurite;
  await prepareStorage(connectionString);
  const receiver = await startChatReceiver();
  ends.push(() => receiver.close());
  const env: Record<string, string> = {
    SEALWATCH_FLEET: join(folder, 'fleet.yaml'),
    SEALWATCH_SCHEDULE: schedule,
    SEALWATCH_ENDPOINT_HOSTS: new URL(receiver.url('webhook')).host,
    SEALWATCH_SECRET_HOOK: receiver.url('webhook'),
    SEALWATCH_SECRET_KEY: `whsec_${randomBytes(24).toString('base64')}`,
  };
  const clusters = new Map<string, WatchedCluster>();
  const entries: Record<string, unknown> = {};
  const started = await Promise.allSettled(
    names.map(async (name) => {
      const cluster = await startHealthyCluster({ name, nodes: 1, fastElections: true });
      ends.push(() => cluster.close());
      const { roleId, secretId } = await setupProbeLogin(cluster);
      const secret = `SEALWATCH_SECRET_${name.toUpperCase()}`;
      env[secret] = secretId;
      clusters.set(name, cluster);
      entries[name] = entryOf(cluster, { login: { method: 'approle', roleId, secretId: `env:${secret}` } });
    }),
  );
  const [refused] = started.filter((each) => each.status === 'rejected');
  if (refused) throw refused.reason;
  writeFileSync(join(folder, 'fleet.yaml'), fleetText(entries));

  const state = connectState({ connectionString }, systemClock);
  const observations =
    BlobServiceClient.fromConnectionString(connectionString).getContainerClient('observations');
  const queues = QueueServiceClient.fromConnectionString(connectionString);
  const logged: Record<string, unknown>[] = [];
  return {
    clusters,
    state,
    logged,
    async startWorker({ timer }) {
      const gate = { away: false };
      const proxy = await startQueueProxy(connectionString, ({ method, path }) =>
        gate.away && method === 'GET' && path === '/probe/messages' ? 403 : undefined,
      );
      ends.push(() => proxy.close());
      const program = fileURLToPath(new URL('./watch-worker.ts', import.meta.url));
      const child = fork(program, [timer ? schedule : never], {
        env: { ...env, SEALWATCH_STORAGE: proxy.connectionString },
        execArgv: [],
        stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      });
      ownProcess(child);
      return workerIn(child, gate, logged, ends);
    },
    async rows() {
      const { batches } = await state.batches.list();
      return batches.map(({ value: batch, etag }) => ({ cluster: onlyIn(batch, names), batch, etag }));
    },
    async blobs() {
      const found = new Map<string, ClusterObservation[]>();
      for await (const { name } of observations.listBlobsFlat()) {
        if (!name.endsWith('.json')) continue;
        // One request: never half of one blob and half of the next.
        const { readableStreamBody } = await observations.getBlobClient(name).download();
        found.set(name, ((await json(readableStreamBody as Readable)) as Observations).clusters);
      }
      return found;
    },
    told: () => receiver.received.flatMap(({ body }) => changesOf(body)),
    async put(queue, message) {
      await queues.getQueueClient(queue).sendMessage(message);
    },
    async clear(queue) {
      await queues.getQueueClient(queue).clearMessages();
    },
    async waiting(queue) {
      return (await queues.getQueueClient(queue).getProperties()).approximateMessagesCount ?? 0;
    },
  };
}

async function workerIn(
  child: ChildProcess,
  gate: { away: boolean },
  logged: Record<string, unknown>[],
  ends: (() => Promise<void>)[],
): Promise<Worker> {
  const exited = once(child, 'exit');
  const end = async (act: () => void): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) act();
    await exited;
  };
  const kill = () => end(() => child.kill('SIGKILL'));
  ends.push(kill);
  if (child.stdout) {
    // One that is killed may leave half a line.
    createInterface(child.stdout).on('line', (line) => line.endsWith('}') && logged.push(JSON.parse(line)));
  }
  const reply = async (): Promise<unknown> => {
    const [said] = (await Promise.race([once(child, 'message'), exited.then(() => [])])) as unknown[];
    if (said === undefined) throw new Error(`a worker ended: ${JSON.stringify(logged.slice(-3))}`);
    return said;
  };
  return Object.assign(gate, {
    id: String(await reply()),
    async tick() {
      child.send('tick');
      await reply();
    },
    kill,
    stop: () => end(() => child.disconnect()),
  });
}

const Event = z.object({
  data: z.object({
    cluster: z.string(),
    changes: z.array(
      z.object({
        change: z.string(),
        code: z.string(),
        subject: z.object({ kind: z.string(), name: z.string().optional() }),
      }),
    ),
  }),
});

function changesOf(body: unknown): string[] {
  const { cluster, changes } = Event.parse(body).data;
  return changes.map(
    ({ change, code, subject: { name, kind } }) => `${cluster} ${change} ${code} ${name ?? kind}`,
  );
}

function onlyIn({ share }: Batch, names: string[]): string {
  const its = names.filter(inShare(share));
  if (its.length !== 1) throw new Error(`a batch of one cluster has ${its.join(' and ') || 'none'}`);
  return its.join('');
}

function fleetText(clusters: Record<string, unknown>): string {
  return stringify({
    version: 1,
    probe: { batches: { from: 1, clusters: 1 } },
    alerts: { pending: { critical: '0s', warning: '0s', info: '0s' } },
    channels: {
      pager: { kind: 'webhook', url: 'env:SEALWATCH_SECRET_HOOK', signingKeys: ['env:SEALWATCH_SECRET_KEY'] },
    },
    clusters,
  });
}
