/** The function files of every app: on one machine, one host is eyes, hands and keys. */
import { globSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Imports functions/<app>/*.ts, as the glob `main` in package.json has the Functions worker import the built ones. */
export async function loadFunctions(root: string): Promise<void> {
  for (const file of globSync('functions/*/*.ts', { cwd: root }).sort()) {
    await import(pathToFileURL(resolve(root, file)).href);
  }
}
