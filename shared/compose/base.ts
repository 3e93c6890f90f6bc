/** What every app is composed of: settings, a log that redacts, an identity, references. */
import { createLog, type Log } from '../log/log.ts';
import { Redactor } from '../log/redactor.ts';
import { systemClock } from './clock.ts';
import { createCredential, createResolve, type Resolve } from './secrets.ts';
import { type Environment, readSettings, type Settings } from './settings.ts';
import { type Credential, storageKeys } from './state.ts';

export interface Base {
  settings: Settings;
  log: Log;
  redactor: Redactor;
  credential: Credential;
  resolve: Resolve;
}

/** @throws SettingsInvalid naming every variable that is missing or wrong. */
export function composeBase(env: Environment, given?: (line: string) => void): Base {
  const settings = readSettings(env);
  const redactor = new Redactor();
  // The Functions worker turns console lines into traces.
  const write = given ?? ((line: string) => console.log(line));
  const log = createLog({ write, clock: systemClock, level: settings.logLevel, secrets: redactor });
  for (const key of storageKeys(settings)) redactor.add(key);
  const credential = createCredential();
  const resolve = createResolve(env, settings.limits, systemClock, redactor, credential);
  return { settings, log, redactor, credential, resolve };
}
