/** Runs a registered function as the worker does: the library's own model converts arguments and results. */
import { randomUUID } from 'node:crypto';
import type { Log } from '../shared/log/log.ts';
import type { ProgrammingModel, TypedData } from './core-types.ts';
import { writeFunctionLog } from './functions-core.ts';
import type { HostedFunction } from './hosted-function.ts';

/** Rejects with what the function threw; it is logged by then. */
export type Invoke = (
  hosted: HostedFunction,
  input: TypedData,
  triggerMetadata?: Record<string, TypedData>,
) => Promise<TypedData | undefined>;

export interface Invocations {
  invoke: Invoke;
  /** Waits until nothing runs and `settled` is, at most `ms`. @returns names of the functions that still run. */
  drain: (settled: Promise<unknown>, ms: number) => Promise<string[]>;
}

export function createInvocations(model: ProgrammingModel, log: Log): Invocations {
  const running = new Map<Promise<unknown>, string>();

  async function run(
    { name, triggerName, registration }: HostedFunction,
    input: TypedData,
    triggerMetadata: Record<string, TypedData>,
  ): Promise<TypedData | undefined> {
    const invocationId = randomUUID();
    const invocation = model.getInvocationModel({
      invocationId,
      metadata: { name, bindings: registration.bindings },
      request: { invocationId, inputData: [{ name: triggerName, data: input }], triggerMetadata },
      log: (level, _category, text) => writeFunctionLog(log, level, { function: name, invocationId, text }),
    });
    try {
      const { context, inputs } = await invocation.getArguments();
      const result = await invocation.invokeFunction(context, inputs, registration.callback);
      return (await invocation.getResponse(context, result)).returnValue ?? undefined;
    } catch (error) {
      log.error('function-failed', { function: name, invocationId, error });
      throw error;
    }
  }

  return {
    invoke(hosted, input, triggerMetadata = {}) {
      const promise = run(hosted, input, triggerMetadata);
      running.set(promise, hosted.name);
      const done = () => running.delete(promise);
      promise.then(done, done);
      return promise;
    },

    async drain(settled, ms) {
      let timer: NodeJS.Timeout | undefined;
      const patience = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, ms);
      });
      await Promise.race([Promise.allSettled([...running.keys(), settled]), patience]);
      clearTimeout(timer);
      return [...running.values()];
    },
  };
}
