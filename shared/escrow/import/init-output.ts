/** What `vault operator init -format=json` printed, or sys/init answered: key names and values, byte by byte. */
import { decodeBase64, decodeHex, unescaped } from './decode.ts';
import { type Range, type Scanned, scanObject } from './scan.ts';

/** One list of keys. `keys[i]` undefined: share i+1 is neither hex nor base64. */
export interface KeyList {
  keys: (Buffer | undefined)[];
  /** As the file says, where it does. */
  threshold?: number | undefined;
  count?: number | undefined;
  /** Positions (from 1) where the two spellings of the same share differ. */
  differing: number[];
}

export type InitOutput =
  | { ok: true; unseal: KeyList; recovery: KeyList; rootToken: boolean }
  | { ok: false; problem: string };

/** Names in the CLI's output and in the HTTP answer. */
const names = {
  unseal: {
    base64: ['unseal_keys_b64', 'keys_base64'],
    hex: ['unseal_keys_hex', 'keys'],
    threshold: ['unseal_threshold'],
    count: ['unseal_shares'],
  },
  recovery: {
    base64: ['recovery_keys_b64', 'recovery_keys_base64'],
    hex: ['recovery_keys_hex', 'recovery_keys'],
    threshold: ['recovery_keys_threshold'],
    count: ['recovery_keys_shares'],
  },
} as const;

const mostBytes = 1024 * 1024;

/** The keys are the caller's to zero. */
export function readInitOutput(bytes: Buffer): InitOutput {
  if (bytes.length > mostBytes)
    return { ok: false, problem: 'the file is larger than 1 MiB: it is not the output of init' };
  if (isUtf16(bytes)) {
    return { ok: false, problem: 'the file is UTF-16, as Windows PowerShell writes it: save it as UTF-8' };
  }
  const found = scanObject(bytes);
  if (!found) {
    return {
      ok: false,
      problem:
        'the file is not one JSON object: give the output of `vault operator init -format=json`, or the keys at the prompt',
    };
  }
  const root = found.get('root_token');
  return {
    ok: true,
    unseal: listOf(bytes, found, 'unseal'),
    recovery: listOf(bytes, found, 'recovery'),
    rootToken: root?.kind === 'string' && root.range.end > root.range.start,
  };
}

export function zeroKeys(list: KeyList): void {
  for (const key of list.keys) key?.fill(0);
}

function listOf(bytes: Buffer, found: Map<string, Scanned>, kind: keyof typeof names): KeyList {
  const { base64, hex, threshold, count } = names[kind];
  const first = keysOf(bytes, rangesOf(found, base64), decodeBase64);
  const second = keysOf(bytes, rangesOf(found, hex), decodeHex);
  const numbers = { threshold: numberOf(found, threshold), count: numberOf(found, count) };
  if (first.length === 0) return { keys: second, differing: [], ...numbers };
  const differing =
    second.length === 0
      ? []
      : first.flatMap((key, place) => (key && second[place]?.equals(key) ? [] : [place + 1]));
  for (const key of second) key?.fill(0);
  return { keys: first, differing, ...numbers };
}

function keysOf(
  bytes: Buffer,
  ranges: Range[],
  decode: (text: Buffer) => Buffer | undefined,
): (Buffer | undefined)[] {
  return ranges.map(({ start, end }) => {
    const text = unescaped(bytes.subarray(start, end));
    const key = text && decode(text);
    // Armour of PGP is kept as it is: it is ciphertext, and is told by what it begins with.
    const kept = key ?? (text?.subarray(0, 15).equals(armour) ? Buffer.from(text) : undefined);
    text?.fill(0);
    return kept;
  });
}

const armour = Buffer.from('-----BEGIN PGP ');

function rangesOf(found: Map<string, Scanned>, keys: readonly string[]): Range[] {
  for (const key of keys) {
    const value = found.get(key);
    if (value?.kind === 'strings' && value.ranges.length > 0) return value.ranges;
  }
  return [];
}

function numberOf(found: Map<string, Scanned>, keys: readonly string[]): number | undefined {
  const value = keys.map((key) => found.get(key)).find((one) => one?.kind === 'number');
  return value?.kind === 'number' ? value.value : undefined;
}

function isUtf16(bytes: Buffer): boolean {
  return bytes[0] === 0xff || bytes[0] === 0xfe || bytes.subarray(0, 4).includes(0);
}
