/** Blobs that a worker writes over while another process reads them, against Azurite. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Azurite, startAzurite } from '../../cli/start/azurite.ts';
import { systemClock } from '../../shared/compose/clock.ts';
import { connectState } from '../../shared/state/azure/connect.ts';
import type { State, UnreadableRow } from '../../shared/state/ports.ts';
import { anObservation } from '../fakes/state/examples.ts';
import { type QueueProxy, startQueueProxy } from '../servers/queue-proxy.ts';

let azurite: Azurite;
let proxy: QueueProxy;
let writer: State;
let reader: State;
let requests = 0;
/** Before each request of the reader that is about a blob, however many it makes. */
let beforeRequest: () => Promise<void>;
const told: UnreadableRow[] = [];

beforeAll(async () => {
  azurite = await startAzurite();
  writer = connectState(azurite, systemClock);
  await writer.prepare();
  proxy = await startQueueProxy(
    azurite.connectionString,
    async ({ path }) => {
      if (!/^\/observations\/./.test(path)) return undefined;
      requests += 1;
      await beforeRequest();
      return undefined;
    },
    'Blob',
  );
  reader = connectState(proxy, systemClock, (row) => told.push(row));
});
afterAll(async () => {
  await proxy?.close();
  await azurite?.close();
});
beforeEach(() => {
  requests = 0;
});

/** Longer and shorter by turns. */
const sizes = [300, 1, 120, 200, 20, 900];

test('observations that are written over while they are read are those of one time, whole', async () => {
  const clusters = (count: number) => Array.from({ length: count }, () => anObservation());
  let at = 1;
  const write = async () => {
    at += 1;
    await writer.observations.save({ at, clusters: clusters(sizes[at % sizes.length] ?? 0) }, 7);
  };
  await writer.observations.save({ at, clusters: clusters(40) }, 7);
  beforeRequest = write;
  for (const _ of sizes) {
    const observed = await reader.observations.latest();
    expect(observed?.clusters.length).toBe(sizes[(observed?.at ?? 0) % sizes.length]);
  }
  expect(told).toEqual([]);
  expect(requests).toBe(sizes.length);
});

test('the last good fleet.yaml that is written over while it is read is one of them, whole', async () => {
  const texts = sizes.map((size) => `version: 1 # ${'x'.repeat(size)}`);
  let next = 0;
  await writer.lastGood.save('version: 1');
  beforeRequest = async () => {
    await writer.lastGood.save(texts[next % texts.length] ?? '');
    next += 1;
  };
  for (const _ of texts) expect(texts).toContain(await reader.lastGood.read());
  expect(requests).toBe(texts.length);
});
