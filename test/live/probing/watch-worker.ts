/**
 * One instance of the watch app: functions/watch in the embedded host, with the queue settings of its package, all on the
 * storage that SEALWATCH_STORAGE names. Of several, one gets the functions' own schedule as its argument, as on Azure
 * one instance has the timer; the others get one that never comes, and run the timer's function when told to.
 */
import { readdir } from 'node:fs/promises';
import { startHost } from '../../../host/start.ts';
import { hostJsonOf } from '../../../package/host-json.ts';
import { composeBase } from '../../../shared/compose/base.ts';
import { watch } from '../../../shared/compose.ts';

const [, , timer = ''] = process.argv;
const functions = new URL('../../../functions/watch/', import.meta.url);
const host = await startHost({
  async load() {
    const files = await readdir(functions);
    for (const file of files.filter((name) => name.endsWith('.ts')))
      await import(new URL(file, functions).href);
  },
  log: composeBase(process.env).log,
  hostJson: await hostJsonOf('watch'),
  functionKey: 'nobody-asks-for-the-status',
  settings: { SEALWATCH_STORAGE: process.env['SEALWATCH_STORAGE'] ?? '', SEALWATCH_SCHEDULE: timer },
  port: 0,
});

async function tick(): Promise<void> {
  // What fails is in the log: the host wrote it.
  await host.invoke('probe').catch(() => undefined);
  process.send?.('ticked');
}

process.on('message', () => void tick());
process.on('disconnect', () => void host.close().finally(() => process.exit()));
process.send?.(watch().reads.worker);
