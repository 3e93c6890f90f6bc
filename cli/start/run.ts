/** One run of the embedded host, from its arguments to its end. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { startHost } from '../../host/start.ts';
import { composeBase } from '../../shared/compose/base.ts';
import { isFleetUrl } from '../../shared/compose/fleet-place.ts';
import { channelProblems } from '../../shared/compose/preflight.ts';
import { prepareStorage } from '../../shared/compose/prepare.ts';
import { SettingsInvalid } from '../../shared/compose/settings.ts';
import { composeWatch } from '../../shared/compose.ts';
import { formatProblems } from '../../shared/fleet/problem.ts';
import { FleetInvalid } from '../../shared/fleet/source.ts';
import type { Log } from '../../shared/log/log.ts';
import { defaultIssuerFile } from '../people/token.ts';
import { forgetStorage, keepStorage, storageFile } from '../storage-file.ts';
import { type Azurite, startAzurite } from './azurite.ts';
import { functionKeyFrom } from './function-key.ts';
import { loadFunctions } from './load-functions.ts';

const usage = `usage: npm start [-- --memory]
  --memory              keep state in memory instead of .sealwatch/data

  SEALWATCH_FLEET       path or blob URL of fleet.yaml        ./fleet.yaml
  SEALWATCH_PORT        port of the status API                7071
  SEALWATCH_ADDRESS     address that it listens on            127.0.0.1
  SEALWATCH_SCHEDULE    six-field schedule of the sweep (UTC) */30 * * * * *
  SEALWATCH_STORAGE     connection string of a storage account; without one, Azurite is started
  SEALWATCH_ISSUER_FILE key of the issuer of people's tokens (sealwatch token); not used with SEALWATCH_ENTRA_...
                                                              .sealwatch/issuer.pem`;

/** Where a person reads. */
export interface Terminal {
  say: (line: string) => void;
  complain: (line: string) => void;
}

const root = resolve(import.meta.dirname, '../..');

/**
 * @param load imports the function files.
 * @param env gets the defaults that the functions read their settings from.
 * @returns the exit code, once SIGINT or SIGTERM came, or storage ended: then 1, so that a supervisor starts both anew.
 */
export async function run(
  args: string[],
  env: NodeJS.ProcessEnv,
  { say, complain }: Terminal,
  load: () => Promise<void> = () => loadFunctions(root),
): Promise<number> {
  const unknown = args.filter((arg) => arg !== '--memory');
  if (unknown.length > 0) {
    complain(unknown.includes('--help') ? usage : `unknown argument ${unknown.join(' ')}\n${usage}`);
    return unknown.includes('--help') ? 0 : 1;
  }
  const named = env.SEALWATCH_FLEET || 'fleet.yaml';
  const fleet = isFleetUrl(named) ? named : resolve(named);
  if (!isFleetUrl(named) && !existsSync(fleet)) {
    complain(noFleet(fleet));
    return 1;
  }
  const port = Number(env.SEALWATCH_PORT ?? 7071);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    complain('SEALWATCH_PORT must be a port number.');
    return 1;
  }

  const stopped = stopSignal();
  const keyFile = resolve('.sealwatch', 'function-key');
  const functionKey = await functionKeyFrom(keyFile);
  const data = args.includes('--memory') ? undefined : resolve('.sealwatch', 'data');
  const given = env.SEALWATCH_STORAGE;
  if (!given && env.SEALWATCH_STORAGE__tableServiceUri) {
    complain(
      'SEALWATCH_STORAGE__tableServiceUri and its like are for Azure Functions: npm start takes a connection string in SEALWATCH_STORAGE, or starts Azurite without one.',
    );
    return 1;
  }
  let log: Log | undefined;
  const azurite = given ? undefined : await startAzurite(data === undefined ? {} : { folder: data });
  try {
    const storage = azurite?.connectionString ?? given ?? '';
    env.SEALWATCH_FLEET = fleet;
    env.SEALWATCH_STORAGE = storage;
    env.SEALWATCH_SCHEDULE ??= '*/30 * * * * *';
    const base = composeBase(env, complain);
    base.redactor.add(functionKey);
    log = base.log;
    if (azurite) await keepStorage(resolve(storageFile), storage);
    if (!hasOtherIssuer(env)) env.SEALWATCH_ISSUER_FILE ??= resolve(defaultIssuerFile);
    await prepareStorage(storage);
    if (!(await isReady(env, complain))) return 1;
    const host = await startHost({
      load,
      settings: { ...env } as Record<string, string>,
      port,
      functionKey,
      log,
      ...(env.SEALWATCH_ADDRESS && { address: env.SEALWATCH_ADDRESS }),
    });
    say(
      `Sealwatch watches ${fleet}, state in ${azurite ? (data ?? 'memory') : 'SEALWATCH_STORAGE'}. Stop it with Ctrl-C.`,
    );
    say(`Status: curl -H "x-functions-key: $(cat ${keyFile})" ${host.url}/api/status`);
    const end = await Promise.race([stopped, ...(azurite ? [lost(azurite)] : [])]);
    if ('signal' in end) say(`${end.signal}: waiting for what runs.`);
    else
      complain(
        `The storage (Azurite) ended by itself (${end.lost}): nothing can be kept or told. Start again.`,
      );
    await host.close();
    return 'signal' in end ? 0 : 1;
  } catch (error) {
    // A configuration that is wrong is told in its own words; anything else also belongs into the log.
    if (!(error instanceof FleetInvalid || error instanceof SettingsInvalid))
      log?.error('host-failed', { error });
    complain(error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    if (azurite) await forgetStorage(resolve(storageFile));
    await azurite?.close();
  }
}

/**
 * Whether there is a configuration to watch by, and each of its channels can take something: a person who starts this
 * is told at once. A bad file beside a last good one is told and watched by the latter (rule 15).
 */
async function isReady(env: NodeJS.ProcessEnv, complain: Terminal['complain']): Promise<boolean> {
  const { fleet, problems } = await composeWatch(env, { write: complain }).loadFleet();
  if (problems.length > 0) {
    complain(
      `${formatProblems(problems, env.SEALWATCH_FLEET ?? 'fleet.yaml')}\nThe last good one stays in force.`,
    );
  }
  const wrong = await channelProblems(fleet, env);
  for (const line of wrong) complain(line);
  return wrong.length === 0;
}

/** A deployment has one issuer; on Azure it is Entra (rule 7). */
function hasOtherIssuer(env: NodeJS.ProcessEnv): boolean {
  const isSet = (name: string) => Boolean(env[name]?.trim());
  return Object.keys(env).some(
    (name) => (name === 'WEBSITE_SITE_NAME' || name.startsWith('SEALWATCH_ENTRA_')) && isSet(name),
  );
}

async function lost(azurite: Azurite): Promise<{ lost: string }> {
  return { lost: await azurite.ended };
}

/** A second signal ends the process as it would without us; Azurite ends with it. */
function stopSignal(): Promise<{ signal: string }> {
  return new Promise((resolve) => {
    const stop = (signal: string) => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
      resolve({ signal });
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  });
}

function noFleet(path: string): string {
  return `There is no ${path}: Sealwatch does not know which clusters to watch.

  cp fleet.example.yaml fleet.yaml    every field, explained: keep what you need
  npm start

Or point SEALWATCH_FLEET at yours. "npm run demo" shows everything without one.`;
}
