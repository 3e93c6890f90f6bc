/** The processes that sweep: started, told to, asked what it cost, ended. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { next, type RunsWith } from '../sweep/children.ts';
import type { Ask, Reply, Usage } from './worker.ts';

export interface Workers {
  /** The timer of one of them. Resolves when its run ended. */
  probe(): Promise<void>;
  usage(): Promise<Usage[]>;
  close(): Promise<void>;
}

/** What infra/ gives the app watch beside its own settings: test/infra/settings.test.ts compares. */
export const asDeployed: RunsWith = {
  nodeOptions: ['--max-semi-space-size=4'],
  environment: { MALLOC_ARENA_MAX: '2', MALLOC_TRIM_THRESHOLD_: '131072', MALLOC_MMAP_THRESHOLD_: '32768' },
};

/**
 * @param settings the functions' environment, beside what a deployment gives to Node and to glibc.
 * @param nodeOptions more of them.
 */
export async function startWorkers(
  count: number,
  settings: Record<string, string>,
  nodeOptions: string[],
): Promise<Workers> {
  const children = Array.from({ length: count }, () =>
    fork(join(import.meta.dirname, 'worker.ts'), {
      env: { ...settings, ...asDeployed.environment },
      execArgv: [...asDeployed.nodeOptions, ...nodeOptions],
      // Its log is no part of our result.
      stdio: ['ignore', 2, 2, 'ipc'],
    }),
  );
  const close = async (): Promise<void> => {
    await Promise.all(
      children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const ended = once(child, 'exit');
        if (child.connected) child.disconnect();
        await ended;
      }),
    );
  };
  try {
    await Promise.all(children.map((child) => next<Reply>(child)));
  } catch (error) {
    await close();
    throw error;
  }
  const [first] = children;
  return {
    async probe() {
      const reply = first && (await ask(first, 'probe'));
      if (reply && 'failed' in reply) throw new Error(`the timer failed: ${reply.failed}`);
    },
    async usage() {
      const replies = await Promise.all(children.map((child) => ask(child, 'usage')));
      return replies.flatMap((reply) => ('usage' in reply ? [reply.usage] : []));
    },
    close,
  };
}

function ask(child: ChildProcess, what: Ask): Promise<Reply> {
  const reply = next<Reply>(child);
  child.send(what);
  return reply;
}
