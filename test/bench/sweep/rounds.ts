/** Runs one side of the benchmark: a round when the parent says so, and what each round cost. */
import { performance } from 'node:perf_hooks';

export interface Round {
  ms: number;
  cpuMs: number;
  rssMiB: number;
}

export interface Fleet {
  addresses: string[];
  ca: string;
  /** The name in their certificates, where it is not the address's host. */
  serverName?: string;
}

/** Calls `prepare` once with the targets, then `round` for each message of the parent. */
export function serveRounds(prepare: (fleet: Fleet) => Promise<() => Promise<void>>): void {
  let round: (() => Promise<void>) | undefined;
  process.on('disconnect', () => process.exit());
  process.on('message', (message: { fleet: Fleet } | 'round') => {
    void (async () => {
      if (message !== 'round') {
        round = await prepare(message.fleet);
        process.send?.('ready');
        return;
      }
      const before = process.cpuUsage();
      const startedAt = performance.now();
      await round?.();
      const ms = performance.now() - startedAt;
      const { user, system } = process.cpuUsage(before);
      const result: Round = {
        ms,
        cpuMs: (user + system) / 1000,
        rssMiB: process.memoryUsage.rss() / 2 ** 20,
      };
      process.send?.(result);
    })();
  });
}
