/** The rotate app: seal credentials. An identity of its own, which no other app's secrets are open to. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { createFleetSource } from '../fleet/source.ts';
import { connectState } from '../state/azure/connect.ts';
import { readHolds } from '../state/azure/recover/holds-read.ts';
import { connectRotateState } from '../state/azure/rotate/connect.ts';
import { StateError } from '../state/errors.ts';
import type { RecoverView } from '../state/ports.ts';
import type { Holds } from '../state/recover-ports.ts';
import type { RotateState } from '../state/rotate-ports.ts';
import type { RotateDeps } from '../work/rotate/deps.ts';
import { type Authenticate, createAuthenticate } from './authenticate.ts';
import { type AzureReplaced, azureSealAccess } from './azure-seal.ts';
import { composeBase } from './base.ts';
import { systemClock } from './clock.ts';
import { consumerSightBy } from './consumer-sight.ts';
import { fleetReader } from './fleet-blob.ts';
import { createProviderLogins } from './provider-logins.ts';
import { rotationAccessBy } from './rotation-access.ts';
import type { Environment } from './settings.ts';
import type { SinksReplaced } from './sinks.ts';
import { type Credential, stateSettings } from './state.ts';
import { stepDownBy } from './step-down.ts';
import { transitSealAccess } from './transit-seal.ts';

export interface RotateApp {
  deps: RotateDeps;
  authenticate: Authenticate;
}

/** What tests put in place of parts of the world. */
export interface RotateReplacements {
  state?: RotateState;
  generations?: RecoverView['generations'];
  recoveries?: RotateDeps['recoveries'];
  hold?: RotateDeps['hold'];
  /** Entra, Graph and Key Vault. */
  azure?: AzureReplaced;
  sinks?: SinksReplaced;
  /** Sealwatch's own identity. */
  credential?: Credential;
  clock?: Clock;
  write?: (line: string) => void;
}

/** @throws SettingsInvalid naming every variable that is missing or wrong. */
export function composeRotate(env: Environment, replacements: RotateReplacements = {}): RotateApp {
  const { settings, log, resolve, ...base } = composeBase(env, replacements.write);
  const { credential = base.credential, clock = systemClock } = replacements;
  const storage = stateSettings(settings, credential);
  const tell = (row: object) => log.error('row-unreadable', { ...row });
  const state = replacements.state ?? connectRotateState(storage, clock, randomUUID, tell);
  const { recover } = connectState(storage, clock);
  const holds = readHolds(storage, clock);
  // Not the last good one that watch keeps: what other apps may write must not say where a seal's token goes.
  const source = createFleetSource({
    ...fleetReader(settings.fleet, { ...settings, credential, clock, log }),
    limits: settings.limits,
    fileName: settings.fleet.shown,
  });
  const logins = createProviderLogins(resolve, credential);
  const { limits } = settings;
  const { azure: replaced } = replacements;
  const azure = { limits, resolve, credential: replaced?.own ?? credential, ...(replaced && { replaced }) };
  const deps: RotateDeps = {
    loadFleet: () => source.load(),
    state,
    generations: replacements.generations ?? ((cluster) => recover.generations(cluster)),
    transit: (cluster, provider) =>
      transitSealAccess(cluster, provider, {
        sealHosts: limits.sealHosts ?? [],
        resolve,
        logins,
      }),
    azureSeal: (seal) => azureSealAccess(seal, azure),
    rotation: rotationAccessBy({
      ...azure,
      logins,
      clock,
      ...(replacements.sinks && { sinks: replacements.sinks }),
    }),
    sight: consumerSightBy({ resolve, clock }),
    stepDown: stepDownBy({ resolve, clock, logins }),
    recoveries: replacements.recoveries ?? ((cluster) => recover.recoveries(clock.now(), cluster)),
    hold: replacements.hold ?? ((cluster) => holdOf(holds, cluster)),
    clock,
    log,
    random: randomBytes,
    newId: randomUUID,
  };
  return { deps, authenticate: createAuthenticate(env, log) };
}

/** Where nobody ever deployed the recover app, there is no table, and nobody can have set a hold. */
async function holdOf(holds: Pick<Holds, 'of'>, cluster: string): ReturnType<RotateDeps['hold']> {
  try {
    return await holds.of(cluster);
  } catch (error) {
    if (error instanceof StateError && error.code === 'missing') return undefined;
    throw error;
  }
}
