/** The apps that are packaged: a folder is an app is an identity (DESIGN, "Three apps from one package"). */
import { join } from 'node:path';

export const apps = ['watch', 'rotate', 'recover'] as const;
export type App = (typeof apps)[number];

export const root = join(import.meta.dirname, '..');

/** Of one package, map files and all, bytes. */
export const largestBytes = 10 * 1000 * 1000;

/** What the worker loads: one file, so that `main` cannot match a chunk. */
export const mainFile = 'main.mjs';
