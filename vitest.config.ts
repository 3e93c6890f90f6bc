import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/**
 * `unit`: no servers but our own on loopback. `whole`: the same, for whole ways that take seconds: child processes, the
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
          exclude: ['test/live/**', 'test/**/*.whole.test.ts'],
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
