/** Where the embedded host's own Azurite listens while it runs: its ports are new each time, and commands need them. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { type Environment, SettingsInvalid } from '../shared/compose/settings.ts';

/** In the folder of the embedded host. */
export const storageFile = '.sealwatch/storage';

/** For this user only. */
export async function keepStorage(path: string, connectionString: string): Promise<void> {
  await rm(path, { force: true });
  await writeFile(path, `${connectionString}\n`, { mode: 0o600, flag: 'wx' });
}

export async function forgetStorage(path: string): Promise<void> {
  await rm(path, { force: true });
}

/**
 * The environment, with the embedded host's storage where it names none.
 *
 * @throws SettingsInvalid when the file is there and cannot be read.
 */
export async function withStorage(env: Environment, path = storageFile): Promise<Environment> {
  const names = ['SEALWATCH_STORAGE', 'SEALWATCH_STORAGE__tableServiceUri'];
  if (names.some((name) => env[name])) return env;
  try {
    return { ...env, SEALWATCH_STORAGE: (await readFile(path, 'utf8')).trim() };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    if (code === 'ENOENT') return env;
    throw new SettingsInvalid(`${path} cannot be read (${code}): set SEALWATCH_STORAGE instead`);
  }
}
