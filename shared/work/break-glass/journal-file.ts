/** The journal as a file that only its owner reads and writes (0600): appended to and synced, never rewritten. */
import { constants, type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Recovery } from '../../recovery/recovery.ts';
import { type Journal, type JournalEntry, journalVersion, openRecovery, readJournal } from './journal.ts';
import { codeOf, contents, syncFolder, wholeFile, write } from './synced-file.ts';

export interface JournalOwner {
  id: string;
  host: string;
  pid: number;
  /** Whether a process of this machine lives. */
  lives: (pid: number) => boolean;
}

export type OpenedJournal = { ok: true; journal: Journal } | { ok: false; message: string };

/** Far more than one recovery writes, bytes. */
const mostBytes = 64 * 1024 * 1024;

/** The disk took no more: whoever was about to act on the write must not. Says which file and why, in our words. */
export class JournalBroken extends Error {
  override name = 'JournalBroken';
}

/** Makes the file where there is none; of one that is there, goes on behind its last whole line. */
export async function openJournal(
  path: string,
  cluster: string,
  at: number,
  owner: JournalOwner,
): Promise<OpenedJournal> {
  let file: FileHandle | undefined;
  try {
    const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDWR } = constants;
    file = await open(path, O_RDWR | O_APPEND | O_CREAT | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0), 0o600);
    const problem = await begin(file, path, cluster, owner);
    if (problem !== undefined) return await refuse(file, problem);
    await write(file, {
      kind: 'run',
      v: journalVersion,
      id: owner.id,
      host: owner.host,
      pid: owner.pid,
      cluster,
      at,
    });
    await syncFolder(path);
    // Read again: of two that began at the same time, the file says who was first.
    const again = readJournal(await contents(file));
    const entries = again.ok ? again.entries : [];
    const [first] = livingRuns(entries, owner);
    if (first?.id !== owner.id) {
      await write(file, { kind: 'run-ended', id: owner.id, at });
      return await refuse(file, inUse(path, first?.pid));
    }
    const before = entries.filter((entry) => entry.kind !== 'run' || entry.id !== owner.id);
    return { ok: true, journal: journalOf(file, path, before, owner) };
  } catch (error) {
    await file?.close();
    return {
      ok: false,
      message: `${path} cannot be written (${codeOf(error)}): name another place with --file`,
    };
  }
}

/** What the files of a cluster in a folder say, oldest first; those that cannot be read say nothing. */
export async function pastEntries(folder: string, cluster: string): Promise<JournalEntry[][]> {
  const all: JournalEntry[][] = [];
  for (const name of (await filesOf(folder, cluster)).toReversed()) {
    try {
      const read = readJournal(await wholeFile(join(folder, name)));
      if (read.ok) all.push(read.entries);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error;
    }
  }
  return all;
}

/** The newest file of a cluster in a folder that holds a recovery which did not end, or cannot be read. */
export async function unfinished(folder: string, cluster: string): Promise<string | undefined> {
  for (const name of await filesOf(folder, cluster)) {
    const path = join(folder, name);
    const left = await leftOpen(path, cluster);
    if (left !== undefined) return path;
  }
  return undefined;
}

/** Newest first. */
async function filesOf(folder: string, cluster: string): Promise<string[]> {
  const pattern = new RegExp(`^sealwatch-recovery-${cluster}-\\d{8}T\\d{9}Z\\.jsonl$`);
  return (await readdir(folder))
    .filter((name) => pattern.test(name))
    .sort()
    .toReversed();
}

/** The recovery that a file left open; `damaged`: nobody can tell. */
export async function leftOpen(path: string, cluster: string): Promise<Recovery | 'damaged' | undefined> {
  const read = readJournal(await wholeFile(path));
  return read.ok ? openRecovery(read.entries, cluster) : 'damaged';
}

/** ./sealwatch-recovery-CLUSTER-20261122T020000123Z.jsonl */
export function journalName(cluster: string, at: number): string {
  return `sealwatch-recovery-${cluster}-${new Date(at).toISOString().replace(/[-:.]/g, '')}.jsonl`;
}

/** What keeps the file from being used; half a line at its end, of a process that was killed, is cut off. */
async function begin(
  file: FileHandle,
  path: string,
  cluster: string,
  owner: JournalOwner,
): Promise<string | undefined> {
  const facts = await file.stat();
  const strange = `${path} is no file of a recovery: name another one with --file`;
  if (!facts.isFile() || facts.size > mostBytes) return strange;
  if ((facts.mode & 0o077) !== 0 && process.platform !== 'win32') {
    return `${path} can be read or written by others: chmod 600 it, if what is in it is yours`;
  }
  const bytes = await contents(file);
  if (bytes.length > 0 && bytes[0] !== '{'.charCodeAt(0)) return strange;
  const read = readJournal(bytes);
  if (!read.ok && read.newer !== undefined) {
    return `${path} was written by a newer Sealwatch (v${read.newer}): upgrade this one, or name another file with --file; shares that nodes hold then count as somebody else's for a while`;
  }
  if (!read.ok) {
    return `${path} is damaged in line ${read.line}: name another one with --file; shares that nodes hold then count as somebody else's for a while`;
  }
  if (read.entries.some((entry) => entry.kind === 'run' && entry.cluster !== cluster)) {
    return `${path} is of another cluster: name another one with --file`;
  }
  const [other] = livingRuns(read.entries, owner);
  if (other) return inUse(path, other.pid);
  if (bytes.length > read.bytes) await file.truncate(read.bytes);
  return undefined;
}

function inUse(path: string, pid = 0): string {
  return `another sealwatch recover (process ${pid}) works with ${path}: let it end, or stop it`;
}

function journalOf(file: FileHandle, path: string, before: JournalEntry[], owner: JournalOwner): Journal {
  const others = before.flatMap((entry) => (entry.kind === 'run' ? [entry] : []));
  const ended = new Set(before.flatMap((entry) => (entry.kind === 'run-ended' ? [entry.id] : [])));
  // Of a process on another machine nobody here can tell whether it lives: its lease runs out by itself.
  const over = others.filter(({ id, host }) => ended.has(id) || host === owner.host).map(({ id }) => id);
  // One after the other: half a line between two others would make the file unreadable.
  let last: Promise<void> = Promise.resolve();
  let broken = false;
  const append = (entry: JournalEntry): Promise<void> => {
    last = last.then(async () => {
      if (broken) throw new JournalBroken(`${path} could not be written before: nothing more is done`);
      try {
        await write(file, entry);
      } catch (error) {
        broken = true;
        throw new JournalBroken(`${path} cannot be written (${codeOf(error)})`);
      }
    });
    const result = last;
    // The next one asks `broken`; whoever waits for this one hears of it.
    last = result.catch(() => undefined);
    return result;
  };
  return {
    path,
    before,
    run: owner.id,
    overRuns: new Set(over),
    append,
    async close(at) {
      await append({ kind: 'run-ended', id: owner.id, at }).catch(() => undefined);
      await file.close();
    },
  };
}

function livingRuns(entries: JournalEntry[], { id: own, host, lives }: JournalOwner) {
  const ended = new Set(entries.flatMap((entry) => (entry.kind === 'run-ended' ? [entry.id] : [])));
  return entries.flatMap((entry) =>
    entry.kind === 'run' &&
    !ended.has(entry.id) &&
    (entry.id === own || (entry.host === host && lives(entry.pid)))
      ? [entry]
      : [],
  );
}

async function refuse(file: FileHandle, message: string): Promise<OpenedJournal> {
  await file.close();
  return { ok: false, message };
}
