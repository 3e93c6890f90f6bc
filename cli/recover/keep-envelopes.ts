/** Envelopes that were read from storage, kept where storage cannot be used any more: the way on without it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { contributionWords } from '../../shared/work/break-glass/contribute/resume.ts';
import type { Contribution } from '../../shared/work/break-glass/contribute/targets.ts';
import type { EnvelopeFile } from '../../shared/work/break-glass/envelope-file.ts';

/** Wrapped, as `sealwatch escrow export` writes them. @returns what the person is told. */
export async function keepEnvelopes(
  { generation, bytes }: EnvelopeFile,
  folder: string,
  contribution: Contribution | undefined,
): Promise<string> {
  const { cluster, generation: number, revision } = generation;
  const path = join(folder, `${cluster}.${number}.${revision}.envelopes.json`);
  const words = ['--without-state', ...(contribution ? contributionWords(contribution) : [])].join(' ');
  const way = (file: string) =>
    `To go on without storage: sealwatch recover --cluster ${cluster} --envelopes ${file} ${words} --reason "…"`;
  try {
    await writeFile(path, bytes, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    return isThere ? way(path) : `The envelopes could not be kept in ${path}. ${way('FILE')}`;
  }
  return `The envelopes are kept in ${path}. ${way(path)}`;
}
