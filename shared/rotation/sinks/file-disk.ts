/** What a file sink does with a disk, short of writing: which folder, what is there, what is left of killed runs. */
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir, realpath, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { RotationFailure } from '../rotation.ts';

/** The calls of node:fs/promises; reject with its errors. */
export interface Disk {
  open: (path: string, flags: number, mode?: number) => Promise<FileHandle>;
  lstat: typeof lstat;
  realpath: (path: string) => Promise<string>;
  rename: typeof rename;
  unlink: typeof unlink;
  /** Makes what was renamed or removed in a folder last. */
  syncFolder: (folder: string) => Promise<void>;
}

export const systemDisk: Disk = {
  open,
  lstat,
  realpath,
  rename,
  unlink,
  async syncFolder(folder) {
    const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
};

/** A refusal of ours; its message is for people and holds no value. */
export class Refused extends Error {
  override name = 'Refused';
  readonly code: RotationFailure;

  constructor(code: RotationFailure, says: string) {
    super(says);
    this.code = code;
  }
}

/** The folder with links followed: they may lead about inside `root`, not out of it. */
export async function folderOf(disk: Disk, root: string, folder: string): Promise<string> {
  const [realRoot, real] = await Promise.all([disk.realpath(root), disk.realpath(folder)]);
  if (real === realRoot || real.startsWith(realRoot.endsWith('/') ? realRoot : `${realRoot}/`)) return real;
  throw new Refused('outside-limits', 'its folder leads out of the folder SEALWATCH_SINK_ROOT');
}

/** Credentials are small; anything larger is the wrong file. */
const mostBytes = 64 * 1024;

/** Exactly what is in the file; undefined where there is none, or nothing in it. */
export async function readValue(disk: Disk, path: string): Promise<Buffer | undefined> {
  const file = await openToRead(disk, path);
  if (!file) return undefined;
  const buffer = Buffer.alloc(mostBytes + 1);
  try {
    if (!(await file.stat()).isFile()) throw new Refused('wrong', 'it is not a file');
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
      length += bytesRead;
      if (bytesRead === 0 || length === buffer.length) break;
    }
    if (length > mostBytes) throw new Refused('wrong', 'it is larger than 64 KiB');
    return length === 0 ? undefined : Buffer.from(buffer.subarray(0, length));
  } finally {
    buffer.fill(0);
    await file.close();
  }
}

async function openToRead(disk: Disk, path: string): Promise<FileHandle | undefined> {
  try {
    // Not blocking: opening a pipe would wait for a writer.
    return await disk.open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** A killed run leaves a file under a name that no run takes again. One that still writes fails, and changes nothing. */
export async function removeLeftovers(disk: Disk, folder: string, base: string): Promise<void> {
  const start = `.${base}.sealwatch-`;
  for (const each of await readdir(folder, { withFileTypes: true })) {
    const ours = each.name.startsWith(start) && /^[0-9a-f]{16}$/.test(each.name.slice(start.length));
    if (ours && !each.isDirectory()) await removeFile(disk, join(folder, each.name));
  }
}

/** One that is gone already is removed. */
export async function removeFile(disk: Disk, path: string): Promise<void> {
  try {
    await disk.unlink(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

/** What failed, in our words. Errors of Node hold paths, never contents; of them only the code is told. */
export function tellOf(error: unknown): { code: RotationFailure; says: string } {
  if (error instanceof Refused) return { code: error.code, says: error.message };
  const code = codeOf(error);
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return {
        code: 'denied',
        says: `rotate's user may not do this there (${code}): it must own the folder`,
      };
    case 'EROFS':
      return { code: 'denied', says: 'its file system is read-only (EROFS)' };
    case 'ENOENT':
    case 'ENOTDIR':
      return {
        code: 'not-configured',
        says: `there is no such folder (${code}): make it, for rotate's user`,
      };
    case 'ELOOP':
      return { code: 'wrong', says: 'it is a link, and links are not followed: put the file itself there' };
    case 'ENOSPC':
    case 'EDQUOT':
      return { code: 'unreachable', says: `there is no room left for it (${code})` };
    case 'EIO':
    case 'EBUSY':
    case 'EMFILE':
    case 'ENFILE':
    case 'ESTALE':
      return { code: 'unreachable', says: `the disk does not take it now (${code})` };
    default:
      return { code: 'odd', says: `the disk answered ${code}` };
  }
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : 'with no code';
}
