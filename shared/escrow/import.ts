/** Shares from what a person has: init's output, or lines of a hidden prompt. No share becomes a string (rule 1). */
import type { GenerationIdentity } from './generation.ts';
import { decodeKey } from './import/decode.ts';
import { type KeyList, readInitOutput, zeroKeys } from './import/init-output.ts';
import { type ClusterSeal, problemsOf } from './import/judge.ts';
import { Share } from './share.ts';

export type { ClusterSeal };

export type Given =
  /** The bytes of a file. */
  | { form: 'file'; bytes: Buffer }
  /** One share each, base64 or hex. */
  | { form: 'prompt'; lines: Buffer[] };

export type Imported =
  /** The shares are the caller's to destroy. `rootToken`: the file holds one, which is not read. */
  | { ok: true; kind: GenerationIdentity['kind']; shares: Share[]; rootToken: boolean }
  | { ok: false; problems: string[]; rootToken: boolean };

/** Checks everything against the cluster before it gives out a share. The given bytes stay the caller's to zero. */
export function importShares(given: Given, seal: ClusterSeal): Imported {
  const kind = seal.recoverySeal ? 'recovery' : 'unseal';
  if (given.form === 'prompt')
    return taken({ keys: given.lines.map(keyOfLine), differing: [] }, kind, seal, false);
  const output = readInitOutput(given.bytes);
  if (!output.ok) return { ok: false, problems: [output.problem], rootToken: false };
  const { unseal, recovery, rootToken } = output;
  try {
    const [list, other] = kind === 'recovery' ? [recovery, unseal] : [unseal, recovery];
    if (list.keys.length === 0) {
      return { ok: false, problems: [nothingOf(kind, seal, other.keys.length > 0)], rootToken };
    }
    return taken(list, kind, seal, rootToken);
  } finally {
    zeroKeys(unseal);
    zeroKeys(recovery);
  }
}

/** For callers that are done with what they gave. */
export function zeroGiven(given: Given): void {
  for (const bytes of given.form === 'file' ? [given.bytes] : given.lines) bytes.fill(0);
}

function taken(
  list: KeyList,
  kind: GenerationIdentity['kind'],
  seal: ClusterSeal,
  rootToken: boolean,
): Imported {
  try {
    const problems = problemsOf(list, seal);
    if (problems.length > 0) return { ok: false, problems, rootToken };
    const shares = list.keys.flatMap((key, place) => (key ? [new Share(place + 1, key)] : []));
    // They are the shares' own from here on.
    list.keys = [];
    return { ok: true, kind, shares, rootToken };
  } finally {
    zeroKeys(list);
  }
}

function nothingOf(kind: GenerationIdentity['kind'], { type }: ClusterSeal, others: boolean): string {
  if (!others) return 'the file holds no keys';
  return kind === 'recovery'
    ? `the file holds unseal keys, but the cluster unseals by ${type} and has recovery keys: it is not of this cluster. After a seal migration the old shares are its recovery keys: give them at the prompt`
    : 'the file holds recovery keys, but the cluster unseals with shares: it is not of this cluster. After a seal migration the recovery keys are its shares: give them at the prompt';
}

function keyOfLine(line: Buffer): Buffer | undefined {
  const isSpace = (byte: number | undefined) =>
    byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d);
  let [start, end] = [0, line.length];
  while (start < end && isSpace(line[start])) start += 1;
  while (end > start && isSpace(line[end - 1])) end -= 1;
  return decodeKey(line.subarray(start, end));
}
