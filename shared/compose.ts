/**
 * Reads the environment and builds adapters, lazily and per app: the only place that does. Nothing happens at
 * import; the SDKs are loaded when first used.
 */
import { createHash, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { AccessPool } from './compose/access.ts';
import { systemClock } from './compose/clock.ts';
import { createHeartbeat, createSenders } from './compose/endpoints.ts';
import { keepLastGood } from './compose/last-good.ts';
import { tokenSourceFor } from './compose/logins.ts';
import { createCredential, createResolve } from './compose/secrets.ts';
import { type Environment, readSettings, type Settings } from './compose/settings.ts';
import { createFleetSource } from './fleet/source.ts';
import { createLog } from './log/log.ts';
import { Redactor } from './log/redactor.ts';
import { connectState } from './state/azure/connect.ts';
import type { State } from './state/ports.ts';
import type { WatchDeps } from './work/deps.ts';

let composed: WatchDeps | undefined;

/** The watch app's use cases' dependencies, built from this process's environment on the first call. */
export function watch(): WatchDeps {
  composed ??= composeWatch(process.env);
  return composed;
}

/** What tests, the benchmark and the demo put in place of parts of the world. */
export interface Replacements {
  state?: State;
  write?: (line: string) => void;
}

/** @throws SettingsInvalid naming every variable that is missing or wrong. */
export function composeWatch(env: Environment, replacements: Replacements = {}): WatchDeps {
  const settings = readSettings(env);
  const clock = systemClock;
  const redactor = new Redactor();
  // The Functions worker turns console lines into traces.
  const write = replacements.write ?? ((line: string) => console.log(line));
  const log = createLog({ write, clock, level: settings.logLevel, secrets: redactor });
  for (const key of storageKeys(settings)) redactor.add(key);
  const credential = createCredential();
  const resolve = createResolve(env, settings.limits, clock, redactor, credential);
  const pool = new AccessPool({
    clock,
    resolve,
    tokens: (cluster) => tokenSourceFor(cluster, resolve, credential, clock),
    // Two missed sweeps and connections are still warm.
    keepAliveMs: 3 * settings.intervalMs + 10_000,
  });
  const { runbookBase, limits } = settings;
  const endpoints = { limits, resolve, clock, log, ...(runbookBase && { runbookBase }) };
  const state = replacements.state ?? connectState(stateSettings(settings, credential), clock);
  const source = createFleetSource({
    read: () => readFleetFile(settings.fleetPath),
    ...keepLastGood(state.lastGood, log),
    limits: settings.limits,
    fileName: settings.fleetPath,
  });
  return {
    loadFleet: () => source.load(),
    access: (cluster, fleet) => pool.access(cluster, fleet),
    sender: createSenders(endpoints),
    heartbeat: createHeartbeat(endpoints),
    state,
    clock,
    log,
    newId: randomUUID,
    intervalMs: settings.intervalMs,
  };
}

/** What a connection string lets whoever reads it do. */
function storageKeys({ storage }: Settings): string[] {
  if (!('connectionString' in storage)) return [];
  const parts = storage.connectionString.matchAll(/(?:AccountKey|SharedAccessSignature)=([^;]{6,})/gi);
  return [...parts].flatMap(([, key]) => (key === undefined ? [] : [key]));
}

async function readFleetFile(path: string): Promise<{ text: string; tag: string }> {
  const text = await readFile(path, 'utf8');
  return { text, tag: createHash('sha256').update(text).digest('hex') };
}

function stateSettings(
  { storage }: Settings,
  credential: ReturnType<typeof createCredential>,
): Parameters<typeof connectState>[0] {
  if ('connectionString' in storage) return storage;
  const { tables: table, blobs: blob, queues: queue, clientId } = storage;
  return {
    accountUrls: { table, blob, queue },
    credential: {
      getToken: async (scopes, options) => (await credential(clientId)).getToken(scopes, options),
    },
  };
}
