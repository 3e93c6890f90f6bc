/** Builds Vault from its Go modules (test/servers/vault), once, into a cache outside the checkout. */
import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { ownProcess } from './owned-processes.ts';

const source = join(import.meta.dirname, 'vault');
const heartbeatMs = 10_000;

/** Where the build of exactly these sources is kept. */
export function cachedVaultPath(env: NodeJS.ProcessEnv): string {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum', 'main.go']) hash.update(readFileSync(join(source, file)));
  const cache = env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache');
  return join(cache, 'sealwatch', `vault-${hash.digest('hex').slice(0, 16)}`, 'vault');
}

/** The version that go.mod asks for. */
function vaultVersion(): string {
  const required = /^require github\.com\/hashicorp\/vault v(\S+)/m.exec(
    readFileSync(join(source, 'go.mod'), 'utf8'),
  );
  return required?.[1] ?? 'unknown';
}

/**
 * Builds to a name of its own and renames: two builders at once do not break each other, and a build that was
 * stopped leaves nothing that looks finished.
 */
export async function buildVault(options: {
  go: string;
  target: string;
  env: NodeJS.ProcessEnv;
  progress: (line: string) => void;
}): Promise<{ ok: true } | { ok: false; why: string }> {
  const { target, progress } = options;
  const version = vaultVersion();
  const unfinished = `${target}.${randomUUID()}`;
  try {
    mkdirSync(dirname(target), { recursive: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return {
      ok: false,
      why: `cannot write ${dirname(target)} (${code}): set XDG_CACHE_HOME to a folder that can`,
    };
  }
  const startedAt = performance.now();
  const seconds = () => Math.round((performance.now() - startedAt) / 1000);
  let packages = 0;
  let errors = '';
  const say = () =>
    progress(
      `building Vault ${version} from Go modules: usually 3 to 7 minutes, once; ` +
        `${seconds()} s so far (${packages} packages)`,
    );

  say();
  const timer = setInterval(say, heartbeatMs);
  try {
    const code = await new Promise<number | string>((resolve) => {
      const child = spawn(
        options.go,
        ['build', '-v', '-mod=mod', '-tags=minimal', '-trimpath', '-ldflags=-s -w', `-o=${unfinished}`, '.'],
        {
          cwd: source,
          stdio: ['ignore', 'ignore', 'pipe'],
          // A go.work above the checkout, or flags of the person's own, must not change what is built.
          env: { ...options.env, GOWORK: 'off', GOFLAGS: '' },
        },
      );
      ownProcess(child);
      // `go build -v` names each package on a line; anything else is a download or an error.
      createInterface({ input: child.stderr }).on('line', (line) => {
        if (/^[\w.-]+(\/[\w.~-]+)*$/.test(line)) packages += 1;
        else errors = `${errors}${line}\n`.slice(-2000);
      });
      child.once('error', (error) => resolve(error.message));
      child.once('close', (exit, signal) => resolve(exit ?? signal ?? 'unknown'));
    });
    if (code !== 0) {
      return { ok: false, why: `building Vault failed after ${seconds()} s (${code}): ${errors.trim()}` };
    }
    chmodSync(unfinished, 0o755);
    renameSync(unfinished, target);
    progress(`built Vault ${version} in ${seconds()} s; it is kept at ${target}`);
    return { ok: true };
  } finally {
    clearInterval(timer);
    rmSync(unfinished, { force: true });
  }
}
