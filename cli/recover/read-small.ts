import { readFile, stat } from 'node:fs/promises';

const mostBytes = 4 * 1024 * 1024;

/** The bytes, or the error's code. */
export async function readSmall(path: string): Promise<Buffer | string> {
  try {
    const { size } = await stat(path);
    return size > mostBytes ? 'too large' : await readFile(path);
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  }
}
