/** Break-glass on a laptop: the operator's own login, and every limit of a deployment (rule 16). */
import { randomBytes, randomUUID } from 'node:crypto';
import { type Limits, readLimits } from '../fleet/limits.ts';
import { createLog } from '../log/log.ts';
import { Redactor } from '../log/redactor.ts';
import { connectState } from '../state/azure/connect.ts';
import { connectRecoverState } from '../state/azure/recover/connect.ts';
import { storageTime } from '../state/azure/storage-time.ts';
import { StateError } from '../state/errors.ts';
import type { BreakGlassWorld } from '../work/break-glass/deps.ts';
import type { Storage } from '../work/break-glass/storage.ts';
import { systemClock } from './clock.ts';
import { bindingBy, connectBy } from './connect.ts';
import { type CustodianOptions, custodiansBy } from './custodians.ts';
import { createCredential, createResolve } from './secrets.ts';
import { type Environment, readSettings, SettingsInvalid } from './settings.ts';
import { type Credential, stateSettings, storageKeys } from './state.ts';

export interface BreakGlassApp {
  world: BreakGlassWorld;
  limits: Limits;
  /** Path of fleet.yaml. */
  fleetPath: string;
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
  return { ok: true, app: { world, limits, fleetPath: env['SEALWATCH_FLEET'] ?? 'fleet.yaml', storage } };
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
      facts: async (cluster) => (await live.read(cluster)).head?.value.facts,
      time: () => storageTime(storage, systemClock),
    };
  } catch (error) {
    if (error instanceof SettingsInvalid || error instanceof StateError) return { problem: error.message };
    throw error;
  }
}
