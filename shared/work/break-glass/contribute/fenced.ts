/** A contribution while storage answers: no pass of the app acts as long as this person's part lasts. */
import type { NodeSight, Recovery } from '../../../recovery/recovery.ts';
import type { Connected } from '../../recover/deps.ts';
import { LostRow } from '../../recover/held.ts';
import { endedWith } from '../../recover/words.ts';
import { contribute } from '../contribute.ts';
import type { Glass } from '../deps.ts';
import type { HandState } from '../hand-state.ts';
import type { Journal } from '../journal.ts';
import { depsOf, openByHand, stateOf } from '../recover.ts';
import type { Contributed } from './serving.ts';
import type { Contribution } from './targets.ts';

export async function contributeFenced(
  glass: Glass,
  connected: Connected,
  sights: NodeSight[],
  wanted: Contribution,
  journal: Journal,
): Promise<Contributed> {
  if (!glass.stored) return contribute(glass, connected, sights, wanted, journal);
  const state = await stateOf(glass, journal);
  const opened = await openByHand(depsOf(glass, state, journal), glass);
  if (!opened.ok) return { ok: false, summary: `${opened.message}: nothing was sent` };
  try {
    return await state.keeping(async () => {
      const done = await contribute(glass, connected, sights, wanted, fenced(journal, state));
      await end(glass, state, wanted, done);
      return done;
    });
  } catch (error) {
    if (!(error instanceof LostRow)) throw error;
    const summary = (await state.own())?.ended?.summary ?? 'somebody else has its row in storage';
    return { ok: false, summary: `stopped before the next share: ${summary}` };
  }
}

/** Before each round its lease outlasts the requests, and is still this command's. */
function fenced(journal: Journal, state: HandState): Journal {
  return {
    ...journal,
    async append(entry) {
      await journal.append(entry);
      if (entry.kind === 'intents' && !(await state.renew())) throw new LostRow('its row was taken over');
    },
  };
}

async function end(
  { world: { clock }, cluster, who, whoName, reason }: Glass,
  state: HandState,
  { custodian }: Contribution,
  { ok, serves = false, summary }: Contributed,
): Promise<void> {
  const active = await state.recoveries.active(cluster.name);
  if (!active) return;
  const why = `custodian ${custodian} gave its shares: ${summary}`;
  const remedy = `The next person adds theirs (sealwatch recover --custodian), or somebody looks: sealwatch recover --cluster ${cluster.name} --dry-run.`;
  const ended: NonNullable<Recovery['ended']> =
    ok && serves
      ? { at: clock.now(), outcome: 'recovered', summary }
      : endedWith('failed', { why, remedy }, clock.now());
  const about = { who, name: whoName, cluster: cluster.name, recovery: active.value.id, why: reason };
  const facts = { outcome: ended.outcome, summary: ended.summary };
  await state.audit.write({ at: ended.at, what: 'ended', ...about, facts });
  await state.recoveries.end({ value: { ...active.value, status: 'ended', ended }, etag: active.etag });
}
