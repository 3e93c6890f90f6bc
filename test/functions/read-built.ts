/**
 * Loads the built function files as the Functions worker does (every match of package.json's `main`), in this process
 * of its own, and prints what they registered, what they wrote and what they opened while doing so.
 *
 * Usage: node read-built.ts FOLDER
 */
import { glob } from 'node:fs/promises';
import Module from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import manifest from '../../package.json' with { type: 'json' };

const folder = process.argv[2] ?? '';
interface Registration {
  name: string;
  bindings: Record<string, Record<string, unknown>>;
  retryOptions?: unknown;
}
const registrations: Registration[] = [];
const core = {
  version: '1.0.0',
  setProgrammingModel: () => undefined,
  registerHook: () => undefined,
  log: () => undefined,
  registerFunction: (registration: Registration) => registrations.push(registration),
};
const worker = Module.prototype as { require(this: Module, id: string): unknown };
// oxlint-disable-next-line typescript/unbound-method -- called below with the module as `this`.
const original = worker.require;
worker.require = function require(this: Module, id: string): unknown {
  return id === '@azure/functions-core' ? core : Reflect.apply(original, this, [id]);
};

const files: string[] = [];
for await (const file of glob(manifest.main.replace(/^dist\//, ''), { cwd: folder })) files.push(file);
for (const file of files.sort()) await import(pathToFileURL(join(folder, file)).href);

const handles = process
  .getActiveResourcesInfo()
  .filter((name) => !/^(Pipe|TTY|FSReqPromise|CloseReq|Immediate)/.test(name));
console.log(JSON.stringify({ files, registrations, handles, environment: 'none was needed' }));
