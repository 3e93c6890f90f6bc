/** Packages on disk: BUILD/APP/ and BUILD/APP.zip. */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Package } from './build.ts';
import { zip } from './zip.ts';

/** Settings of a person who runs the folder with the platform's own tools; never part of a package. */
const kept = 'local.settings.json';

/** @returns the package's folder, which holds what it should and nothing that was left from before. */
export async function writePackage({ app, files }: Package, build: string): Promise<string> {
  const folder = join(build, app);
  await mkdir(folder, { recursive: true });
  const before = (await readdir(folder)).filter((name) => name !== kept);
  await Promise.all(before.map((name) => rm(join(folder, name), { recursive: true })));
  for (const [path, bytes] of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  }
  await writeFile(join(build, `${app}.zip`), zip(files));
  return folder;
}
