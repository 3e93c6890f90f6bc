/** The licence list of a package: every npm package of which anything is in it, with its licence's text. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { root } from './apps.ts';

const packageJson = z.object({ name: z.string(), version: z.string(), license: z.string() });

const isLicence = /^(licen[cs]e|copying|notice|third-?party)/i;

/** Folders of npm packages, from the repository's root, to which these modules belong. */
export function packageFolders(modules: readonly string[]): string[] {
  const found = modules.flatMap((path) => {
    const [folder] = /^(.*\/)?node_modules\/(@[^/]+\/)?[^/]+/.exec(path) ?? [];
    return folder === undefined ? [] : [folder];
  });
  return [...new Set(found)].sort();
}

/**
 * These packages, as they are installed: what esbuild took.
 * @throws ZodError for one that names no licence: it must not be shipped before somebody looked.
 */
export async function packagesOf(modules: readonly string[]) {
  return Promise.all(
    packageFolders(modules).map(async (folder) => {
      const text = await readFile(join(root, folder, 'package.json'), 'utf8');
      return { folder, ...packageJson.parse(JSON.parse(text)) };
    }),
  );
}

/** @throws ZodError as above. */
export async function licenceList(modules: readonly string[]): Promise<string> {
  const packages = await packagesOf(modules);
  const parts = await Promise.all(
    packages.map(async ({ folder, name, version, license }) => {
      const names = (await readdir(join(root, folder))).filter((file) => isLicence.test(file)).sort();
      const texts = await Promise.all(names.map((file) => readFile(join(root, folder, file), 'utf8')));
      const text = texts.map((each) => each.replaceAll('\r\n', '\n').trim()).join('\n\n');
      return {
        title: `${name} ${version}`,
        license,
        text: text || `(it comes with no text; its licence is ${license})`,
      };
    }),
  );
  const sorted = parts.sort((a, b) => (a.title < b.title ? -1 : 1));
  const list = sorted.map(({ title, license }) => `  ${title}: ${license}`).join('\n');
  const texts = sorted.map(
    ({ title, license, text }) => `${'='.repeat(80)}\n${title} (${license})\n\n${text}\n`,
  );
  return `This package contains code of:\n\n${list}\n\n${texts.join('\n')}`;
}
