import type { Draft } from '../draft.ts';
import type { Limits } from '../limits.ts';
import type { Path } from '../problem.ts';

/** What is known of the whole file, and where a check puts what it finds. */
export interface Context {
  draft: Draft;
  limits: Limits;
  /** A scalar as the file has it; undefined where it has none, and a default or nothing counts. */
  written: (path: Path) => string | undefined;
  /** Whether the file has anything but nothing there, well-formed or not. */
  present: (path: Path) => boolean;
  /** At the value of a path. */
  report: (path: Path, message: string, suggestion?: string) => void;
  /** At the key that a path ends with. */
  reportKey: (path: Path, message: string) => void;
}

/** Judges what needs more than one field. Judges only what is well-formed: the rest is reported already. */
export type Check = (context: Context) => void;

/** Calls `twice` for each key that was there before, with the paths of both. */
export function eachTwice(
  items: { key: string; path: Path }[],
  twice: (again: Path, first: Path) => void,
): void {
  const seen = new Map<string, Path>();
  for (const { key, path } of items) {
    const first = seen.get(key);
    if (first === undefined) seen.set(key, path);
    else twice(path, first);
  }
}
