/**
 * Finds checkov, which judges Bicep against policies, or installs it from PyPI: at the versions of checkov/requirements.txt,
 * once, into a cache outside the checkout.
 */
import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const requirements = join(import.meta.dirname, 'checkov/requirements.txt');
/** Its wheels are some 100 MB. */
const installMs = 280_000;

export type FoundCheckov =
  /** `python -m checkov.main` runs it: the environment was moved after it was made, so its own command would not. */
  { found: true; python: string } | { found: false; why: string };

export async function findCheckov(env: NodeJS.ProcessEnv): Promise<FoundCheckov> {
  const hash = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 16);
  const cache = env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache');
  const target = join(cache, 'sealwatch', `checkov-${hash}`);
  const python = join(target, 'bin/python');
  if (existsSync(python)) return { found: true, python };
  const unfinished = `${target}.${randomUUID()}`;
  try {
    mkdirSync(dirname(target), { recursive: true });
    await run('python3', ['-m', 'venv', unfinished], { env, timeout: 60_000 });
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements];
    await run(join(unfinished, 'bin/python'), pip, { env, timeout: installMs });
    renameSync(unfinished, target);
    return { found: true, python };
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    // Another one may have been faster.
    if (existsSync(python)) return { found: true, python };
    const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    return {
      found: false,
      why: `no checkov: ${line}. Python 3.10 to 3.12 with its venv module and PyPI are needed`,
    };
  }
}
