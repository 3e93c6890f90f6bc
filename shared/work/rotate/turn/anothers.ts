/** Before a sink is given anything for the first time: what it holds must be this credential's (rules 9, 15). */
import { fingerprintOf } from '../../../rotation/fingerprint.ts';
import type { Did, Rotation, Sink } from '../../../rotation/rotation.ts';
import { type Turn, whichOf } from './context.ts';

type Refusal = Extract<Did<never>, { ok: false }>;

/**
 * Undefined: it may be written. What it holds is nothing, one of the rotation's two, what the seal's own reference reads or read,
 * or what an earlier rotation of the same credential made or replaced.
 */
export async function anothers(turn: Turn, rotation: Rotation, sink: Sink): Promise<Refusal | undefined> {
  if (sink.holds === 'notice' || rotation.sinks[sink.name]?.startedAt !== undefined) return undefined;
  const read = await sink.read('live');
  if (!read.ok) return read;
  if (read.value === undefined) return undefined;
  try {
    // The line break that an editor adds makes it no other one.
    const values = [read.value, trimmed(read.value)];
    if (values.some((value) => whichOf(rotation, value) !== 'other')) return undefined;
    const fingerprints = values.map((value) => fingerprintOf(rotation.id, value));
    if (rotation.replaces !== undefined && fingerprints.includes(rotation.replaces)) return undefined;
    const own = await turn.value();
    if (!own.ok) return own;
    const isRead = own.value !== undefined && fingerprints.includes(fingerprintOf(rotation.id, own.value));
    own.value?.fill(0);
    if (isRead || (await wasOnceIts(turn, rotation, values))) return undefined;
    const detail = `sink ${sink.name} holds something else than what the seal reads: write there what the seal reads, or take the sink out of fleet.yaml`;
    return { ok: false, code: 'wrong', detail };
  } finally {
    read.value.fill(0);
  }
}

/** Of the same bytes: zeroed with them. */
function trimmed(value: Buffer): Buffer {
  const isSpace = (byte: number | undefined) =>
    byte !== undefined && ' \t\r\n'.includes(String.fromCharCode(byte));
  let [from, to] = [0, value.length];
  while (from < to && isSpace(value[from])) from += 1;
  while (to > from && isSpace(value[to - 1])) to -= 1;
  return value.subarray(from, to);
}

/** A sink that was away may still hold what died before the last one: of that the row knows `replaces` alone. */
async function wasOnceIts(
  { deps }: Turn,
  { cluster, kind }: Rotation,
  values: readonly Buffer[],
): Promise<boolean> {
  const { rows } = await deps.state.rotations.list(0, cluster);
  const same = rows.filter((row) => row.kind === kind);
  return same.some(({ id, fresh, old, replaces }) =>
    values.some((value) =>
      [fresh?.fingerprint, old?.fingerprint, replaces].includes(fingerprintOf(id, value)),
    ),
  );
}
