/** The rotate app: seal credentials. An identity of its own, which no other app's secrets are open to. */
import { randomBytes } from 'node:crypto';
import { createFleetSource } from '../fleet/source.ts';
import { connectState } from '../state/azure/connect.ts';
import { connectRotateState } from '../state/azure/rotate/connect.ts';
import type { RecoverView } from '../state/ports.ts';
import type { RotateState } from '../state/rotate-ports.ts';
import type { RotateDeps } from '../work/rotate/deps.ts';
import { type Authenticate, createAuthenticate } from './authenticate.ts';
import { type AzureReplaced, azureSealAccess } from './azure-seal.ts';
import { composeBase } from './base.ts';
import { systemClock } from './clock.ts';
import { readFleetFile } from './fleet-file.ts';
import { createProviderLogins } from './provider-logins.ts';
import type { Environment } from './settings.ts';
import { stateSettings } from './state.ts';
import { transitSealAccess } from './transit-seal.ts';

export interface RotateApp {
  deps: RotateDeps;
  authenticate: Authenticate;
}

/** What tests put in place of parts of the world. */
export interface RotateReplacements {
  state?: RotateState;
  generations?: RecoverView['generations'];
  /** Entra and Key Vault. */
  azure?: AzureReplaced;
  write?: (line: string) => void;
}

/** @throws SettingsInvalid naming every variable that is missing or wrong. */
export function composeRotate(env: Environment, replacements: RotateReplacements = {}): RotateApp {
  const { settings, log, credential, resolve } = composeBase(env, replacements.write);
  const clock = systemClock;
  const storage = stateSettings(settings, credential);
  const state = replacements.state ?? connectRotateState(storage, clock);
  const { recover } = connectState(storage, clock);
  // No last good one from storage: what other apps may write must not say where a seal's token goes.
  const source = createFleetSource({
    read: () => readFleetFile(settings.fleetPath),
    limits: settings.limits,
    fileName: settings.fleetPath,
  });
  const logins = createProviderLogins(resolve, credential);
  const deps: RotateDeps = {
    loadFleet: () => source.load(),
    state,
    generations: replacements.generations ?? ((cluster) => recover.generations(cluster)),
    transit: (cluster, provider) =>
      transitSealAccess(cluster, provider, {
        sealHosts: settings.limits.sealHosts ?? [],
        resolve,
        logins,
      }),
    azureSeal: (seal) =>
      azureSealAccess(seal, {
        limits: settings.limits,
        resolve,
        credential,
        ...(replacements.azure && { replaced: replacements.azure }),
      }),
    clock,
    log,
    random: randomBytes,
  };
  return { deps, authenticate: createAuthenticate(env, log) };
}
