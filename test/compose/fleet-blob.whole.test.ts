/** fleet.yaml as a blob, by the real SDK: of a fake account that keeps versions, and tells what it was asked for. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fleetReader } from '../../shared/compose/fleet-blob.ts';
import { readFleetPlace } from '../../shared/compose/fleet-place.ts';
import { composeRecoverDeps } from '../../shared/compose/recover.ts';
import { composeRotate } from '../../shared/compose/rotate.ts';
import { composeWatch } from '../../shared/compose.ts';
import { createFleetSource } from '../../shared/fleet/source.ts';
import { FakeBlobAccount, refuse } from '../fakes/blob/account.ts';
import { ManualClock } from '../fakes/clock.ts';
import { memoryState } from '../fakes/state/memory.ts';
import { file, limits } from '../fleet/builders.ts';

const good = file(['labels: {team: a}']);
const better = file(['labels: {team: b}']);
const bad = file(['lables: {team: c}']);

let account: FakeBlobAccount;
let clock: ManualClock;
let logged: unknown[];
beforeEach(async () => {
  account = await FakeBlobAccount.start();
  clock = new ManualClock();
  logged = [];
});
afterEach(() => account.close());

/** A process that starts now. */
function start() {
  const { connectionString } = account;
  const read = readFleetPlace(account.fleetUrl, account.endpoint);
  if (!read.ok) throw new Error(read.problem);
  const log = { warn: (event: string) => void logged.push(event) };
  const reader = fleetReader(read.place, {
    storage: { connectionString },
    credential: () => Promise.reject(new Error('its identity is not asked for')),
    clock,
    log,
  });
  const source = createFleetSource({ ...reader, limits: limits() });
  return async () => {
    const { fleet, problems } = await source.load();
    return [fleet.clusters[0]?.labels['team'], ...problems.map(({ message }) => message)];
  };
}

const later = () => clock.advance(5_000);

describe('the blob', () => {
  it('is asked for once in 5 s, by however many, and downloaded when it changed', async () => {
    account.write(good);
    const load = start();
    expect(await Promise.all([load(), load(), load()])).toEqual([['a'], ['a'], ['a']]);
    await clock.advance(4_999);
    await load();
    expect(account.asked).toEqual(['blob: 200']);
    await clock.advance(1);
    await load();
    account.write(better);
    expect(await load()).toEqual(['a']);
    await later();
    expect(await load()).toEqual(['b']);
    expect(account.asked).toEqual(['blob: 200', 'blob: 304', 'blob: 200']);
  });

  it('of the same text written anew is the same fleet', async () => {
    account.write(good);
    const load = start();
    await load();
    account.write(good);
    await later();
    expect(await load()).toEqual(['a']);
  });

  it('that becomes bad leaves the last good one in force, told each time, and is not downloaded each time', async () => {
    account.write(good);
    const load = start();
    await load();
    account.write(bad);
    for (const _ of [1, 2]) {
      await later();
      expect(await load()).toEqual(['a', 'unknown key']);
    }
    expect(account.asked).toEqual(['blob: 200', 'blob: 200', 'blob: 304']);
  });

  it.each([
    ['bytes that are no UTF-8', Buffer.from('labels: größe', 'latin1'), 'not-utf-8): it is not UTF-8 text'],
    ['UTF-16', Buffer.from(`\ufeff${good}`, 'utf16le'), 'not-utf-8): it is not UTF-8 text'],
    ['more than 4 MiB', Buffer.alloc(4 * 1024 * 1024 + 1, '#'), 'too-large): it is larger than 4 MiB'],
  ])('of %s changes nothing, and is downloaded at most once', async (_, bytes, why) => {
    account.write(good);
    const load = start();
    await load();
    account.write(bytes);
    for (const _ of [1, 2]) {
      await later();
      expect(await load()).toEqual(['a', expect.stringContaining(`cannot be read (${why}`)]);
    }
    expect(account.asked.slice(-1)).toEqual(['blob: 304']);
    account.write(better);
    await later();
    expect(await load()).toEqual(['b']);
  });

  it('that does not announce its size is not read to its end', async () => {
    account.write(good);
    const load = start();
    await load();
    const { promise: ended, resolve } = Promise.withResolvers<number>();
    account.instead = (response) => {
      let sent = 0;
      const chunk = Buffer.alloc(256 * 1024, '#');
      const pour = (): void => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
      };
      response
        .writeHead(200, { etag: '"endless"' })
        .on('drain', pour)
        .on('close', () => resolve(sent));
      pour();
      return true;
    };
    await later();
    expect(await load()).toEqual(['a', expect.stringContaining('(unavailable)')]);
    expect(await ended).toBeLessThan(64 * 1024 * 1024);
  });

  it('that ends before the size that it announces is no shorter fleet', async () => {
    account.write(good);
    const load = start();
    await load();
    account.instead = (response) => {
      response.writeHead(200, { etag: '"cut"', 'content-length': better.length + 100 }).write(better);
      setImmediate(() => response.destroy());
      return true;
    };
    await later();
    expect(await load()).toEqual(['a', expect.stringContaining('cannot be read (unavailable): ')]);
  });

  it('with a byte order mark is read', async () => {
    account.write(`\ufeff${good}`);
    expect(await start()()).toEqual(['a']);
  });

  it.each([
    [403, 'AuthorizationPermissionMismatch', "(denied): give the app's identity Storage Blob Data Reader on"],
    [404, 'BlobNotFound', '(missing): put it into container fleet as blob fleet.yaml'],
    [404, 'ContainerNotFound', '(missing): put it into container fleet as blob fleet.yaml'],
    [503, 'ServerBusy', '(unavailable): storage does not answer'],
    [409, 'BlobArchived', '(refused): storage refuses the request'],
  ])('answered %i %s: the last good one stays, and the fix is told', async (status, code, told) => {
    account.write(good);
    const load = start();
    await load();
    account.instead = (response) => {
      refuse(response, status, code);
      return true;
    };
    await later();
    expect(await load()).toEqual(['a', expect.stringContaining(told)]);
    account.instead = undefined;
    await later();
    expect(await load()).toEqual(['a']);
  });

  it('of a server that never answers: the last good one after 5 s, which leaves time for a sweep', async () => {
    account.write(good);
    const load = start();
    await load();
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    account.instead = () => {
      resolve();
      return true;
    };
    await later();
    const slow = load();
    await asked;
    await clock.advance(5_000);
    expect(await slow).toEqual(['a', expect.stringContaining('(unavailable)')]);
    account.instead = undefined;
    expect(await load()).toEqual(['a']);
  });

  it('of a server that never answers: a process that starts gives up after 20 s, and 20 more for versions', async () => {
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    account.instead = () => {
      resolve();
      return true;
    };
    const begun = start()().catch((error: unknown) => error);
    await asked;
    await clock.advance(20_000);
    await expect.poll(() => clock.sleeping).toBe(1);
    await clock.advance(20_000);
    expect(await begun).toMatchObject({ code: 'fleet-unreadable' });
  });
});

