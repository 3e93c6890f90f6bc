/** What a real unseal teaches about a generation: it is proven, or (rule 4) it is bad. */
import type { GenerationRow } from '../../escrow/generation.ts';
import type { Recovery } from '../../recovery/recovery.ts';
import type { Stored } from '../../state/ports.ts';
import type { RecoverDeps } from './deps.ts';

/** Each success is recorded; the row says when the last one was. */
export async function markProven(deps: RecoverDeps, row: Stored<GenerationRow>): Promise<void> {
  await change(deps, row, (value) => ({ ...value, provenAt: deps.clock.now() }));
}

/**
 * The node whose refusal makes a generation bad: two whole sets were refused, by two nodes or by one in two passes. A stranger who spoils one set, or one node with old data, is that node's trouble.
 */
export function refusals(
  { troubles }: Pick<Recovery, 'troubles'>,
  { acceptedAt }: Pick<GenerationRow, 'acceptedAt'>,
): { node: string } | undefined {
  const refused = troubles.filter(({ code, at }) => code === 'wrong-generation' && at >= acceptedAt);
  const last = refused.at(-1);
  return last && refused.length > 1 ? { node: last.where } : undefined;
}

/** Unless something was ever unsealed with it: whatever refuses it now is that node's trouble. */
export async function markBad(
  deps: RecoverDeps,
  row: Stored<GenerationRow>,
  found: { node: string; recovery: string },
): Promise<void> {
  await change(deps, row, (value) =>
    value.provenAt === undefined ? { ...value, bad: { at: deps.clock.now(), ...found } } : undefined,
  );
}

/** Read anew on a conflict, and only while it is still the same revision: a newer one was not tried. */
async function change(
  deps: RecoverDeps,
  row: Stored<GenerationRow>,
  next: (value: GenerationRow) => GenerationRow | undefined,
): Promise<void> {
  let stored: Stored<GenerationRow> | undefined = row;
  for (let tries = 0; stored && tries < 3; tries += 1) {
    const { generation, revision } = stored.value;
    if (generation !== row.value.generation || revision !== row.value.revision) return;
    const value = next(stored.value);
    if (!value) return;
    const saved = await deps.state.generations.save(value, stored.etag);
    if (saved.saved) return;
    stored = await deps.state.generations.newest(row.value.cluster);
  }
  deps.log.error('generation-not-marked', { cluster: row.value.cluster });
}
