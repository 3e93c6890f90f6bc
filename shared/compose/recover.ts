/** The recover app: hands. Its own identity, its own last word on what fleet.yaml says. */
import { randomBytes, randomUUID } from 'node:crypto';
import { createFleetSource } from '../fleet/source.ts';
import { auditEntry } from '../people/audit.ts';
import { connectState } from '../state/azure/connect.ts';
import { connectRecoverState } from '../state/azure/recover/connect.ts';
import type { Live } from '../state/ports.ts';
import type { RecoverState } from '../state/recover-ports.ts';
import type { RecoverDeps } from '../work/recover/deps.ts';
import { watchFacts } from '../work/recover/watch-facts.ts';
import { type Authenticate, createAuthenticate } from './authenticate.ts';
import { composeBase } from './base.ts';
import { systemClock } from './clock.ts';
import { bindingBy, connectBy } from './connect.ts';
import { type CustodianOptions, custodiansBy } from './custodians.ts';
import { fleetReader } from './fleet-blob.ts';
import type { Environment } from './settings.ts';
import { stateSettings } from './state.ts';

export interface RecoverApp {
  deps: RecoverDeps;
  authenticate: Authenticate;
}

/** What tests put in place of parts of the world. */
export interface RecoverReplacements {
  state?: RecoverState;
  live?: Pick<Live, 'scan'>;
  write?: (line: string) => void;
  keyVault?: CustodianOptions['keyVault'];
  credential?: CustodianOptions['credential'];
}

/** @throws SettingsInvalid naming every variable that is missing or wrong. */
export function composeRecover(env: Environment, replacements: RecoverReplacements = {}): RecoverApp {
  const deps = composeRecoverDeps(env, replacements);
  return { deps, authenticate: createAuthenticate(env, deps.log) };
}

/**
 * Without the app's door: for commands that a person runs with a login of their own.
 *
 * @throws SettingsInvalid naming every variable that is missing or wrong.
 */
export function composeRecoverDeps(env: Environment, replacements: RecoverReplacements = {}): RecoverDeps {
  const { settings, log, credential, resolve } = composeBase(env, replacements.write);
  const clock = systemClock;
  const storage = stateSettings(settings, credential);
  const tell = (row: object) => log.error('row-unreadable', { ...row });
  const state = replacements.state ?? connectRecoverState(storage, clock, randomUUID, tell);
  const live = replacements.live ?? connectState(storage, clock).live;
  // Not the last good one that watch keeps: what other apps may write must not say where shares go, or who approves.
  const source = createFleetSource({
    ...fleetReader(settings.fleet, { ...settings, credential, clock, log }),
    limits: settings.limits,
    fileName: settings.fleet.shown,
  });
  return {
    loadFleet: () => source.load(),
    state: { ...state, audit: { write: (entry) => state.audit.write(auditEntry(entry)) } },
    facts: (cluster) => watchFacts(live, cluster),
    connect: connectBy(resolve),
    binding: bindingBy(resolve),
    custodians: custodiansBy({
      resolve,
      credential: replacements.credential ?? credential,
      onFailure: (custodian, error) => log.error('custodian-not-made', { custodian, error }),
      ...(replacements.keyVault && { keyVault: replacements.keyVault }),
    }),
    clock,
    log,
    newId: randomUUID,
    random: randomBytes,
    owner: randomUUID(),
  };
}
