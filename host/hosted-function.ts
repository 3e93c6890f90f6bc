/** A registration that this host can serve, or every reason why it cannot. */
import { Cron } from 'croner';
import type { Binding, Registration } from './core-types.ts';
import type { HostSettings } from './host-json.ts';
import { parseRoute, type Route } from './route.ts';

export type QueueTrigger = { kind: 'queue'; queue: string; connectionString: string };
type Trigger =
  | { kind: 'timer'; schedule: string }
  | QueueTrigger
  | { kind: 'http'; methods: string[]; route: Route; keyed: boolean };

export interface HostedFunction {
  name: string;
  /** Of the trigger's binding: a hash. */
  triggerName: string;
  registration: Registration;
  trigger: Trigger;
}

type Offer = { settings: Record<string, string>; host: HostSettings; hasKey: boolean };

/** @throws Error that names each function which cannot be served, and why. */
export function hostFunctions(registrations: Registration[], offer: Offer): HostedFunction[] {
  const problems: string[] = [];
  const hosted: HostedFunction[] = [];
  for (const registration of registrations) {
    try {
      hosted.push(hostFunction(registration, offer));
    } catch (error) {
      problems.push(`function "${registration.name}": ${(error as Error).message}`);
    }
  }
  const served = hosted.flatMap(({ name, trigger }) => [
    `function "${name}"`,
    ...(trigger.kind === 'http' ? trigger.methods.map((method) => `${method} ${trigger.route.shape}`) : []),
  ]);
  const twice = served.filter((each, index) => served.indexOf(each) !== index);
  problems.push(...twice.map((each) => `${each}: registered twice`));
  if (problems.length === 0) return hosted;
  throw new Error(`the embedded host cannot serve these:\n  ${problems.join('\n  ')}`);
}

function hostFunction(registration: Registration, offer: Offer): HostedFunction {
  const { name, bindings, retryOptions } = registration;
  if (retryOptions) refuse('retry policies are not supported; queues retry by host.json');
  // The library names the trigger first; an HTTP function's answer is its binding `$return`.
  const [[triggerName, binding] = refuse('it has no trigger'), ...others] = Object.entries(bindings);
  const trigger = triggerOf(name, binding, offer);
  for (const [key, { type, direction }] of others) {
    if (trigger.kind === 'http' && key === '$return' && type === 'http') continue;
    refuse(`${direction === 'out' ? 'output' : 'extra input'} binding "${type}" is not supported`);
  }
  return { name, triggerName, registration, trigger };
}

function triggerOf(name: string, binding: Binding, { settings, host, hasKey }: Offer): Trigger {
  const setting = (key: string): string => settings[key] ?? refuse(`setting ${key} is missing`);
  /** With `%NAME%` filled in, as in the Functions host. */
  const option = (key: keyof Binding): string => {
    const text = String(binding[key] ?? '').replace(/%([^%]+)%/g, (_, of: string) => setting(of));
    return text || refuse(`${key} is missing`);
  };
  switch (binding.type) {
    case 'timerTrigger':
      if (binding.runOnStartup) refuse('runOnStartup is not supported');
      return { kind: 'timer', schedule: checkSchedule(option('schedule')) };
    case 'queueTrigger': {
      const connectionString = setting(binding.connection ?? 'AzureWebJobsStorage');
      return { kind: 'queue', queue: option('queueName'), connectionString };
    }
    case 'httpTrigger': {
      const level = option('authLevel');
      const keyed = level === 'function';
      if (!keyed && level !== 'anonymous') refuse(`authLevel "${level}" is neither anonymous nor function`);
      if (keyed && !hasKey) refuse('authLevel "function" needs a function key');
      const methods = (binding.methods ?? []).map((method) => method.toUpperCase());
      const route = parseRoute(`${host.routePrefix}/${binding.route === undefined ? name : option('route')}`);
      return { kind: 'http', methods, route, keyed };
    }
    default:
      return refuse(`trigger "${binding.type}" is not supported, only timer, storage queue and HTTP`);
  }
}

/** NCRONTAB: seconds first; day and weekday both have to match; UTC, as on Flex Consumption. */
export const cronOptions = { mode: '6-part', domAndDow: true, timezone: 'UTC' } as const;

// Only what NCRONTAB and croner both read, and read alike.
const field = /(\*|(\d+|[a-z]{3})(-(\d+|[a-z]{3}))?|(\*|\d+-\d+)\/\d+)/.source;
const sixFields = new RegExp(`^\\s*${field}(,${field})*(\\s+${field}(,${field})*){5}\\s*$`, 'i');

function checkSchedule(schedule: string): string {
  try {
    new Cron(schedule, { ...cronOptions, paused: true }).stop();
    if (sixFields.test(schedule)) return schedule;
  } catch {
    // Told below.
  }
  return refuse(`schedule "${schedule}" is not valid here: six fields, second minute hour day month weekday`);
}

function refuse(why: string): never {
  throw new Error(why);
}
