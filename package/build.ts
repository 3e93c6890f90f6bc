/** One app's package: what the Functions worker and host need, and nothing of another app. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { type App, mainFile, root } from './apps.ts';
import { bundle, modulesOf } from './bundle.ts';
import { hostJsonOf } from './host-json.ts';
import { licenceList } from './licences.ts';
import { mainSource } from './main-source.ts';
import { readRegistrations } from './read-registrations.ts';

export interface Package {
  app: App;
  /** By path in the package, sorted. */
  files: Map<string, Uint8Array>;
  /** Of which anything is in it, by path from the repository's root, sorted. */
  modules: string[];
  metafile: Metafile;
}

/** The same bytes for the same sources: no time, no path of this machine. @throws Error of what cannot be built */
export async function buildPackage(app: App): Promise<Package> {
  const [files, { version }, manifest, hostJson] = await Promise.all([
    readRegistrations(app),
    readJson<{ version: string }>('package.json'),
    readJson<{ functions: unknown[] }>(`functions/${app}/manifest.json`),
    hostJsonOf(app),
  ]);
  const bundled = await bundle(mainSource(files));
  const modules = modulesOf(bundled.metafile);
  const all = new Map(bundled.files);
  const add = (path: string, text: string) => all.set(path, Buffer.from(text));
  const addJson = (path: string, value: object) => add(path, `${JSON.stringify(value, null, 2)}\n`);
  addJson('package.json', {
    name: `sealwatch-${app}`,
    version,
    private: true,
    type: 'module',
    main: mainFile,
    engines: { node: '24.x' },
  });
  addJson('host.json', hostJson);
  addJson('manifest.json', { app, functions: manifest.functions });
  add('THIRD-PARTY-LICENCES.txt', await licenceList(modules));
  const sorted = [...all].sort(([a], [b]) => (a < b ? -1 : 1));
  return { app, files: new Map(sorted), modules, metafile: bundled.metafile };
}

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(join(root, path), 'utf8')) as T;
}

export function bytesOf({ files }: Pick<Package, 'files'>): number {
  let bytes = 0;
  for (const { length } of files.values()) bytes += length;
  return bytes;
}
