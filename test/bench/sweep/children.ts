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
async function next<T>(child: ChildProcess): Promise<T> {
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

function start(file: string, args: string[]): ChildProcess {
  return fork(join(import.meta.dirname, file), args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

export async function startTargets(
  nodes: number,
  tls: boolean,
  hungPercent: number,
): Promise<{ fleet: Fleet; close(): void }> {
  const child = start('targets.ts', [String(nodes), String(tls), String(hungPercent)]);
  const fleet = await next<Fleet>(child);
  return { fleet, close: () => child.disconnect() };
}

export async function startSide(
  file: 'bare-loop.ts' | 'sealwatch.ts',
  fleet: Fleet,
  args: string[] = [],
): Promise<Side> {
  const child = start(file, args);
  child.send({ fleet });
  await next<'ready'>(child);
  return {
    round: () => {
      child.send('round');
      return next<Round>(child);
    },
    close: () => child.disconnect(),
  };
}
