/** A registration as functions/APP/manifest.json tells it: what a reviewer wants to see change. */

/** As @azure/functions gives it to the worker. */
export interface WorkerRegistration {
  name: string;
  bindings: Record<string, Record<string, unknown>>;
  retryOptions?: unknown;
}

const fields = [
  'type',
  'schedule',
  'runOnStartup',
  'useMonitor',
  'queueName',
  'connection',
  'methods',
  'route',
  'authLevel',
];

/** Without generated names of bindings and defaults of the library. */
export function described({ name, bindings, retryOptions }: WorkerRegistration): { name: string } {
  const all = Object.values(bindings);
  const trigger = all.find((binding) => String(binding['type']).endsWith('Trigger')) ?? {};
  const outputs = all.filter((binding) => binding['direction'] === 'out').map((binding) => binding['type']);
  const told = {
    name,
    trigger: Object.fromEntries(
      fields.filter((field) => field in trigger).map((field) => [field, trigger[field]]),
    ),
    outputs,
    retry: retryOptions ?? null,
  };
  return told;
}
