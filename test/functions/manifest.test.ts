/** `npm run build` leaves an app that the Functions worker loads as it is, and that registers what was agreed. */
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import recover from '../../functions/recover/manifest.json' with { type: 'json' };
import rotate from '../../functions/rotate/manifest.json' with { type: 'json' };
import watch from '../../functions/watch/manifest.json' with { type: 'json' };
import hostJson from '../../host.json' with { type: 'json' };
import { described, type WorkerRegistration } from '../../package/described.ts';

/** All apps from one build; each is deployed with its own folder. */
const manifest = {
  files: [watch, recover, rotate].flatMap(({ app, files }) => files.map((file) => `${app}/${file}`)).sort(),
  functions: [...watch.functions, ...recover.functions, ...rotate.functions],
};

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
// Inside the project, so that the built files find its packages.
const folder = join(root, `node_modules/.cache/sealwatch-built-${process.pid}`);

interface Built {
  files: string[];
  registrations: WorkerRegistration[];
  handles: string[];
}
let built: Built;

beforeAll(async () => {
  await run('tsc', ['-p', 'tsconfig.build.json', '--outDir', folder], { cwd: root });
  // No setting of Sealwatch at all: nothing runs at import but registrations.
  const env = { PATH: process.env['PATH'] };
  const { stdout } = await run(process.execPath, [join(import.meta.dirname, 'read-built.ts'), folder], {
    env,
    cwd: root,
  });
  built = JSON.parse(stdout) as Built;
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the built app', () => {
  it('registers exactly the functions of functions/*/manifest.json', () => {
    const registered = built.registrations.map(described);
    const byName = (a: unknown, b: unknown): number => JSON.stringify(a).localeCompare(JSON.stringify(b));
    expect(registered.sort(byName)).toEqual([...manifest.functions].sort(byName));
  });

  it('has one file a trigger under `main`, and opens nothing at import', () => {
    expect(built.files.map((file) => file.split('/').slice(-2).join('/')).sort()).toEqual(manifest.files);
    expect(built.handles).toEqual([]);
  });

  it('binds a function to the poison queue of every queue that it reads', () => {
    const queues = manifest.functions.flatMap(({ trigger }) =>
      'queueName' in trigger ? [trigger.queueName] : [],
    );
    const own = queues.filter((queue) => !queue.endsWith('-poison'));
    expect(own.length).toBeGreaterThan(0);
    for (const queue of own) expect(queues).toContain(`${queue}-poison`);
  });

  it('sends queue messages as the host reads them, and retries them with pauses', () => {
    expect(hostJson.extensions.queues).toMatchObject({
      messageEncoding: 'none',
      visibilityTimeout: '00:00:30',
      maxDequeueCount: 5,
      maxPollingInterval: '00:00:02',
    });
  });

  it('ends each run by a deadline of its own below the host’s', () => {
    const [hours = 0, minutes = 0, seconds = 0] = hostJson.functionTimeout.split(':').map(Number);
    expect((hours * 3600 + minutes * 60 + seconds) * 1000).toBeGreaterThan(240_000);
  });
});
