import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { ownProcess } from './owned-processes.ts';
import { until } from './until.ts';
import type { VaultRequester } from './vault-request.ts';

/** How a start ended: Vault with a dead seal exits instead of reporting itself sealed. */
export type Started = { up: true } | { up: false; exitCode: number | null; log: string };

export interface VaultProcess {
  readonly pid: number | undefined;
  readonly alive: boolean;
  /** performance.now() when its process was last started; 0 before. */
  readonly startedAt: number;
  /** Until the listener answers, or the process has ended. */
  start(): Promise<Started>;
  /** Ends the process with this signal and waits until it is gone. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** The end of the server's log, for error messages. */
  logTail(): string;
}

/** One `vault server` process, which can be started and ended many times. */
export function vaultProcess(options: {
  vaultPath: string;
  configFile: string;
  logFile: string;
  folder: string;
  address: string;
  requester: VaultRequester;
  /** A function is asked at each start. */
  env?: Record<string, string> | (() => Record<string, string>);
}): VaultProcess {
  let child: ChildProcess | undefined;
  let startedAt = 0;
  const environment = () => (typeof options.env === 'function' ? options.env() : options.env);
  const running = () => child !== undefined && child.exitCode === null && child.signalCode === null;
  const logTail = () => readFileSync(options.logFile, 'utf8').trimEnd().split('\n').slice(-15).join('\n');

  return {
    get pid() {
      return running() ? child?.pid : undefined;
    },
    get alive() {
      return running();
    },
    get startedAt() {
      return startedAt;
    },
    logTail,

    async start() {
      if (running()) throw new Error(`${options.address} is already running`);
      const log = openSync(options.logFile, 'a');
      const started = spawn(options.vaultPath, ['server', `-config=${options.configFile}`], {
        cwd: options.folder,
        stdio: ['ignore', log, log],
        // Nothing of the caller's: VAULT_TOKEN and the like override the configuration file.
        env: { HOME: options.folder, PATH: '/usr/bin:/bin', ...environment() },
      });
      closeSync(log);
      startedAt = performance.now();
      child = started;
      ownProcess(started);
      let failure: Error | undefined;
      started.once('error', (error) => {
        failure = error;
      });
      return until(
        `${options.address} answers or its process ends`,
        60,
        async (): Promise<Started | undefined> => {
          if (failure) throw new Error(`cannot run ${options.vaultPath}: ${failure.message}`);
          if (!running()) return { up: false, exitCode: started.exitCode, log: logTail() };
          const { status } = await options.requester.ask(options.address, 'GET', 'sys/seal-status');
          return status > 0 ? { up: true } : undefined;
        },
        logTail,
      );
    },

    async end(signal) {
      if (!child || !running()) return;
      const gone = once(child, 'exit');
      child.kill(signal);
      await gone;
    },
  };
}
