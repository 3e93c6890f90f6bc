/** The worker's part: what `@azure/functions` requires, once, as `@azure/functions-core`; runs go by its model. */
import { randomUUID } from 'node:crypto';
import Module from 'node:module';
import type { Log } from '../shared/log/log.ts';
import type { ProgrammingModel, Registration, TypedData } from './core-types.ts';
import type { HostedFunction } from './hosted-function.ts';

const levels: Record<string, 'warn' | 'error'> = { warning: 'warn', error: 'error', critical: 'error' };
let model: ProgrammingModel | undefined;
let collecting: Registration[] | undefined;
let libraryLog: Log | undefined;

const core = {
  setProgrammingModel(given: ProgrammingModel): void {
    model = given;
  },
  registerFunction(given: Omit<Registration, 'callback'>, callback: Registration['callback']): void {
    if (!collecting) throw new Error(`"${given.name}" was registered after the start: register at import.`);
    collecting.push({ ...given, callback });
  },
  registerHook(name: string): never {
    throw new Error(`app.hook.${name}: the embedded host has no hooks.`);
  },
  /** Of the library itself. It takes a worker with a `log` for one that can stream HTTP, and says so when it will. */
  log(level: string, _category: string, text: string): void {
    if (text.startsWith('HTTP streaming')) throw new Error('app.setup: enableHttpStream is not supported.');
    libraryLog?.[levels[level] ?? 'info']('function-log', { text });
  },
};

// oxlint-disable-next-line typescript/unbound-method -- applied to its own `this` below
const original = Module.prototype.require;
Module.prototype.require = function require(this: Module, id: string): unknown {
  return id === '@azure/functions-core' ? core : Reflect.apply(original, this, [id]);
} as typeof original;

/**
 * Runs `load` and takes what it registers. A module that was imported before registers nothing again.
 * @throws what `load` throws, or that nothing was registered.
 */
export async function collectFunctions(load: () => Promise<void>, log: Log) {
  if (collecting) throw new Error('another host is loading its functions: one at a time.');
  const registrations: Registration[] = [];
  collecting = registrations;
  libraryLog = log;
  try {
    await load();
  } finally {
    collecting = undefined;
  }
  if (registrations.length === 0 || !model) throw new Error('the function files registered no function.');
  return { registrations, model };
}

/** Rejects with what the function threw; it is logged by then. `tries`: of a queue's message. */
export type Invoke = (hosted: HostedFunction, input: TypedData, tries?: number) => Promise<TypedData>;

/** @param running holds each run and its function's name while it goes on. */
export function invokeBy(model: ProgrammingModel, log: Log, running: Map<Promise<unknown>, string>): Invoke {
  const run: Invoke = async ({ name, triggerName, registration }, input, tries) => {
    const invocationId = randomUUID();
    const triggerMetadata = tries === undefined ? {} : { DequeueCount: { int: tries } };
    const invocation = model.getInvocationModel({
      invocationId,
      metadata: registration,
      request: { invocationId, inputData: [{ name: triggerName, data: input }], triggerMetadata },
      log: (level: string, _category: string, text: string) =>
        log[levels[level] ?? 'info']('function-log', { function: name, invocationId, text }),
    });
    try {
      const { context, inputs } = await invocation.getArguments();
      const result = await invocation.invokeFunction(context, inputs, registration.callback);
      return (await invocation.getResponse(context, result)).returnValue ?? {};
    } catch (error) {
      log.error('function-failed', { function: name, invocationId, error });
      throw error;
    }
  };
  return (hosted, ...given) => {
    const ending: Promise<TypedData> = run(hosted, ...given).finally(() => running.delete(ending));
    running.set(ending, hosted.name);
    return ending;
  };
}
