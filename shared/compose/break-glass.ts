/** Break-glass on a laptop: the operator's own login, no storage, and every limit of a deployment (rule 16). */
import { randomBytes, randomUUID } from 'node:crypto';
import { type Limits, readLimits } from '../fleet/limits.ts';
import { within } from '../fleet/within.ts';
import { createLog } from '../log/log.ts';
import { Redactor } from '../log/redactor.ts';
import { connectRecoverState } from '../state/azure/recover/connect.ts';
import { StateError } from '../state/errors.ts';
import type { BreakGlassWorld } from '../work/break-glass/deps.ts';
import { systemClock } from './clock.ts';
import { bindingBy, connectBy } from './connect.ts';
import { type CustodianOptions, custodiansBy } from './custodians.ts';
import { createCredential, createResolve } from './secrets.ts';
import { type Environment, readSettings, SettingsInvalid } from './settings.ts';
import { stateSettings } from './state.ts';

export interface BreakGlassApp {
  world: BreakGlassWorld;
  limits: Limits;
  /** Path of fleet.yaml. */
  fleetPath: string;
  storage(cluster: string): Promise<StorageWord>;
}

/** Whether the normal way is there: a recovery by the recover app, which is fenced. */
export type StorageWord =
  | { state: 'not-set' }
  | { state: 'unreachable'; why: string }
  /** `open`: the recovery that runs there. */
  | { state: 'reachable'; open?: string };

/** What tests put in place of parts of the world. */
export interface BreakGlassReplacements {
  keyVault?: CustodianOptions['keyVault'];
  credential?: CustodianOptions['credential'];
  world?: Partial<BreakGlassWorld>;
  storage?: BreakGlassApp['storage'];
}

const storageMs = 10_000;

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
  const storage = replacements.storage ?? ((cluster: string) => storageOf(env, cluster, credential));
  return { ok: true, app: { world, limits, fleetPath: env['SEALWATCH_FLEET'] ?? 'fleet.yaml', storage } };
}

async function storageOf(
  env: Environment,
  cluster: string,
  credential: NonNullable<CustodianOptions['credential']>,
): Promise<StorageWord> {
  try {
    const settings = stateSettings(readSettings(env), credential);
    const state = connectRecoverState(settings, systemClock, randomUUID);
    const active = await within(storageMs, systemClock, () => state.recoveries.active(cluster));
    return { state: 'reachable', ...(active && { open: active.value.id }) };
  } catch (error) {
    if (error instanceof SettingsInvalid) return { state: 'not-set' };
    return { state: 'unreachable', why: error instanceof StateError ? error.code : 'no answer in time' };
  }
}
