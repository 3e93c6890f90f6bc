/** A contribution while storage answers: no pass of the app acts as long as this person's part lasts. */
import type { Recovery } from '../../../recovery/recovery.ts';
import { StateError } from '../../../state/errors.ts';
import type { Connected } from '../../recover/deps.ts';
import { LostRow } from '../../recover/held.ts';
import { endedWith } from '../../recover/words.ts';
import { contribute } from '../contribute.ts';
import type { Glass } from '../deps.ts';
import type { HandState } from '../hand-state.ts';
import type { Journal, JournalEntry } from '../journal.ts';
import { depsOf, openByHand, stateOf } from '../recover.ts';
import { recordInFile, recordInStorage } from './record.ts';
import type { Contributed } from './serving.ts';
import type { Contribution } from './targets.ts';

/** @param before other files of this machine, of this cluster. */
export async function contributeFenced(
  glass: Glass,
  connected: Connected,
  wanted: Contribution,
  journal: Journal,
  before: readonly (readonly JournalEntry[])[],
): Promise<Contributed> {
  const files = [...before, journal.before];
  if (!glass.stored) return contribute(glass, connected, wanted, recordInFile(glass, journal), files);
  const state = await stateOf(glass, journal);
  const deps = depsOf(glass, state, journal);
  const opened = await openByHand(deps, glass);
  if (!opened.ok) return { ok: false, summary: `${opened.message}: nothing was sent` };
  const record = recordInStorage(glass, journal, state, deps, opened.value.id, !wanted.join);
  try {
    return await state.keeping(async () => {
      const done =
        (await otherGeneration(glass, state)) ?? (await contribute(glass, connected, wanted, record, files));
      await end(glass, state, wanted, done);
      return done;
    });
  } catch (error) {
    if (!(error instanceof LostRow)) throw error;
    const summary = (await state.own())?.ended?.summary ?? 'somebody else has its row in storage';
    return { ok: false, summary: `stopped before the next share: ${summary}` };
  }
}

/** Between the look and the fence somebody may have imported or rewrapped: what the person was shown is used, or nothing. */
async function otherGeneration(
  { cluster }: Glass,
  { generations }: HandState,
): Promise<Contributed | undefined> {
  try {
    await generations.newest(cluster.name);
    return undefined;
  } catch (error) {
    if (!(error instanceof StateError) || error.code !== 'refused') throw error;
    return { ok: false, needless: 'refused', summary: error.message };
  }
}

async function end(
  { world: { clock }, cluster, who, whoName, reason }: Glass,
  state: HandState,
  { custodian }: Contribution,
  { ok, serves = false, needless, summary }: Contributed,
): Promise<void> {
  const active = await state.recoveries.active(cluster.name);
  if (!active) return;
  const { unsealed } = active.value;
  const why = `custodian ${custodian} ${ok || unsealed.length > 0 ? 'gave its shares' : 'did not give its shares'}: ${summary}`;
  const remedy = `The next person adds theirs (sealwatch recover --custodian), or somebody looks: sealwatch recover --cluster ${cluster.name} --dry-run.`;
  const at = clock.now();
  let ended: NonNullable<Recovery['ended']> = endedWith(
    needless === 'refused' ? 'refused' : 'failed',
    { why, remedy },
    at,
  );
  if (needless === 'nothing-to-do') ended = { at, outcome: needless, summary };
  else if (ok && serves) ended = { at, outcome: 'recovered', summary };
  const about = { who, name: whoName, cluster: cluster.name, recovery: active.value.id, why: reason };
  const facts = { outcome: ended.outcome, summary: ended.summary };
  await state.audit.write({ at: ended.at, what: 'ended', ...about, facts });
  await state.recoveries.end({ value: { ...active.value, status: 'ended', ended }, etag: active.etag });
}
