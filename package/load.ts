/**
 * Loads a package as the Functions worker does (every match of its package.json's `main`, with @azure/functions-core put
 * in the way of Node's `require`), then every other file of it, in this process of its own. Prints JSON.
 *
 * Usage: node package/load.ts FOLDER
 */
import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import Module from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Loaded } from './check.ts';
import type { WorkerRegistration } from './described.ts';

const folder = process.argv[2] ?? '';
const registrations: WorkerRegistration[] = [];
const core = {
  version: '1.0.0',
  setProgrammingModel: () => undefined,
  registerHook: () => undefined,
  log: () => undefined,
  registerFunction: (registration: WorkerRegistration) => registrations.push(registration),
};
const worker = Module.prototype as { require(this: Module, id: string): unknown };
// oxlint-disable-next-line typescript/unbound-method -- called below with the module as `this`.
const original = worker.require;
worker.require = function require(this: Module, id: string): unknown {
  return id === '@azure/functions-core' ? core : Reflect.apply(original, this, [id]);
};
const load = (file: string) => import(pathToFileURL(join(folder, file)).href);

const { main } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { main: string };
const files = globSync(main, { cwd: folder }).sort();
for (const file of files) await load(file);
const atStart = registrations.length;
const handles = process
  .getActiveResourcesInfo()
  .filter((name) => !/^(Pipe|TTY|FSReqPromise|CloseReq|Immediate)/.test(name));

// Handlers and SDKs: a chunk that cannot be loaded would be found by the first trigger.
for (const file of globSync('**/*.mjs', { cwd: folder }).sort()) await load(file);

const loaded: Loaded = { files, registrations, late: registrations.length - atStart, handles };
process.stdout.write(JSON.stringify(loaded), () => process.exit(0));
