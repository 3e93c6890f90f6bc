/**
 * Reads the environment and builds adapters, lazily and per app: the only place that does. Nothing happens at
 * import; the SDKs are loaded when first used.
 */
import { randomUUID } from 'node:crypto';
import { AccessPool } from './compose/access.ts';
import { type Authenticate, createAuthenticate } from './compose/authenticate.ts';
import { composeBase } from './compose/base.ts';
import { systemClock } from './compose/clock.ts';
import { createHeartbeat, createSenders } from './compose/endpoints.ts';
import { fleetReader } from './compose/fleet-blob.ts';
import { keepLastGood, olderOrKept } from './compose/last-good.ts';
import { tokenSourceFor } from './compose/logins.ts';
import { composeRecover, type RecoverApp } from './compose/recover.ts';
import { composeRotate, type RotateApp } from './compose/rotate.ts';
import { type Environment, SettingsInvalid } from './compose/settings.ts';
import { stateSettings } from './compose/state.ts';
import { createFleetSource } from './fleet/source.ts';
import { connectState } from './state/azure/connect.ts';
import type { State } from './state/ports.ts';
import { SweepReads } from './work/batches/reads.ts';
import type { WatchDeps } from './work/deps.ts';

let composed: WatchDeps | undefined;
let composedForPeople: WatchForPeople | undefined;
let composedRecover: RecoverApp | undefined;
let composedRotate: RotateApp | undefined;

/** The watch app's use cases' dependencies, built from this process's environment on the first call. */
export function watch(): WatchDeps {
  composed ??= composeWatch(process.env);
  return composed;
}

/** The same, for the route that people have. */
export function watchForPeople(): WatchForPeople {
  composedForPeople ??= composeWatchForPeople(process.env, watch());
  return composedForPeople;
}

/** The recover app's, in the same way. */
export function recover(): RecoverApp {
  composedRecover ??= composeRecover(process.env);
  return composedRecover;
}

/** The rotate app's, in the same way. */
export function rotate(): RotateApp {
  composedRotate ??= composeRotate(process.env);
  return composedRotate;
}

export interface WatchForPeople {
  deps: WatchDeps;
  authenticate: Authenticate;
}

/** Apart from the rest: what is wrong with people's settings stops no probe, and lets nobody in. */
export function composeWatchForPeople(env: Environment, deps: WatchDeps): WatchForPeople {
  try {
    return { deps, authenticate: createAuthenticate(env, deps.log) };
  } catch (error) {
    if (!(error instanceof SettingsInvalid)) throw error;
    deps.log.error('people-settings-invalid', { error });
    const message = 'nobody has access: the settings of people are wrong, and the log names them';
    const no = { ok: false, status: 503, code: 'people-not-configured', message } as const;
    return { deps, authenticate: () => Promise.resolve(no) };
  }
}

/** What tests, the benchmark and the demo put in place of parts of the world. */
export interface Replacements {
  state?: State;
  write?: (line: string) => void;
}

/** @throws SettingsInvalid naming every variable that is missing or wrong. */
export function composeWatch(env: Environment, replacements: Replacements = {}): WatchDeps {
  const { settings, log, credential, resolve } = composeBase(env, replacements.write);
  const clock = systemClock;
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
  const { read, previous } = fleetReader(settings.fleet, { ...settings, credential, clock, log });
  const kept = keepLastGood(state.lastGood, log);
  const source = createFleetSource({
    read,
    keep: kept.keep,
    previous: olderOrKept(previous, kept.previous),
    limits,
    fileName: settings.fleet.shown,
  });
  return {
    loadFleet: () => source.load(),
    access: (cluster, fleet) => pool.access(cluster, fleet),
    sender: createSenders(endpoints),
    heartbeat: createHeartbeat(endpoints),
    state,
    clock,
    log,
    reads: new SweepReads(randomUUID()),
    newId: randomUUID,
    intervalMs: settings.intervalMs,
  };
}
