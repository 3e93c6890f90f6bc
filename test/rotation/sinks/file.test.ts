import {
  existsSync,
  linkSync,
  lstatSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemDisk } from '../../../shared/rotation/sinks/file-disk.ts';
import { done, stamp, storeSinkContract } from '../../contract/sink.ts';
import { type FileUnderTest, fileTroubles, fileUnderTest } from './file-under-test.ts';

storeSinkContract('file', fileTroubles, fileUnderTest);

describe('a file as sink', () => {
  let under: FileUnderTest;
  beforeEach(async () => {
    under = await fileUnderTest();
  });
  afterEach(() => under.close());

  const [old, fresh] = [Buffer.from('hvs.the-old-one'), Buffer.from('hvs.the-fresh-one')];
  const write = (value = fresh, slot: 'live' | 'next' = 'live') => under.sink().write(slot, value, stamp);
  const modeOf = (path: string) => (lstatSync(path).mode & 0o7777).toString(8);
  const files = () => readdirSync(join(under.root, 'seals')).sort();
  /** As somebody put it there who knew what the node needs. */
  const given = (value = old, path = under.path) => writeFileSync(path, value, { mode: 0o600 });
  const refused = (code: string, words: string) => ({
    ok: false,
    code,
    detail: expect.stringContaining(words) as string,
  });

  it.each([0, 0o022, 0o077, 0o777])('is of mode 0600 under umask %o, in each slot', async (umask) => {
    const before = process.umask(umask);
    try {
      for (const slot of ['live', 'next', 'previous'] as const) {
        const where = done(await under.sink().write(slot, fresh, stamp));
        expect(modeOf(where.replace('file ', ''))).toBe('600');
      }
    } finally {
      process.umask(before);
    }
    expect(files()).toEqual(['payments', 'payments.next', 'payments.previous']);
  });

  it('was never readable for others, not even for a moment', async () => {
    const modes: string[] = [];
    const open: typeof systemDisk.open = async (path, flags, mode) => {
      const handle = await systemDisk.open(path, flags, mode);
      if (path.includes('.sealwatch-')) modes.push(modeOf(path));
      return handle;
    };
    const before = process.umask(0);
    try {
      done(await under.make({ disk: { open } }).write('live', fresh, stamp));
    } finally {
      process.umask(before);
    }
    expect(modes).toEqual(['600']);
  });

  it('is replaced, not written over: who holds the old one open goes on reading it', async () => {
    given();
    linkSync(under.path, `${under.path}.held`);
    done(await write());
    expect(readFileSync(`${under.path}.held`)).toEqual(old);
    expect(readFileSync(under.path)).toEqual(fresh);
  });

  it('is left as it is when it holds the value already', async () => {
    given();
    const { ino } = lstatSync(under.path);
    done(await write(old));
    expect(lstatSync(under.path).ino).toBe(ino);
  });

  it('is made to last before its name is taken, and the name after it', async () => {
    const steps: string[] = [];
    const open: typeof systemDisk.open = async (path, flags, mode) => {
      const handle = await systemDisk.open(path, flags, mode);
      const sync = handle.sync.bind(handle);
      return Object.assign(handle, {
        sync: async () => {
          steps.push(`sync of ${lstatSync(path).size} bytes`);
          await sync();
        },
      });
    };
    const disk = {
      open,
      rename: async (from: string, to: string) => {
        steps.push('rename');
        await systemDisk.rename(from, to);
      },
      syncFolder: async (folder: string) => {
        steps.push('sync of the folder');
        await systemDisk.syncFolder(folder);
      },
    };
    done(
      await under
        .make({ disk: { ...disk, rename: disk.rename as typeof systemDisk.rename } })
        .write('live', fresh, stamp),
    );
    expect(steps).toEqual([`sync of ${fresh.length} bytes`, 'rename', 'sync of the folder']);
  });

  it('says that a folder which cannot be made to last was not, and the next try makes it', async () => {
    const syncFolder = async () => {
      throw Object.assign(new Error('EIO'), { code: 'EIO' });
    };
    expect(await under.make({ disk: { syncFolder } }).write('live', fresh, stamp)).toMatchObject(
      refused('unreachable', 'EIO'),
    );
    expect(await under.make({ disk: { syncFolder } }).write('live', fresh, stamp)).toMatchObject(
      refused('unreachable', 'EIO'),
    );
    done(await write());
  });

  it('removes what killed runs left, at the next write and at the next clearing, and nothing else', async () => {
    const kept = [
      '.payments.sealwatch-notours',
      '.other.sealwatch-0123456789abcdef',
      '.payments.sealwatch-0123456789abcdef0',
    ];
    for (const name of kept) writeFileSync(join(under.root, 'seals', name), 'x');
    await under.killedWrite('live', fresh);
    await under.killedWrite('next', fresh);
    const left = () => files().filter((name) => /^\.payments\.sealwatch-[0-9a-f]{16}$/.test(name));
    expect(left()).toHaveLength(1);
    done(await write());
    expect(left()).toEqual([]);
    await under.killedWrite('next', fresh);
    done(await under.sink().clear('previous'));
    expect(files()).toEqual([...kept, 'payments'].sort());
  });

  it('a run whose file another one took away fails, and leaves the other one’s value whole', async () => {
    const disk = {
      rename: (async (from: string, to: string) => {
        done(await under.sink().write('live', old, stamp));
        await systemDisk.rename(from, to);
      }) as typeof systemDisk.rename,
    };
    expect(await under.make({ disk }).write('live', fresh, stamp)).toMatchObject(
      refused('odd', 'another run'),
    );
    expect(readFileSync(under.path)).toEqual(old);
  });

  it('leaves nothing behind when a write fails', async () => {
    given();
    for (const [, cause] of under.troubles.slice(3, 6)) {
      await cause();
      expect(await write()).toMatchObject({ ok: false });
      await under.heal();
    }
    expect(files()).toEqual(['payments']);
  });

  it('takes an empty file for an empty place', async () => {
    writeFileSync(under.path, '', { mode: 0o600 });
    expect(await under.sink().read('live')).toEqual({ ok: true, value: undefined });
    done(await write());
    expect(readFileSync(under.path)).toEqual(fresh);
  });

  it('follows links of folders inside the root, as mounts have them', async () => {
    symlinkSync(join(under.root, 'seals'), join(under.root, 'current'));
    const sink = under.make({ path: join(under.root, 'current', 'payments') });
    expect(done(await sink.write('live', fresh, stamp))).toBe(`file ${under.path}`);
    expect(existsSync(under.path)).toBe(true);
  });

  it('keeps bytes as they are', async () => {
    const bytes = Buffer.from([0, 0xff, 0x0a, 0xfe, 0x0d, 0x0a]);
    done(await write(bytes));
    expect(done(await under.sink().read('live'))).toEqual(bytes);
  });
});
