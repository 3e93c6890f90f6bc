/** How a file is replaced: written whole beside it, made to last, and renamed over it. */
import { constants, type Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { codeOf, type Disk, Refused } from './file-disk.ts';

export type Facts = Pick<Stats, 'mode' | 'uid' | 'gid'>;

/** What is at a path; undefined: nothing. Refuses all but a file: a rename would take a link's place, not its target's. */
export async function regularFile(disk: Disk, path: string): Promise<Facts | undefined> {
  try {
    const facts = await disk.lstat(path);
    if (facts.isFile()) return facts;
    throw new Refused(
      'wrong',
      facts.isSymbolicLink()
        ? 'it is a link, and links are not followed: put the file itself there'
        : 'it is not a file',
    );
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

interface NewFile {
  /** In the same folder, with a name that nothing has. */
  fresh: string;
  file: string;
  folder: string;
  value: Buffer;
  /** Who had it before, and shall have it again; only root may give a file away. */
  owner?: Pick<Facts, 'uid' | 'gid'>;
}

export async function writeNew(disk: Disk, { fresh, file, folder, value, owner }: NewFile): Promise<void> {
  const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
  const handle = await disk.open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    await fill(handle, value, owner);
    await takePlace(disk, fresh, file);
  } catch (error) {
    // What cannot be removed now goes with the next write.
    await disk.unlink(fresh).catch(() => undefined);
    throw error;
  }
  await disk.syncFolder(folder);
}

async function takePlace(disk: Disk, fresh: string, file: string): Promise<void> {
  try {
    await disk.rename(fresh, file);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    throw new Refused('odd', 'another run wrote it at the same time, and this one changed nothing');
  }
}

async function fill(handle: FileHandle, value: Buffer, owner: NewFile['owner']): Promise<void> {
  try {
    if (owner) await giveTo(handle, owner);
    // Whatever the umask is.
    await handle.chmod(0o600);
    await handle.writeFile(value);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function giveTo(handle: FileHandle, { uid, gid }: Pick<Facts, 'uid' | 'gid'>): Promise<void> {
  const made = await handle.stat();
  // The group reads nothing of mode 0600.
  if (made.uid !== uid) await handle.chown(uid, gid);
}
