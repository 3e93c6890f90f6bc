import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/**
 * `unit`: no servers but our own on loopback. `alone`: the same, but for what a process has once, the library of
 * functions: each file in a process of its own. `whole`: whole ways that take seconds: child processes, the
 * command line, passphrases that are slow on purpose. `live`: real Vaults and Azurite, found or built by test/servers.
 */
export default defineConfig({
  test: {
    // Most of the unit suites' time is waiting for sockets and child processes, not computing.
    maxWorkers: availableParallelism() + 1,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/live/**', 'test/host/**', 'test/functions/**', 'test/**/*.whole.test.ts'],
          testTimeout: 15_000,
          // A process for each of its files would take longer than its tests do.
          isolate: false,
        },
      },
      {
        test: {
          name: 'alone',
          include: ['test/{host,functions}/**/*.test.ts'],
          testTimeout: 15_000,
        },
      },
      {
        test: {
          name: 'whole',
          include: ['test/**/*.whole.test.ts'],
          exclude: ['test/live/**'],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'live',
          include: ['test/live/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 900_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
