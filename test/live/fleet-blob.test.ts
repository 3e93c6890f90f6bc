/** fleet.yaml as a blob of a real Azurite, by the composed apps, the commands of a laptop, and a reader whose clock we move. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Azurite, startAzurite } from '../../cli/start/azurite.ts';
import { composeBreakGlass } from '../../shared/compose/break-glass.ts';
import { fleetReader } from '../../shared/compose/fleet-blob.ts';
import { blobServiceOf } from '../../shared/compose/fleet-place.ts';
import { composeRecoverDeps } from '../../shared/compose/recover.ts';
import { composeRotate } from '../../shared/compose/rotate.ts';
import { readSettings } from '../../shared/compose/settings.ts';
import { composeWatch } from '../../shared/compose.ts';
import { createFleetSource } from '../../shared/fleet/source.ts';
import { ManualClock } from '../fakes/clock.ts';
import { file } from '../fleet/builders.ts';
import { ownProcess } from '../servers/owned-processes.ts';

const good = file(['labels: {team: größe}']);
const better = file(['labels: {team: b}']);
const bad = file(['lables: {team: c}']);

let azurite: Azurite;
let fleet: ContainerClient;
let env: Record<string, string>;
beforeAll(async () => {
  azurite = await startAzurite();
  const { connectionString } = azurite;
  fleet = BlobServiceClient.fromConnectionString(connectionString).getContainerClient('fleet');
  env = {
    SEALWATCH_STORAGE: connectionString,
    SEALWATCH_FLEET: `${blobServiceOf({ connectionString })}/fleet/eu/our%20fleet.yaml`,
  };
});
afterAll(() => azurite?.close());
beforeEach(async () => {
  await fleet.createIfNotExists();
  await fleet.getBlobClient('eu/our fleet.yaml').deleteIfExists();
});

async function write(text: string | Buffer): Promise<void> {
  const bytes = Buffer.from(text);
  await fleet.getBlockBlobClient('eu/our fleet.yaml').upload(bytes, bytes.length);
}

const quiet = () => undefined;
const teamOf = ({ fleet: { clusters } }: { fleet: { clusters: { labels: Record<string, string> }[] } }) =>
  clusters[0]?.labels['team'];

describe('a process that runs', () => {
  const clock = new ManualClock();
  function start() {
    const { fleet: place, storage, limits } = readSettings(env);
    const credential = () => Promise.reject(new Error('no identity is asked for'));
    const reader = fleetReader(place, { storage, credential, clock, log: { warn: quiet } });
    const source = createFleetSource({ ...reader, limits });
    return async () => {
      await clock.advance(5_000);
      const loaded = await source.load();
      return [teamOf(loaded), ...loaded.problems.map(({ message }) => message)];
    };
  }

  test('follows the blob: same, changed, bad, no text, deleted, there again', async () => {
    await write(good);
    const load = start();
    expect(await load()).toEqual(['größe']);
    expect(await load()).toEqual(['größe']);
    await write(better);
    expect(await load()).toEqual(['b']);
    await write(bad);
    expect(await load()).toEqual(['b', 'unknown key']);
    await write(Buffer.from(good, 'latin1'));
    expect(await load()).toEqual(['b', expect.stringContaining('cannot be read (not-utf-8)')]);
    await write(Buffer.alloc(4 * 1024 * 1024 + 1, '#'));
    expect(await load()).toEqual(['b', expect.stringContaining('cannot be read (too-large)')]);
    await fleet.deleteBlob('eu/our fleet.yaml');
    expect(await load()).toEqual(['b', expect.stringContaining('cannot be read (missing)')]);
    await write(`\ufeff${good}`);
    expect(await load()).toEqual(['größe']);
  });

  test('begins with nothing where there is no blob, and where the container is not there', async () => {
    await expect(start()()).rejects.toMatchObject({ code: 'fleet-unreadable' });
    await fleet.delete();
    await expect(start()()).rejects.toThrow('put it into container fleet as blob eu/our fleet.yaml');
  });
});

describe('each app', () => {
  test.each([
    ['watch', () => composeWatch(env, { write: quiet })],
    ['rotate', () => composeRotate(env, { write: quiet }).deps],
    ['recover', () => composeRecoverDeps(env, { write: quiet })],
  ])('%s goes by the blob', async (_, compose) => {
    await write(good);
    expect(teamOf(await compose().loadFleet())).toBe('größe');
  });

  test('a watch that starts beside a bad blob goes by what it kept, for Azurite keeps no versions', async () => {
    await write(better);
    const first = composeWatch(env, { write: quiet });
    await first.state.prepare();
    await first.loadFleet();
    await expect.poll(() => first.state.lastGood.read()).toBe(better);
    await write(bad);
    const { problems, ...second } = await composeWatch(env, { write: quiet }).loadFleet();
    expect(teamOf(second)).toBe('b');
    expect(problems).toHaveLength(1);
  });
});

describe('break-glass', () => {
  const opened = (more: Record<string, string> = {}) => composeBreakGlass({ ...env, ...more }, quiet);

  test('reads the same blob', async () => {
    await write(good);
    const composed = opened();
    if (!composed.ok) throw new Error(composed.problems.join());
    expect(String(await composed.app.readFleet?.())).toBe(good);
    expect(composed.app.fleetPath).toBe(env['SEALWATCH_FLEET']);
  });

  test('says what to do where it is not there', async () => {
    const composed = opened();
    if (!composed.ok) throw new Error(composed.problems.join());
    expect(await composed.app.readFleet?.()).toBe(
      'missing: put it into container fleet as blob eu/our fleet.yaml',
    );
  });

  test('refuses an address with a secret in it, and does not repeat it', () => {
    const composed = opened({ SEALWATCH_FLEET: `${env['SEALWATCH_FLEET']}?sig=hunter2` });
    expect(composed).toMatchObject({ ok: false, problems: [expect.stringMatching(/^SEALWATCH_FLEET: /)] });
    expect(JSON.stringify(composed)).not.toContain('hunter2');
  });
});

describe('npm start', () => {
  /** Ended at once, or as soon as it says that it watches. */
  async function run(): Promise<{ code: unknown; output: string }> {
    const folder = mkdtempSync(join(tmpdir(), 'sealwatch-blob-'));
    const child = spawn(process.execPath, [resolve('cli/start/main.ts')], {
      cwd: folder,
      env: { PATH: process.env['PATH'], SEALWATCH_PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    ownProcess(child);
    let output = '';
    for (const pipe of [child.stdout, child.stderr]) {
      pipe.on('data', (chunk) => {
        output += String(chunk);
        if (!child.killed && /^Status: /m.test(output)) child.kill('SIGTERM');
      });
    }
    const [code] = await once(child, 'close');
    rmSync(folder, { recursive: true, maxRetries: 3 });
    return { code, output };
  }

  test('watches by the blob, in a folder that has no fleet.yaml', async () => {
    await write(good);
    const { code, output } = await run();
    expect(output).toContain(`Sealwatch watches ${env['SEALWATCH_FLEET']}, state in SEALWATCH_STORAGE.`);
    expect(code).toBe(0);
  });

  test('says what is to do where there is no blob', async () => {
    await first();
    const { code, output } = await run();
    expect(output).toContain(
      'cannot be read (missing): put it into container fleet as blob eu/our fleet.yaml',
    );
    expect(code).toBe(1);
  });

  /** No last good one is kept from other tests. */
  async function first(): Promise<void> {
    const service = BlobServiceClient.fromConnectionString(azurite.connectionString);
    await service.getContainerClient('observations').getBlobClient('fleet-last-good.yaml').deleteIfExists();
  }
});
