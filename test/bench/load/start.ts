/**
 * A process like the Functions worker, as far as starting an app goes. Prints ms since the process began until all
 * functions were registered, and ms more until the file of one handler was loaded, as its first trigger would.
 *
 * Usage: node start.mjs MAIN [HANDLER]
 */
import Module from 'node:module';
import { pathToFileURL } from 'node:url';

const [, , main = '', handler] = process.argv;
let registered = 0;
const core = {
  setProgrammingModel: () => undefined,
  log: () => undefined,
  registerFunction: () => {
    registered += 1;
  },
};
const worker = Module.prototype as { require(this: Module, id: string): unknown };
// oxlint-disable-next-line typescript/unbound-method -- called below with the module as `this`.
const original = worker.require;
worker.require = function require(this: Module, id: string): unknown {
  return id === '@azure/functions-core' ? core : Reflect.apply(original, this, [id]);
};

await import(pathToFileURL(main).href);
const startMs = performance.now();
if (registered === 0) throw new Error(`${main} registered no function`);
if (handler !== undefined) await import(pathToFileURL(handler).href);
process.stdout.write(JSON.stringify({ startMs, triggerMs: performance.now() - startMs }));
