/** The key of `function` routes on this machine: kept in a file, so that scripts survive a restart. */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Reads the key, or makes one that only this user can read. */
export async function functionKeyFrom(path: string): Promise<string> {
  const key = randomBytes(24).toString('base64url');
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    await writeFile(path, `${key}\n`, { mode: 0o600, flag: 'wx' });
    return key;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const kept = (await readFile(path, 'utf8')).trim();
  if (kept.length >= 16) return kept;
  throw new Error(
    `${path} holds no function key of at least 16 characters: delete it, a new one is made then.`,
  );
}
