/** The file sink over a real folder; parts of the disk are replaced only to fail. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Slot, StoreSink } from '../../../shared/rotation/rotation.ts';
import { createFileSink, type FileSettings } from '../../../shared/rotation/sinks/file.ts';
import { type Disk, systemDisk } from '../../../shared/rotation/sinks/file-disk.ts';
import { type StoreSinkUnderTest, stamp } from '../../contract/sink.ts';

export interface FileUnderTest extends StoreSinkUnderTest {
  root: string;
  /** ROOT/seals/payments */
  path: string;
  make: (over?: Partial<FileSettings>) => StoreSink;
  /** What the next calls of the disk do in place of their work. */
  disk: Partial<Disk>;
}

const suffixes: Record<Slot, string> = { live: '', next: '.next', previous: '.previous' };

const fails = (code: string) => async (): Promise<never> => {
  throw Object.assign(new Error(`${code}: not in this test`), { code });
};

export const fileTroubles = [
  'a folder that is not ours',
  'a read-only disk',
  'a full disk',
  'a full disk, found while writing',
  'a disk error, found when it shall last',
  'a rename that is refused',
  'a mount that is gone',
];

/** A handle of which one call fails. */
function opensButFails(call: 'writeFile' | 'sync', code: string): Disk['open'] {
  return async (path, flags, mode) => {
    const handle = await systemDisk.open(path, flags, mode);
    Object.assign(handle, { [call]: fails(code) });
    return handle;
  };
}

export async function fileUnderTest(): Promise<FileUnderTest> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'sealwatch-sink-')));
  const { mkdir } = await import('node:fs/promises');
  await mkdir(join(root, 'seals'));
  const path = join(root, 'seals', 'payments');
  const disk: Partial<Disk> = {};
  const make = (over: Partial<FileSettings> = {}) =>
    createFileSink({ name: 'nodes', path, root, random: randomBytes, disk, ...over });
  const trouble = (part: Partial<Disk>) => async () => void Object.assign(disk, part);
  const [own, readOnly, full, fullLater, sync, rename, gone] = fileTroubles as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  return {
    root,
    path,
    make,
    disk,
    sink: () => make(),
    async found(slot) {
      const file = `${path}${suffixes[slot]}`;
      return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
    },
    troubles: [
      [own, trouble({ open: opensOnlyToRead('EACCES') }), 'denied'],
      [readOnly, trouble({ open: opensOnlyToRead('EROFS') }), 'denied'],
      [full, trouble({ open: opensOnlyToRead('ENOSPC') }), 'unreachable'],
      [fullLater, trouble({ open: opensButFails('writeFile', 'ENOSPC') }), 'unreachable'],
      [sync, trouble({ open: opensButFails('sync', 'EIO') }), 'unreachable'],
      [rename, trouble({ rename: fails('EPERM') }), 'denied'],
      [gone, trouble({ realpath: fails('ENOENT') }), 'not-configured'],
    ],
    async killedWrite(slot, value) {
      await new Promise<void>((reached) => {
        const killed = make({
          disk: {
            rename: () => {
              reached();
              // It never comes back: the process is gone.
              return new Promise(() => undefined);
            },
          },
        });
        void killed.write(slot, value, stamp);
      });
    },
    async heal() {
      for (const part of Object.keys(disk)) delete disk[part as keyof Disk];
    },
    close: async () => rmSync(root, { recursive: true }),
  };
}

function opensOnlyToRead(code: string): Disk['open'] {
  // O_WRONLY is 1.
  return (path, flags, mode) => (flags % 2 === 0 ? systemDisk.open(path, flags, mode) : fails(code)());
}
