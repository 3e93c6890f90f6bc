/** Finds a Vault (or OpenBao) server for tests and the demo, or builds one. Source of the order: TEST-SERVERS. */
import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { buildVault, cachedVaultPath } from './build-vault.ts';

export type FoundVault =
  | { found: true; path: string; version: string; how: 'SEALWATCH_VAULT_BIN' | 'PATH' | 'cache' | 'built' }
  | { found: false; why: string };

export interface FindOptions {
  /** process.env of the caller. Read: SEALWATCH_VAULT_BIN, PATH, XDG_CACHE_HOME, HOME, and what `go` reads. */
  env: NodeJS.ProcessEnv;
  /** One line for a person, every few seconds while building. */
  progress?: (line: string) => void;
  /** Default true. False: find only. */
  build?: boolean;
}

/**
 * `SEALWATCH_VAULT_BIN`, `vault` or `bao` on PATH, the cached build, `go build`: the first that runs.
 * A variable that is set but wrong is an answer, not a reason to look further: the person meant it.
 */
export async function findVault(options: FindOptions): Promise<FoundVault> {
  const { env } = options;
  if (env.SEALWATCH_VAULT_BIN) {
    const named = resolve(env.SEALWATCH_VAULT_BIN);
    const version = await versionOf(named);
    return version === undefined
      ? { found: false, why: `SEALWATCH_VAULT_BIN is ${named}, which does not run as a Vault server` }
      : { found: true, path: named, version, how: 'SEALWATCH_VAULT_BIN' };
  }
  for (const name of ['vault', 'bao']) {
    const path = onPath(name, env);
    const version = path === undefined ? undefined : await versionOf(path);
    if (path !== undefined && version !== undefined) return { found: true, path, version, how: 'PATH' };
  }

  const cached = cachedVaultPath(env);
  const cachedVersion = isExecutable(cached) ? await versionOf(cached) : undefined;
  if (cachedVersion !== undefined) return { found: true, path: cached, version: cachedVersion, how: 'cache' };
  if (options.build === false)
    return { found: false, why: 'no vault or bao on PATH, and none was built yet' };

  const go = onPath('go', env) ?? (isExecutable('/usr/local/go/bin/go') ? '/usr/local/go/bin/go' : undefined);
  if (go === undefined) {
    return { found: false, why: 'no vault or bao on PATH, and no Go (1.25 or newer) to build one' };
  }
  const built = await buildVault({
    go,
    target: cached,
    env,
    progress: options.progress ?? (() => undefined),
  });
  if (!built.ok) return { found: false, why: built.why };
  const version = await versionOf(cached);
  return version === undefined
    ? { found: false, why: `the Vault built at ${cached} does not run` }
    : { found: true, path: cached, version, how: 'built' };
}

/** "1.21.0" of `Vault v1.21.0, built …` or `OpenBao v2.4.1 …`; undefined when it is neither, or does not run. */
async function versionOf(path: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(path, ['version'], { timeout: 20_000 });
    return /^(?:Vault|OpenBao) v(\S+?),? /.exec(`${stdout} `)?.[1];
  } catch {
    return undefined;
  }
}

function onPath(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
