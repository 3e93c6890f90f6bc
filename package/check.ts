/** Whether a written package is what it says: loaded in a process of its own, compared with its manifest. */
import { execFile } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual, promisify } from 'node:util';
import { largestBytes } from './apps.ts';
import { described, type WorkerRegistration } from './described.ts';

/** What package/load.ts prints. */
export interface Loaded {
  /** That `main` matched. */
  files: string[];
  registrations: WorkerRegistration[];
  /** Of those, how many came with files that are loaded at a trigger: the worker refuses them then. */
  late: number;
  /** Sockets, timers and their like that loading left open. */
  handles: string[];
}

const run = promisify(execFile);

/** Every problem, in words; none: the package is as it should be. */
export async function problemsOf(folder: string): Promise<string[]> {
  const problems: string[] = [];
  const bytes = await bytesIn(folder);
  if (bytes > largestBytes) problems.push(`it has ${bytes} bytes, more than ${largestBytes}`);
  const program = join(import.meta.dirname, 'load.ts');
  try {
    // No setting at all: nothing happens at import but registrations.
    const { stdout } = await run(process.execPath, [program, folder], { env: {}, timeout: 60_000 });
    const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as {
      functions: { name: string }[];
    };
    problems.push(...differences(JSON.parse(stdout) as Loaded, manifest.functions));
  } catch (error) {
    problems.push(`it cannot be loaded: ${(error as Error).message}`);
  }
  return problems;
}

/** @param agreed of functions/APP/manifest.json */
export function differences(loaded: Loaded, agreed: readonly { name: string }[]): string[] {
  const problems: string[] = [];
  const found = loaded.registrations.map(described);
  if (loaded.files.length === 0) problems.push('"main" of package.json matches no file');
  if (loaded.late > 0) problems.push(`${loaded.late} functions are registered after the start`);
  if (loaded.handles.length > 0) problems.push(`loading it leaves open: ${loaded.handles.join(', ')}`);
  for (const { name } of found.filter(({ name }) => !agreed.some((other) => other.name === name)))
    problems.push(`function "${name}" is not in its manifest`);
  for (const expected of agreed) {
    const same = found.filter(({ name }) => name === expected.name);
    if (same.length === 0) problems.push(`function "${expected.name}" of its manifest is not registered`);
    else if (same.length > 1) problems.push(`function "${expected.name}" is registered ${same.length} times`);
    else if (!isDeepStrictEqual(same[0], expected))
      problems.push(`function "${expected.name}" is registered as ${JSON.stringify(same[0])}`);
  }
  return problems;
}

/** Without local.settings.json, which no tool deploys. */
async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name !== 'local.settings.json');
  const sizes = await Promise.all(
    files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
