/** A process that dies at one of its writes. */
import { readFile, writeFile } from 'node:fs/promises';
import type { Journal } from '../../../shared/work/break-glass/journal.ts';

/** What a process is killed with; its file is as it was then once `asItWas` is called. */
export class Killed extends Error {}

/** A journal whose process is killed before or after its n-th write; or in the middle of it. */
export function killing(at: number, when: 'before' | 'after' | 'torn') {
  const killed = { writes: 0, path: '', file: undefined as Buffer | undefined };
  const around = (journal: Journal): Journal => ({
    ...journal,
    async append(entry) {
      if (killed.file) throw new Killed('killed');
      killed.writes += 1;
      killed.path = journal.path;
      if (killed.writes !== at) return journal.append(entry);
      if (when !== 'before') await journal.append(entry);
      const file = await readFile(journal.path);
      killed.file = when === 'torn' ? file.subarray(0, file.length - 7) : file;
      throw new Killed('killed');
    },
  });
  return { killed, around, asItWas: () => (killed.file ? writeFile(killed.path, killed.file) : undefined) };
}
