/** Lines at the end of a file, each on the disk before anybody acts on it. */
import { constants, type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { JournalEntry } from './journal.ts';

/** Resolves once the line is on the disk. */
export async function write(file: FileHandle, entry: JournalEntry): Promise<void> {
  const line = Buffer.from(`${JSON.stringify(entry)}\n`);
  for (let at = 0; at < line.length; ) at += (await file.write(line, at)).bytesWritten;
  await file.sync();
}

export async function contents(file: FileHandle): Promise<Buffer> {
  const { size } = await file.stat();
  const bytes = Buffer.alloc(size);
  let at = 0;
  while (at < size) {
    const { bytesRead } = await file.read(bytes, at, size - at, at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return bytes.subarray(0, at);
}

export async function wholeFile(path: string): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    return await contents(file);
  } finally {
    await file.close();
  }
}

/** The name of a new file is on the disk only with its folder. Windows knows no such thing. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(dirname(path), constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Of the system: EACCES, ENOSPC; never its text. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
