/** The file of the local issuer's private key: read by its owner alone, made once, never overwritten. */
import { createHash } from 'node:crypto';
import { constants, link, open, rm, writeFile } from 'node:fs/promises';

export interface KeyFileProblem {
  code: 'unreadable' | 'too-open' | 'invalid' | 'unwritable';
  recoverable: false;
  message: string;
}

export type KeyFile = { ok: true; pem: string } | ({ ok: false } & KeyFileProblem);

/** A key of 4096 bits is about 3 KiB. */
const mostBytes = 16 * 1024;

export async function readKeyFile(path: string): Promise<KeyFile | { ok: false; code: 'missing' }> {
  try {
    // Not blocking: opening a pipe would wait for a writer.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const facts = await file.stat();
      if (!facts.isFile() || facts.size > mostBytes)
        return problem('invalid', `${path} is no file with a key`);
      if ((facts.mode & 0o077) !== 0 && process.platform !== 'win32') {
        return problem('too-open', `${path} can be read by others, who could act as anybody: chmod 600 it`);
      }
      return { ok: true, pem: await file.readFile('utf8') };
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return { ok: false, code: 'missing' };
    return problem('unreadable', `${path} cannot be read (${code}): it holds the key of the local issuer`);
  }
}

/**
 * Writes the key beside its place and then gives it its name, so that nobody reads half of it. Where another process
 * was faster, its key is the one.
 */
export async function keepKeyFile(path: string, pem: string): Promise<KeyFile> {
  const draft = `${path}.${createHash('sha256').update(pem).digest('hex').slice(0, 16)}`;
  try {
    try {
      await writeFile(draft, pem, { mode: 0o600, flag: 'wx' });
      await link(draft, path);
    } finally {
      await rm(draft, { force: true });
    }
    return { ok: true, pem };
  } catch (error) {
    const code = codeOf(error);
    const other = code === 'EEXIST' ? await readKeyFile(path) : undefined;
    if (other && (other.ok || other.code !== 'missing')) return other;
    return problem(
      'unwritable',
      `${path} cannot be written (${code}): name another place in SEALWATCH_ISSUER_FILE`,
    );
  }
}

function problem(code: KeyFileProblem['code'], message: string): { ok: false } & KeyFileProblem {
  return { ok: false, code, recoverable: false, message };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
