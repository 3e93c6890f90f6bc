import { setTimeout as sleep } from 'node:timers/promises';
import { describe } from 'vitest';
import { vaultContract } from '../contract/vault.ts';
import { until } from '../servers/until.ts';
import { startCluster } from '../servers/vault-cluster.ts';

describe('a real Vault', () => {
  vaultContract(async () => {
    const cluster = await startCluster({
      vaultPath: process.env.SEALWATCH_VAULT_BIN ?? 'vault',
      telemetry: true,
      // Only makes autopilot look every second: the contract leaves its stabilisation time alone.
      stableSeconds: 10,
    });
    return {
      ...cluster,
      async until(what, seconds, look) {
        await until(what, seconds, async () => ((await look()) ? true : undefined));
      },
      async pass(seconds) {
        await sleep(seconds * 1000);
      },
    };
  });
});
