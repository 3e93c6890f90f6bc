/** The embedded host: the same functions as on Azure Functions, on one machine. */
import { setTimeout as sleep } from 'node:timers/promises';
import hostJson from '../host.json' with { type: 'json' };
import { offerIssuer } from '../shared/compose/embedded-issuer.ts';
import type { Log } from '../shared/log/log.ts';
import { openLocalIssuer } from '../shared/people/local-issuer.ts';
import { collectFunctions, invokeBy } from './functions-core.ts';
import { readHostJson } from './host-json.ts';
import { hostFunctions } from './hosted-function.ts';
import { listenToHttp } from './http.ts';
import { listenToQueue, openQueue } from './queues.ts';
import { startTimer } from './timers.ts';

export interface HostOptions {
  /** Imports the function files, which register themselves. */
  load: () => Promise<void>;
  /** What `%NAME%` and `connection` refer to. */
  settings: Record<string, string>;
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

export type Host = Awaited<ReturnType<typeof startHost>>;

/** @throws Error that names every registration which this host cannot serve; nothing was started then. */
export async function startHost(options: HostOptions) {
  const { settings, log, functionKey, port, address = '127.0.0.1' } = options;
  offerIssuer(openLocalIssuer);
  const host = readHostJson(options.hostJson ?? hostJson);
  const { registrations, model } = await collectFunctions(options.load, log);
  const functions = hostFunctions(registrations, { settings, host, hasKey: Boolean(functionKey) });
  const running = new Map<Promise<unknown>, string>();
  const invoke = invokeBy(model, log, running);

  const opening = functions.flatMap((hosted) =>
    hosted.trigger.kind === 'queue' ? [openQueue(hosted, hosted.trigger)] : [],
  );
  // All of them before anything starts: a host that refuses has taken no message, and has nothing to stop.
  const refused = (await Promise.allSettled(opening)).filter((each) => each.status === 'rejected');
  if (refused.length > 0) throw new Error(refused.map(({ reason }) => (reason as Error).message).join('\n'));
  const http = await listenToHttp({ functions, invoke, functionKey }, address, port);
  const stops = (await Promise.all(opening)).map((open) => listenToQueue(open, host.queues, invoke, log));
  const timers = new Map<string, ReturnType<typeof startTimer>>();
  for (const hosted of functions)
    if (hosted.trigger.kind === 'timer')
      timers.set(hosted.name, startTimer(hosted, hosted.trigger.schedule, invoke, log));
  log.info('host-started', { url: http.url, functions: functions.map(({ name }) => name) });

  async function close(): Promise<void> {
    for (const timer of timers.values()) timer.stop();
    const ended = Promise.allSettled([...running.keys(), ...stops.map((stop) => stop())]);
    const drained = new AbortController();
    const late = sleep(10_000, undefined, { signal: drained.signal });
    await http.stop(Promise.race([ended, late]).finally(() => drained.abort()));
    if (running.size > 0) log.warn('host-stopped-early', { stillRunning: [...running.values()] });
    log.info('host-stopped', {});
  }
  let closing: Promise<void> | undefined;

  return {
    url: http.url,
    /** Runs a timer function now. Rejects with what it threw. */
    async invoke(name: string): Promise<void> {
      const timer = timers.get(name);
      if (!timer) throw new Error(`no timer function "${name}"; there are: ${[...timers.keys()].join(', ')}`);
      if (closing) throw new Error('the host is stopping.');
      await timer.run();
    },
    /** No more triggers; waits up to 10 s for what runs. */
    close: (): Promise<void> => (closing ??= close()),
  };
}
