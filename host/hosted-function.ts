/** A registration that this host can serve, or every reason why it cannot. */
import { Cron } from 'croner';
import type { Binding, Registration } from './core-types.ts';
import type { HostSettings } from './host-json.ts';
import { parseRoute, type Route } from './route.ts';

export interface HostedFunction {
  name: string;
  /** Of the trigger's binding: a hash. */
  triggerName: string;
  registration: Registration;
  trigger:
    | { kind: 'timer'; schedule: string }
    | { kind: 'queue'; queue: string; connectionString: string }
    | { kind: 'http'; methods: string[]; route: Route; keyed: boolean };
}

export interface Offer {
  settings: Record<string, string>;
  host: HostSettings;
  /** Whether there is a function key to compare with. */
  hasKey: boolean;
}

/** @throws Error that names each function which cannot be served, and why. */
export function hostFunctions(registrations: Registration[], offer: Offer): HostedFunction[] {
  const problems: string[] = [];
  const hosted = registrations.flatMap((registration) => {
    try {
      return [hostFunction(registration, offer)];
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      problems.push(`function "${registration.name}": ${why}`);
      return [];
    }
  });
  for (const name of twice(registrations.map((registration) => registration.name))) {
    problems.push(`function "${name}": registered twice`);
  }
  const routes = hosted.flatMap(({ trigger }) =>
    trigger.kind === 'http' ? trigger.methods.map((method) => `${method} ${trigger.route.shape}`) : [],
  );
  for (const route of twice(routes)) problems.push(`two functions serve ${route}`);
  if (problems.length > 0)
    throw new Error(`the embedded host cannot serve these:\n  ${problems.join('\n  ')}`);
  return hosted;
}

function hostFunction(registration: Registration, offer: Offer): HostedFunction {
  const { name, bindings, retryOptions } = registration;
  if (retryOptions !== undefined)
    throw new Error('retry policies are not supported; queues retry by host.json');
  const entries = Object.entries(bindings);
  const [triggerName, binding] = entries.find(([, { type }]) => /trigger$/i.test(type)) ?? [];
  if (triggerName === undefined || !binding) throw new Error('it has no trigger');
  const trigger = triggerOf(name, binding, offer);
  for (const [bindingName, { type, direction }] of entries) {
    const isResponse = bindingName === '$return' && type === 'http' && trigger.kind === 'http';
    if (bindingName === triggerName || isResponse) continue;
    throw new Error(`${direction === 'out' ? 'output' : 'extra input'} binding "${type}" is not supported`);
  }
  return { name, triggerName, registration, trigger };
}

function triggerOf(name: string, binding: Binding, offer: Offer): HostedFunction['trigger'] {
  const option = (key: string): string => {
    const value = binding[key];
    if (typeof value !== 'string' || value === '') throw new Error(`${key} is missing`);
    return fillSettings(value, offer.settings);
  };
  switch (binding.type.toLowerCase()) {
    case 'timertrigger':
      if (binding.runOnStartup === true) throw new Error('runOnStartup is not supported');
      return { kind: 'timer', schedule: checkSchedule(option('schedule')) };
    case 'queuetrigger': {
      const setting = typeof binding.connection === 'string' ? binding.connection : 'AzureWebJobsStorage';
      const connectionString = offer.settings[setting];
      if (connectionString === undefined) throw new Error(`setting ${setting} (its connection) is missing`);
      return { kind: 'queue', queue: option('queueName'), connectionString };
    }
    case 'httptrigger': {
      const { authLevel } = binding;
      if (authLevel !== 'anonymous' && authLevel !== 'function') {
        throw new Error(`authLevel "${String(authLevel)}" is not supported, only anonymous and function`);
      }
      if (authLevel === 'function' && !offer.hasKey)
        throw new Error('authLevel "function" needs a function key');
      const methods = Array.isArray(binding.methods)
        ? binding.methods.map((method) => String(method).toUpperCase())
        : [];
      const path = binding.route === undefined ? name : option('route');
      const route = parseRoute([offer.host.routePrefix, path].filter((part) => part !== '').join('/'));
      return { kind: 'http', methods, route, keyed: authLevel === 'function' };
    }
    default:
      throw new Error(`trigger "${binding.type}" is not supported, only timer, storage queue and HTTP`);
  }
}

/** `%NAME%` as in the Functions host. */
function fillSettings(text: string, settings: Record<string, string>): string {
  return text.replace(/%([^%]+)%/g, (_, name: string) => {
    const value = settings[name];
    if (value === undefined) throw new Error(`setting ${name} is missing`);
    return value;
  });
}

/** Only what NCRONTAB and croner both read, and read alike. */
function checkSchedule(schedule: string): string {
  const fields = schedule.trim().split(/\s+/);
  const item = /^(\*|(\d+|[a-z]{3})(-(\d+|[a-z]{3}))?)$/i;
  const step = /^(\*|\d+-\d+)\/\d+$/;
  const plain = fields.every((field) => field.split(',').every((part) => item.test(part) || step.test(part)));
  const wanted = 'six fields are needed: second minute hour day month weekday';
  if (fields.length !== 6 || !plain) throw new Error(`schedule "${schedule}" is not supported; ${wanted}`);
  try {
    new Cron(schedule, { ...cronOptions, paused: true }).stop();
  } catch {
    throw new Error(`schedule "${schedule}" is not valid; ${wanted}`);
  }
  return schedule;
}

/** NCRONTAB: seconds first; day and weekday both have to match; UTC, as on Flex Consumption. */
export const cronOptions = { mode: '6-part', domAndDow: true, timezone: 'UTC' } as const;

function twice(names: string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}
