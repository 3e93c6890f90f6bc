/** The benchmark's processes: started, told when to run a round, ended. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Fleet, Round } from './rounds.ts';

export interface Side {
  round(): Promise<Round>;
  close(): void;
}

/** One message from a child; rejects when it ends instead. */
export async function next<T>(child: ChildProcess): Promise<T> {
  const ended = new AbortController();
  try {
    return await Promise.race([
      once(child, 'message', { signal: ended.signal }).then(([message]) => message as T),
      once(child, 'exit', { signal: ended.signal }).then(([code]) => {
        throw new Error(`a process of the benchmark ended with ${String(code)}`);
      }),
    ]);
  } finally {
    ended.abort();
  }
}

/** What a process runs with beside its arguments. */
export interface RunsWith {
  nodeOptions: string[];
  environment: Record<string, string>;
}

function start(file: string, args: string[], runsWith?: RunsWith): ChildProcess {
  return fork(join(import.meta.dirname, file), args, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    ...(runsWith && {
      execArgv: runsWith.nodeOptions,
      env: { ...process.env, ...runsWith.environment },
    }),
  });
}

/** @param place of its first node in a larger fleet, whose nodes have an address each: 127.NETWORK.X.Y. */
export async function startTargets(
  nodes: number,
  tls: boolean,
  hungPercent: number,
  place?: { network: number; first: number },
): Promise<{ fleet: Fleet; close(): void }> {
  const args = [nodes, tls, hungPercent, ...(place ? [place.network, place.first] : [])];
  const child = start('targets.ts', args.map(String));
  const fleet = await next<Fleet>(child);
  return { fleet, close: () => child.disconnect() };
}

export async function startSide(
  file: 'bare-loop.ts' | 'sealwatch.ts',
  fleet: Fleet,
  args: string[] = [],
  runsWith?: RunsWith,
): Promise<Side> {
  const child = start(file, args, runsWith);
  child.send({ fleet });
  await next<'ready'>(child);
  return {
    round: () => {
      child.send('round');
      return next<Round>(child);
    },
    // One that ended by itself is told of by whoever waits for its round.
    close: () => void (child.connected && child.disconnect()),
  };
}
