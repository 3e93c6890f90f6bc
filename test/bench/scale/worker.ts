/**
 * One instance of the watch app for the benchmark: functions/watch as the embedded host runs it, with the queue
 * settings of its package. Sweeps by hand only: on Azure one instance has the timer, here the first process is told.
 */
import { randomBytes } from 'node:crypto';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startHost } from '../../../host/start.ts';
import { root } from '../../../package/apps.ts';
import { hostJsonOf } from '../../../package/host-json.ts';
import { composeBase } from '../../../shared/compose/base.ts';

export type Ask = 'probe' | 'usage';

export interface Usage {
  /** Since the process began. */
  cpuSeconds: number;
  rssMiB: number;
  /** The most that it ever had. */
  peakRssMiB: number;
}

export type Reply = { ready: true } | { probed: true } | { failed: string } | { usage: Usage };

const reply = (message: Reply): void => void process.send?.(message);

/** The functions' own SEALWATCH_SCHEDULE stays as it is: it says how often sweeps are meant to run. */
const never = '0 0 0 29 2 *';
const host = await startHost({
  load: async () => {
    for (const file of globSync('functions/watch/*.ts', { cwd: root }).sort())
      await import(pathToFileURL(join(root, file)).href);
  },
  settings: { ...(process.env as Record<string, string>), SEALWATCH_SCHEDULE: never },
  port: 0,
  functionKey: randomBytes(24).toString('base64url'),
  log: composeBase(process.env).log,
  hostJson: await hostJsonOf('watch'),
});

function usage(): Usage {
  const { user, system } = process.cpuUsage();
  return {
    cpuSeconds: (user + system) / 1e6,
    rssMiB: process.memoryUsage.rss() / 2 ** 20,
    peakRssMiB: process.resourceUsage().maxRSS / 1024,
  };
}

process.on('disconnect', () => void host.close().finally(() => process.exit()));
process.on('message', (ask: Ask) => {
  if (ask === 'usage') {
    reply({ usage: usage() });
    return;
  }
  host.invoke('probe').then(
    () => reply({ probed: true }),
    (error: unknown) => reply({ failed: String(error) }),
  );
});
reply({ ready: true });
