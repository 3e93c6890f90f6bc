/** Sealwatch itself: the embedded host in this process, with storage in memory, as `npm start` runs it. */
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startAzurite } from '../cli/start/azurite.ts';
import { loadFunctions } from '../cli/start/load-functions.ts';
import { startHost } from '../host/start.ts';
import { systemClock } from '../shared/compose/clock.ts';
import { prepareStorage } from '../shared/compose/prepare.ts';
import { createLog } from '../shared/log/log.ts';
import type { Cleanup } from './cleanup.ts';
import type { Scene } from './scene.ts';
import { askStatus, type SeenStatus } from './seen-status.ts';
import { schedule } from './ticks.ts';

const root = resolve(import.meta.dirname, '..');
const lookMs = 400;
const logLines = 20;

export interface Watching {
  /** The newest answer of `GET /api/status`. */
  status: () => SeenStatus | undefined;
  /** Called after each answer. */
  onStatus: (callback: () => void) => void;
  /** The last warnings and errors. */
  logTail: () => string[];
}

/** Starts storage and host, and keeps the scene's clusters and findings as the status endpoint says. */
export async function startWatching(options: {
  fleetFile: string;
  /** Where `file:` references may lead. */
  folder: string;
  /** Where the chat listens. */
  endpointHost: string;
  scene: Scene;
  cleanup: Cleanup;
  signal: AbortSignal;
}): Promise<Watching> {
  const { scene, cleanup, signal } = options;
  const azurite = await cleanup.open(
    'storage (Azurite)',
    () => startAzurite(),
    (opened) => opened.close(),
  );
  await prepareStorage(azurite.connectionString);
  const settings = {
    SEALWATCH_FLEET: options.fleetFile,
    SEALWATCH_STORAGE: azurite.connectionString,
    SEALWATCH_SCHEDULE: schedule,
    SEALWATCH_FILE_ROOT: options.folder,
    SEALWATCH_ENDPOINT_HOSTS: options.endpointHost,
    SEALWATCH_LOG_LEVEL: 'warn',
  };
  const log = keepLog();
  setEnvironment(settings);
  const functionKey = randomBytes(24).toString('base64url');
  const host = await cleanup.open(
    'the embedded host',
    () =>
      startHost({
        load: () => loadFunctions(root),
        settings,
        port: 0,
        functionKey,
        log: createLog({ write: log.keep, clock: systemClock, level: 'warn' }),
      }),
    (opened) => opened.close(),
  );

  let status: SeenStatus | undefined;
  const callbacks: (() => void)[] = [];
  const ended = new AbortController();
  const both = AbortSignal.any([signal, ended.signal]);
  const look = async (): Promise<void> => {
    while (!both.aborted) {
      try {
        status = (await askStatus(host.url, { 'x-functions-key': functionKey }, both)) ?? status;
        if (status) show(scene, status);
        for (const callback of callbacks) callback();
        await sleep(lookMs, undefined, { signal: both });
      } catch (error) {
        if (both.aborted) return;
        log.keep(`the status could not be read: ${String(error)}`);
        await sleep(lookMs);
      }
    }
  };
  await cleanup.open(
    'the look at the status',
    async () => ({ looking: look() }),
    async ({ looking }) => {
      ended.abort();
      await looking;
    },
  );
  return { status: () => status, onStatus: (callback) => void callbacks.push(callback), logTail: log.tail };
}

function show(scene: Scene, status: SeenStatus): void {
  scene.clusters = status.clusters.map(({ cluster, status: worst, nodes }) => ({
    name: cluster,
    status: worst,
    nodes,
  }));
  scene.findings = [...status.clusters.flatMap(({ alerts }) => alerts), ...status.fleet].filter(
    (alert) => alert.status !== 'pending',
  );
}

/** The functions read their settings from the environment; a person's own settings must not reach them. */
function setEnvironment(settings: Record<string, string>): void {
  for (const name of Object.keys(process.env)) {
    if (name.startsWith('SEALWATCH_')) delete process.env[name];
  }
  Object.assign(process.env, settings);
}

/** The functions' log goes to the console, which is ours to show other things on. */
function keepLog(): { keep: (line: string) => void; tail: () => string[] } {
  const lines: string[] = [];
  const seen = new Set<string>();
  const keep = (line: string): void => {
    // What fails at each look is one thing to know.
    const what = line.replace(/"at":"[^"]*"|"invocationId":"[^"]*"/g, '');
    if (seen.has(what)) return;
    seen.add(what);
    lines.push(line);
    if (lines.length > logLines) lines.shift();
  };
  console.log = keep;
  return { keep, tail: () => lines };
}
