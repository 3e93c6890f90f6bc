/** What a file sink does not take for its file: each could lead a credential astray, or keep a node from it. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemDisk } from '../../../shared/rotation/sinks/file-disk.ts';
import { done, stamp } from '../../contract/sink.ts';
import { type FileUnderTest, fileUnderTest } from './file-under-test.ts';

describe('a file sink refuses', () => {
  let under: FileUnderTest;
  beforeEach(async () => {
    under = await fileUnderTest();
  });
  afterEach(() => under.close());

  const [old, fresh] = [Buffer.from('hvs.the-old-one'), Buffer.from('hvs.the-fresh-one')];
  const write = (value = fresh, slot: 'live' | 'next' = 'live') => under.sink().write(slot, value, stamp);
  const files = () => readdirSync(join(under.root, 'seals')).sort();
  /** As somebody put it there who knew what the node needs. */
  const given = (value = old, path = under.path) => writeFileSync(path, value, { mode: 0o600 });
  const refused = (code: string, words: string) => ({
    ok: false,
    code,
    detail: expect.stringContaining(words) as string,
  });

  it('a folder that a link leads out of the root', async () => {
    const outside = await fileUnderTest();
    try {
      symlinkSync(join(outside.root, 'seals'), join(under.root, 'linked'));
      const sink = under.make({ path: join(under.root, 'linked', 'payments') });
      writeFileSync(outside.path, old, { mode: 0o600 });
      for (const did of [
        await sink.write('live', fresh, stamp),
        await sink.read('live'),
        await sink.clear('next'),
      ])
        expect(did).toMatchObject(refused('outside-limits', 'leads out of the folder SEALWATCH_SINK_ROOT'));
      expect(readFileSync(outside.path)).toEqual(old);
    } finally {
      await outside.close();
    }
  });

  it('a neighbour of the root whose name begins like it', async () => {
    const root = under.root.slice(0, -3);
    mkdirSync(root);
    try {
      const did = await under.make({ root }).write('live', fresh, stamp);
      expect(did).toMatchObject(refused('outside-limits', 'leads out'));
      expect(files()).toEqual([]);
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  it.each(['inside', 'outside', 'nowhere'])(
    'a link in the place of the file, that leads %s',
    async (where) => {
      const target =
        where === 'inside' ? join(under.root, 'target') : where === 'outside' ? '/etc/hostname' : '/nowhere';
      if (where === 'inside') writeFileSync(target, old);
      symlinkSync(target, under.path);
      for (const did of [await write(), await write(fresh, 'next'), await under.sink().read('live')])
        expect(did).toMatchObject(refused('wrong', 'it is a link'));
      expect(readlinkSync(under.path)).toBe(target);
      if (where === 'inside') expect(readFileSync(target)).toEqual(old);
      expect(files()).toEqual(['payments']);
    },
  );

  it('a link in the place of PATH.next, also to clear', async () => {
    writeFileSync(join(under.root, 'target'), old);
    symlinkSync(join(under.root, 'target'), `${under.path}.next`);
    for (const did of [await write(fresh, 'next'), await under.sink().clear('next')])
      expect(did).toMatchObject(refused('wrong', 'it is a link'));
    expect(readFileSync(join(under.root, 'target'))).toEqual(old);
  });

  it('a folder, and a pipe, in the place of the file', async () => {
    mkdirSync(under.path);
    expect(await write()).toMatchObject(refused('wrong', 'it is not a file'));
    expect(await under.sink().read('live')).toMatchObject(refused('wrong', 'it is not a file'));
    const makePipe = 'mkfifo';
    execFileSync(makePipe, [`${under.path}.next`]);
    expect(await under.sink().read('next')).toMatchObject(refused('wrong', 'it is not a file'));
    expect(await under.sink().clear('next')).toMatchObject(refused('wrong', 'it is not a file'));
  });

  it('a file where its folder should be, and a folder that is not there', async () => {
    writeFileSync(join(under.root, 'flat'), '');
    for (const name of ['flat', 'none']) {
      const sink = under.make({ path: join(under.root, name, 'payments') });
      expect(await sink.write('live', fresh, stamp)).toMatchObject(
        refused('not-configured', 'there is no such folder'),
      );
    }
  });

  it.each([0o640, 0o604, 0o644])(
    'to take a file of mode %o from its readers, before anything is staged',
    async (mode) => {
      given();
      chmodSync(under.path, mode);
      for (const did of [await write(fresh, 'next'), await write()])
        expect(did).toMatchObject(refused('wrong', `(mode 0${mode.toString(8)}), and it will be 0600`));
      expect(readFileSync(under.path)).toEqual(old);
      chmodSync(under.path, 0o600);
      done(await write());
    },
  );

  it("to take a file from another user, unless it is root's to give it back", async () => {
    given();
    const { uid, gid } = lstatSync(under.path);
    const lstat = (async (path: string) =>
      Object.assign(lstatSync(path), { uid: uid + 1 })) as unknown as typeof systemDisk.lstat;
    expect(await under.make({ user: uid + 7, disk: { lstat } }).write('live', fresh, stamp)).toMatchObject(
      refused('denied', `it belongs to user ${uid + 1}, and user ${uid + 7} would write it`),
    );
    const handed: [number, number][] = [];
    const open: typeof systemDisk.open = async (path, flags, mode) =>
      Object.assign(await systemDisk.open(path, flags, mode), {
        chown: async (...to: [number, number]) => void handed.push(to),
      });
    done(await under.make({ user: 0, disk: { lstat, open } }).write('live', fresh, stamp));
    expect(handed).toEqual([[uid + 1, gid]]);
  });

  it('to read what is larger than a credential', async () => {
    writeFileSync(under.path, 'x'.repeat(64 * 1024), { mode: 0o600 });
    expect(done(await under.sink().read('live'))).toHaveLength(64 * 1024);
    writeFileSync(under.path, 'x'.repeat(64 * 1024 + 1));
    expect(await under.sink().read('live')).toMatchObject(refused('wrong', 'larger than 64 KiB'));
  });
});
