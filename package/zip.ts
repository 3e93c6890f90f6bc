/** A zip of few and small files, the same bytes twice: every file is of 1980-01-01, the format's first day. */
import { crc32, deflateRawSync } from 'node:zlib';

// Field by field in APPNOTE.TXT 6.3.10, 4.3.7 (local header), 4.3.12 (central directory), 4.3.16 (its end).
const version = 20;
/** Bit 11: names are UTF-8. */
const flags = 0x0800;
const deflated = 8;
const firstDay = 0x0021;
/** Made on Unix, so that readers look at the mode; a regular file that all may read. */
const madeBy = (3 << 8) | version;
const mode = (0o100644 << 16) >>> 0;

type Field = [bytes: 2 | 4, value: number];

function fields(...given: Field[]): Buffer {
  const buffer = Buffer.alloc(given.reduce((sum, [bytes]) => sum + bytes, 0));
  let at = 0;
  for (const [bytes, value] of given) at = buffer.writeUIntLE(value, at, bytes);
  return buffer;
}

/** @param files by path with `/`; below 4 GiB in all and 65,536 of them, as no zip64 is written. */
export function zip(files: ReadonlyMap<string, Uint8Array>): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [path, bytes] of files) {
    const name = Buffer.from(path);
    const packed = deflateRawSync(bytes, { level: 9 });
    const common: Field[] = [
      [2, version],
      [2, flags],
      [2, deflated],
      [2, 0],
      [2, firstDay],
      [4, crc32(bytes)],
      [4, packed.length],
      [4, bytes.length],
      [2, name.length],
      [2, 0],
    ];
    const local = Buffer.concat([fields([4, 0x04034b50], ...common), name, packed]);
    const rest: Field[] = [
      [2, 0],
      [2, 0],
      [2, 0],
      [4, mode],
      [4, offset],
    ];
    directory.push(fields([4, 0x02014b50], [2, madeBy], ...common, ...rest), name);
    bodies.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = fields(
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, files.size],
    [2, files.size],
    [4, central.length],
    [4, offset],
    [2, 0],
  );
  return Buffer.concat([...bodies, central, end]);
}
