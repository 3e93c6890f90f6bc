/** Break-glass on a laptop: the operator's own login, and every limit of a deployment (rule 16). */
import { randomBytes, randomUUID } from 'node:crypto';
import { type Limits, readLimits } from '../fleet/limits.ts';
import { FleetUnreadable } from '../fleet/text.ts';
import { createLog } from '../log/log.ts';
import { Redactor } from '../log/redactor.ts';
import { connectState } from '../state/azure/connect.ts';
import { connectRecoverState } from '../state/azure/recover/connect.ts';
import { storageTime } from '../state/azure/storage-time.ts';
import { StateError } from '../state/errors.ts';
import type { BreakGlassWorld } from '../work/break-glass/deps.ts';
import type { Storage } from '../work/break-glass/storage.ts';
import { watchFacts } from '../work/recover/watch-facts.ts';
import { systemClock } from './clock.ts';
import { bindingBy, connectBy } from './connect.ts';
import { type CustodianOptions, custodiansBy } from './custodians.ts';
import { type FleetAccess, readFleetBlob } from './fleet-blob.ts';
import { type BlobPlace, blobServiceOf, readFleetPlace } from './fleet-place.ts';
import { createCredential, createResolve } from './secrets.ts';
import { type Environment, readSettings, SettingsInvalid } from './settings.ts';
import { type Credential, stateSettings, storageKeys } from './state.ts';

export interface BreakGlassApp {
  world: BreakGlassWorld;
  limits: Limits;
  /** Path or address of fleet.yaml. */
  fleetPath: string;
  /** Reads it where it is a blob: its bytes, or why not. */
  readFleet?: () => Promise<Buffer | string>;
  /** Of the recover app, with the person's own login; nothing is asked of it yet. Or why there is none. */
  storage: Storage | { problem: string };
}

/** What tests put in place of parts of the world. */
export interface BreakGlassReplacements {
  keyVault?: CustodianOptions['keyVault'];
  credential?: CustodianOptions['credential'];
  world?: Partial<BreakGlassWorld>;
  storage?: BreakGlassApp['storage'];
}

/** @param complain gets warnings and errors as log lines. */
export function composeBreakGlass(
  env: Environment,
  complain: (line: string) => void,
  replacements: BreakGlassReplacements = {},
): { ok: true; app: BreakGlassApp } | { ok: false; problems: string[] } {
  const read = readLimits(env);
  if (!read.ok) return read;
  const { limits } = read;
  const found = placeOf(env);
  if (!found.ok) return { ok: false, problems: [found.problem] };
  const secrets = new Redactor();
  const log = createLog({ write: complain, clock: systemClock, level: 'error', secrets });
  const credential = replacements.credential ?? createCredential();
  const resolve = createResolve(env, limits, systemClock, secrets, credential);
  const { keyVault } = replacements;
  const world: BreakGlassWorld = {
    connect: connectBy(resolve),
    binding: bindingBy(resolve),
    custodians: custodiansBy({
      resolve,
      credential,
      onFailure: (custodian, error) => log.error('custodian-not-made', { custodian, error }),
      ...(keyVault && { keyVault }),
    }),
    clock: systemClock,
    log,
    newId: randomUUID,
    random: randomBytes,
    ...replacements.world,
  };
  const storage = replacements.storage ?? storageOf(env, credential, secrets);
  const { shown: fleetPath, blob } = found.place;
  const readFleet = blob && {
    readFleet: () => fleetOf(blob, { storage: keyOf(env), credential, clock: systemClock, log }),
  };
  return { ok: true, app: { world, limits, fleetPath, ...readFleet, storage } };
}

/** The data account is known by its blob service alone: all of storage may be away, and the fleet in another account. */
function placeOf(env: Environment): ReturnType<typeof readFleetPlace> {
  const own = blobServiceOf({
    ...(env['SEALWATCH_STORAGE'] && { connectionString: env['SEALWATCH_STORAGE'] }),
    ...(env['SEALWATCH_STORAGE__blobServiceUri'] && { blobs: env['SEALWATCH_STORAGE__blobServiceUri'] }),
  });
  return readFleetPlace(env['SEALWATCH_FLEET'] || 'fleet.yaml', own);
}

function keyOf(env: Environment): FleetAccess['storage'] {
  const { SEALWATCH_STORAGE: connectionString, SEALWATCH_STORAGE__clientId: clientId } = env;
  return connectionString ? { connectionString } : clientId ? { clientId } : {};
}

async function fleetOf(place: BlobPlace, access: FleetAccess): Promise<Buffer | string> {
  try {
    return Buffer.from((await readFleetBlob(place, access)).text);
  } catch (error) {
    if (error instanceof FleetUnreadable) return `${error.code}: ${error.message}`;
    if (error instanceof StateError) return error.code;
    throw error;
  }
}

const storageNames = ['SEALWATCH_STORAGE', 'SEALWATCH_STORAGE__tableServiceUri'];

function storageOf(env: Environment, credential: Credential, secrets: Redactor): BreakGlassApp['storage'] {
  if (!storageNames.some((name) => env[name]))
    return { problem: 'no storage is set here (SEALWATCH_STORAGE)' };
  try {
    const settings = readSettings(env);
    for (const key of storageKeys(settings)) secrets.add(key);
    const storage = stateSettings(settings, credential);
    const { live } = connectState(storage, systemClock);
    return {
      state: connectRecoverState(storage, systemClock, randomUUID),
      facts: (cluster) => watchFacts(live, cluster),
      time: () => storageTime(storage, systemClock),
    };
  } catch (error) {
    if (error instanceof SettingsInvalid || error instanceof StateError) return { problem: error.message };
    throw error;
  }
}
