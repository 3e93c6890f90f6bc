/** What a real unseal teaches about a generation: it is proven, or (rule 4) it is bad. */
import type { GenerationRow } from '../../escrow/generation.ts';
import type { Stored } from '../../state/ports.ts';
import type { RecoverDeps } from './deps.ts';

/** Each success is recorded; the row says when the last one was. */
export async function markProven(deps: RecoverDeps, row: Stored<GenerationRow>): Promise<void> {
  await change(deps, row, (value) => ({ ...value, provenAt: deps.clock.now() }));
}

export async function markBad(
  deps: RecoverDeps,
  row: Stored<GenerationRow>,
  found: { node: string; recovery: string },
): Promise<void> {
  await change(deps, row, (value) => ({ ...value, bad: { at: deps.clock.now(), ...found } }));
}

/** Read anew on a conflict, and only while it is still the same revision: a newer one was not tried. */
async function change(
  deps: RecoverDeps,
  row: Stored<GenerationRow>,
  next: (value: GenerationRow) => GenerationRow,
): Promise<void> {
  let stored: Stored<GenerationRow> | undefined = row;
  for (let tries = 0; stored && tries < 3; tries += 1) {
    const { generation, revision } = stored.value;
    if (generation !== row.value.generation || revision !== row.value.revision) return;
    const saved = await deps.state.generations.save(next(stored.value), stored.etag);
    if (saved.saved) return;
    stored = await deps.state.generations.newest(row.value.cluster);
  }
  deps.log.error('generation-not-marked', { cluster: row.value.cluster });
}
