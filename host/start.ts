/** The embedded host: the same functions as on Azure Functions, on one machine. */
import { readFile } from 'node:fs/promises';
import type { Log } from '../shared/log/log.ts';
import { collectFunctions } from './functions-core.ts';
import { readHostJson } from './host-json.ts';
import { hostFunctions } from './hosted-function.ts';
import { listenToHttp } from './http.ts';
import { createInvocations } from './invoke.ts';
import { listenToQueue } from './queues.ts';
import { startTimer } from './timers.ts';

export interface HostOptions {
  /** Imports the function files, which register themselves. */
  load: () => Promise<void>;
  /** What `%NAME%` and `connection` refer to. */
  settings: Record<string, string>;
  /** The host's own storage account: for queue functions that name no connection. */
  storageConnectionString: string;
  /** 0: any free one. */
  port: number;
  /** Without one, functions of authLevel `function` are refused at start. */
  functionKey?: string;
  log: Log;
  /** Loopback unless told otherwise. */
  address?: string;
  /** Instead of the repository's. */
  hostJson?: unknown;
}

export interface Host {
  url: string;
  functions: { name: string; trigger: string }[];
  /** Runs a timer function now. Rejects with what it threw. */
  invoke(name: string): Promise<void>;
  /** No more triggers; waits up to 10 s for what runs. */
  close(): Promise<void>;
}

/** How long running functions may take to end, ms. */
const patience = 10_000;

/** @throws Error that names every registration which this host cannot serve; nothing was started then. */
export async function startHost(options: HostOptions): Promise<Host> {
  const { log, functionKey } = options;
  const host = readHostJson(options.hostJson ?? (await ownHostJson()));
  const { registrations, model } = await collectFunctions(options.load, log);
  const settings = { AzureWebJobsStorage: options.storageConnectionString, ...options.settings };
  const functions = hostFunctions(registrations, { settings, host, hasKey: functionKey !== undefined });
  const { invoke, drain } = createInvocations(model, log);

  const address = options.address ?? '127.0.0.1';
  const http = await listenToHttp({ functions, invoke, functionKey, address, port: options.port });
  const listeners = await Promise.all(
    functions.flatMap((hosted) =>
      hosted.trigger.kind === 'queue'
        ? [listenToQueue(hosted, hosted.trigger, host.queues, invoke, log)]
        : [],
    ),
  ).catch(async (error: unknown) => {
    await http.close();
    throw error;
  });
  const timers = functions.flatMap((hosted) =>
    hosted.trigger.kind === 'timer' ? [startTimer(hosted, hosted.trigger.schedule, invoke, log)] : [],
  );
  log.info('host-started', { url: http.url, functions: functions.map(({ name }) => name) });

  const close = async (): Promise<void> => {
    for (const timer of timers) timer.stop();
    http.stop();
    const settled = Promise.all(listeners.map((listener) => listener.stop()));
    const left = await drain(settled, patience);
    if (left.length > 0) log.warn('host-stopped-early', { stillRunning: left });
    await http.close();
    log.info('host-stopped', {});
  };
  let closing: Promise<void> | undefined;

  return {
    url: http.url,
    functions: functions.map(({ name, trigger }) => ({ name, trigger: describe(trigger) })),
    async invoke(name) {
      const timer = timers.find((each) => each.name === name);
      if (!timer)
        throw new Error(
          `no timer function "${name}"; there are: ${timers.map((each) => each.name).join(', ')}`,
        );
      if (closing) throw new Error('the host is stopping.');
      await timer.run();
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}

async function ownHostJson(): Promise<unknown> {
  return JSON.parse(await readFile(new URL('../host.json', import.meta.url), 'utf8'));
}

function describe(trigger: ReturnType<typeof hostFunctions>[number]['trigger']): string {
  if (trigger.kind === 'timer') return `timer ${trigger.schedule}`;
  if (trigger.kind === 'queue') return `queue ${trigger.queue}`;
  return `${trigger.methods.join(', ')} ${trigger.route.shape}`;
}
