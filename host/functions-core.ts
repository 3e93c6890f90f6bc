/**
 * `@azure/functions-core`, which only the Functions worker has: the package `@azure/functions` requires it by name
 * on the first registration, and remembers it for the life of the process. The worker supplies it in the same way.
 */
import Module from 'node:module';
import type { Log } from '../shared/log/log.ts';
import type { ProgrammingModel, Registration } from './core-types.ts';

/** Registrations that `load` makes. One at a time: the library knows one core. */
export interface Collected {
  registrations: Registration[];
  model: ProgrammingModel;
}

type CoreLevel = 'trace' | 'debug' | 'information' | 'warning' | 'error' | 'critical' | 'none';

let supplied = false;
let model: ProgrammingModel | undefined;
let collecting: Registration[] | undefined;
let libraryLog: Log | undefined;

const core = {
  version: '1.0.0',
  setProgrammingModel(given: ProgrammingModel): void {
    model = given;
  },
  getProgrammingModel: () => model,
  registerFunction(metadata: Omit<Registration, 'callback'>, callback: Registration['callback']): void {
    if (!collecting) {
      throw new Error(`function "${metadata.name}" was registered after the start: register at import.`);
    }
    collecting.push({ ...metadata, callback });
  },
  registerHook(name: string): never {
    throw new Error(`app.hook.${name}: the embedded host has no hooks.`);
  },
  log(level: CoreLevel, _category: string, message: string): void {
    if (libraryLog) writeFunctionLog(libraryLog, level, { text: message });
  },
};

/**
 * Runs `load` and takes what it registers. A module that was imported before registers nothing again.
 *
 * @throws what `load` throws, or that nothing was registered.
 */
export async function collectFunctions(load: () => Promise<void>, log: Log): Promise<Collected> {
  if (collecting) throw new Error('another host is loading its functions: one at a time.');
  supply();
  libraryLog = log;
  collecting = [];
  try {
    await load();
    if (collecting.length === 0 || !model) throw new Error('the function files registered no function.');
    return { registrations: collecting, model };
  } finally {
    collecting = undefined;
  }
}

/** What a function says with context.log and its like. */
export function writeFunctionLog(log: Log, level: CoreLevel, fields: Record<string, unknown>): void {
  if (level === 'error' || level === 'critical') log.error('function-log', fields);
  else if (level === 'warning') log.warn('function-log', fields);
  else log.info('function-log', fields);
}

function supply(): void {
  if (supplied) return;
  supplied = true;
  // oxlint-disable-next-line typescript/unbound-method -- applied to its own `this` below
  const original = Module.prototype.require;
  Module.prototype.require = function require(this: Module, id: string): unknown {
    return id === '@azure/functions-core' ? core : Reflect.apply(original, this, [id]);
  } as typeof original;
}
