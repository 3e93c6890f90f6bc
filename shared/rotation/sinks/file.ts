/**
 * A file as sink: PATH is what a node reads when it starts, PATH.next and PATH.previous are ours. Always mode 0600 and
 * replaced by a rename, so that readers see one value or the other. Nothing is added to a value, no newline either.
 */
import { basename, dirname, join } from 'node:path';
import type { Did, Slot, StoreSink } from '../rotation.ts';
import {
  type Disk,
  folderOf,
  Refused,
  readValue,
  removeFile,
  removeLeftovers,
  systemDisk,
  tellOf,
} from './file-disk.ts';
import { type Facts, regularFile, writeNew } from './file-write.ts';

export interface FileSettings {
  name: string;
  /** Absolute, without "..". */
  path: string;
  /** SEALWATCH_SINK_ROOT: links must not lead out of it. */
  root: string;
  /** Makes names of files that nobody else has. */
  random: (bytes: number) => Buffer;
  /** Our user's id; undefined where a system has none. */
  user?: number;
  /** Replaces parts of the system's, in tests. */
  disk?: Partial<Disk>;
}

const suffixes: Record<Slot, string> = { live: '', next: '.next', previous: '.previous' };

export function createFileSink(settings: FileSettings): StoreSink {
  const { name, path, root, random, user } = settings;
  const disk = { ...systemDisk, ...settings.disk };
  const base = basename(path);

  /** @param work is given the folder, links followed, and the slot's file in it. */
  async function inFolder<T>(
    slot: Slot,
    work: (folder: string, file: string) => Promise<T>,
  ): Promise<Did<T>> {
    try {
      const folder = await folderOf(disk, root, dirname(path));
      return { ok: true, value: await work(folder, join(folder, `${base}${suffixes[slot]}`)) };
    } catch (error) {
      const { code, says } = tellOf(error);
      return { ok: false, code, detail: `sink "${name}": ${path}${suffixes[slot]}: ${says}` };
    }
  }

  return {
    name,
    holds: 'value',
    read: (slot) => inFolder(slot, (_folder, file) => readValue(disk, file)),
    write: (slot, value) =>
      inFolder(slot, async (folder, file) => {
        if (value.length === 0) throw new Refused('wrong', 'an empty value is never written');
        await removeLeftovers(disk, folder, base);
        // Looked at for each slot: what is wrong with it shall show before a new credential is in anybody's hands.
        const live = await regularFile(disk, join(folder, base));
        readableAfterwards(live, user);
        const before = slot === 'live' ? live : await regularFile(disk, file);
        if (before && (await holds(file, value))) {
          await disk.syncFolder(folder);
        } else {
          const fresh = join(folder, `.${base}.sealwatch-${random(8).toString('hex')}`);
          await writeNew(disk, { fresh, file, folder, value, ...(live && { owner: live }) });
        }
        return `file ${file}`;
      }),
    clear: (slot) =>
      inFolder(slot, async (folder, file) => {
        await removeLeftovers(disk, folder, base);
        if (!(await regularFile(disk, file))) return;
        await removeFile(disk, file);
        await disk.syncFolder(folder);
      }),
  };

  async function holds(file: string, value: Buffer): Promise<boolean> {
    const held = await readValue(disk, file);
    const same = held?.equals(value) ?? false;
    held?.fill(0);
    return same;
  }
}

/** A node that cannot read the new file does not come back from its next restart (rule 9). */
function readableAfterwards(live: Facts | undefined, user: number | undefined): void {
  if (live && (live.mode & 0o044) !== 0) {
    const mode = (live.mode & 0o777).toString(8).padStart(4, '0');
    throw new Refused(
      'wrong',
      `its group or others may read it (mode ${mode}), and it will be 0600: if the node runs as its owner, chmod it to 0600`,
    );
  }
  if (live && user !== undefined && user !== 0 && live.uid !== user)
    throw new Refused(
      'denied',
      `it belongs to user ${live.uid}, and user ${user} would write it: with mode 0600 the node could not read it; run rotate as its owner`,
    );
}
