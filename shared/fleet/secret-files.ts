import { constants, open, realpath } from 'node:fs/promises';
import { isInside } from './reference.ts';

/** Secrets are small; anything larger is the wrong file. */
const mostBytes = 64 * 1024;

export type SecretFile =
  | { ok: true; text: string }
  | { ok: false; code: 'missing' | 'unreadable' | 'outside'; message: string };

/**
 * Reads a file below a folder, links followed first: a link that leads out of the folder is refused. Kubernetes
 * mounts secrets as links inside their folder.
 */
export async function readSecretFile(root: string, path: string): Promise<SecretFile> {
  try {
    const real = await realpath(path);
    if (!isInside(await realpath(root), real))
      return { ok: false, code: 'outside', message: 'the file leads out of the folder SEALWATCH_FILE_ROOT' };
    // Not blocking: opening a pipe would wait for a writer.
    const file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const facts = await file.stat();
      if (!facts.isFile()) return { ok: false, code: 'unreadable', message: 'it is not a file' };
      const buffer = Buffer.alloc(mostBytes + 1);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
      if (bytesRead > mostBytes)
        return { ok: false, code: 'unreadable', message: 'the file is larger than 64 KiB' };
      const text = buffer.toString('utf8', 0, bytesRead);
      buffer.fill(0);
      return { ok: true, text };
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    const missing = code === 'ENOENT' || code === 'ENOTDIR';
    return missing
      ? { ok: false, code: 'missing', message: 'there is no such file' }
      : { ok: false, code: 'unreadable', message: `the file cannot be read (${code})` };
  }
}
