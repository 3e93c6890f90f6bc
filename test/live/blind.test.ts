/** The timer of functions/watch when not one cluster can be watched: a failed run, for rules that count those. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Azurite, startAzurite } from '../../cli/start/azurite.ts';
import { type Host, startHost } from '../../host/start.ts';
import { systemClock } from '../../shared/compose/clock.ts';
import { prepareStorage } from '../../shared/compose/prepare.ts';
import { createLog } from '../../shared/log/log.ts';
import { healthy } from '../fakes/hostile/behaviours.ts';
import { type Endpoint, startEndpoint } from '../fakes/hostile/endpoint.ts';

let folder: string;
let azurite: Azurite;
let vault: Endpoint;
let host: Host;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sealwatch-blind-'));
  azurite = await startAzurite();
  await prepareStorage(azurite.connectionString);
  vault = await startEndpoint({ behaviour: healthy });
  const settings = {
    SEALWATCH_STORAGE: azurite.connectionString,
    SEALWATCH_FLEET: join(folder, 'fleet.yaml'),
    // Once a year: it runs when it is told to.
    SEALWATCH_SCHEDULE: '0 0 0 1 1 *',
    SEALWATCH_LOG_LEVEL: 'error',
  };
  Object.assign(process.env, settings);
  const write = (): void => undefined;
  host = await startHost({
    load: async () => {
      await import('../../functions/watch/probe.ts');
    },
    settings,
    port: 0,
    log: createLog({ write, clock: systemClock }),
  });
});
afterAll(async () => {
  await host.close();
  await Promise.all([azurite.close(), vault.close()]);
  rmSync(folder, { recursive: true, maxRetries: 3 });
});

const fleet = (tls: string[]): void => {
  const clusters = tls.map(
    (one, n) => `  c${n}: {nodes: ["${vault.address.replace('127.0.0.1', `127.0.0.${n + 1}`)}"]${one}}`,
  );
  writeFileSync(join(folder, 'fleet.yaml'), ['version: 1', 'clusters:', ...clusters, ''].join('\n'));
};
const unreadable = ', tls: {ca: "env:SEALWATCH_SECRET_NOT_THERE"}';

it('is a failed run, and one where some cluster is watched is none', async () => {
  fleet([unreadable, unreadable]);
  await expect(host.invoke('probe')).rejects.toThrow('no cluster could be watched');
  fleet([unreadable, '']);
  await host.invoke('probe');
});