describe('the key of a connection string', () => {
  it('is not used for an account that is not its own', async () => {
    account.write(good);
    const blob = { account: account.endpoint, own: false, container: 'fleet', blob: 'fleet.yaml' };
    const { read } = fleetReader(
      { shown: account.fleetUrl, blob },
      {
        storage: { connectionString: account.connectionString },
        credential: async () => ({ getToken: async () => ({ token: 'a token', expiresOnTimestamp: 0 }) }),
        clock,
        log: { warn: () => undefined },
      },
    );
    // Over plain http the SDK sends no token either.
    await expect(read()).rejects.toThrow();
    expect(account.asked).toEqual([]);
  });
});

describe('a process that starts beside a bad blob', () => {
  it('goes by the newest older version that is good, and asks for no more of them', async () => {
    for (const text of [good, better, bad, Buffer.from([0xff]), Buffer.alloc(5 * 1024 * 1024), bad]) {
      account.write(text);
    }
    const load = start();
    expect(await load()).toEqual(['b', 'unknown key']);
    const versions = account.asked.filter((asked) => asked.startsWith('version'));
    expect(versions).toEqual([3, 2, 1].map((at) => `version ${account.versions[at]?.id}: 200`));
    await later();
    await load();
    expect(account.asked.at(-1)).toBe('blob: 304');
  });

  it('goes by the newest version of a blob that was deleted', async () => {
    account.write(good);
    account.write(better);
    account.deleted = true;
    expect(await start()()).toEqual(['b', expect.stringContaining('(missing)')]);
  });

  it('looks through no more than 20', async () => {
    account.write(good);
    for (let at = 0; at < 21; at++) account.write(bad);
    await expect(start()()).rejects.toMatchObject({ code: 'fleet-invalid' });
    expect(account.asked.filter((asked) => asked.startsWith('version'))).toHaveLength(20);
  });

  it('says what is wrong where none is good, and looks at most once in 5 s', async () => {
    account.write(bad);
    account.write(bad);
    const load = start();
    for (const _ of [1, 2]) await expect(load()).rejects.toMatchObject({ code: 'fleet-invalid' });
    expect(account.asked.filter((asked) => asked.startsWith('list'))).toHaveLength(1);
  });

  it('says what is wrong where the versions cannot be listed, and logs that', async () => {
    account.write(good);
    account.write(bad);
    account.instead = (response, what) => {
      if (what !== 'list') return false;
      refuse(response, 403, 'AuthorizationPermissionMismatch');
      return true;
    };
    await expect(start()()).rejects.toMatchObject({ code: 'fleet-invalid' });
    expect(logged).toEqual(['fleet-versions-not-read']);
  });
});

describe('each app that starts beside a bad blob', () => {
  const env = () => ({ SEALWATCH_FLEET: account.fleetUrl, SEALWATCH_STORAGE: account.connectionString });
  const write = (line: string) => void logged.push(line);
  it.each([
    ['watch', () => composeWatch(env(), { write })],
    ['rotate', () => composeRotate(env(), { write }).deps],
    ['recover', () => composeRecoverDeps(env(), { write })],
  ])('%s goes by the older version', async (_, compose) => {
    account.write(good);
    account.write(bad);
    const { fleet, problems } = await compose().loadFleet();
    expect(fleet.clusters[0]?.labels).toEqual({ team: 'a' });
    expect(problems).toHaveLength(1);
  });

  it('watch goes by what it kept where the account keeps no versions', async () => {
    const state = memoryState();
    await state.lastGood.save(better);
    account.write(bad);
    const { fleet } = await composeWatch(env(), { write, state }).loadFleet();
    expect(fleet.clusters[0]?.labels).toEqual({ team: 'b' });
  });
});
