/** Where a contribution is recorded before it acts: in its file alone, or in recover's storage, too. */
import { auditEntry } from '../../../people/audit.ts';
import { withIntents } from '../../../recovery/intents.ts';
import type { Intent, NodeSight, Recovery } from '../../../recovery/recovery.ts';
import type { UnsealResult } from '../../../recovery/unseal.ts';
import { StateError } from '../../../state/errors.ts';
import type { RecoverDeps } from '../../recover/deps.ts';
import { LostRow } from '../../recover/held.ts';
import { markProven } from '../../recover/learned.ts';
import { noteUnsealed } from '../../recover/starts.ts';
import { troubleOf } from '../../recover/troubles.ts';
import { noteStartsOf } from '../../recover/unseal.ts';
import type { Glass } from '../deps.ts';
import type { HandState } from '../hand-state.ts';
import type { Held, Journal } from '../journal.ts';

type Facts = Record<string, string | number | boolean>;

export interface ContributionRecord {
  /** Before a key is used, and before a node is sent to. */
  audit(what: 'key-opened' | 'step', facts: Facts): Promise<void>;
  /** Before each round. `stop`: a person said so. @throws LostRow where somebody else has the row. */
  intents(round: Intent[]): Promise<'go' | 'stop'>;
  /** What the nodes answered; with what they showed before. */
  sent(results: UnsealResult[], sights: NodeSight[]): Promise<void>;
  /** What nodes hold of it, once it is over. */
  held(held: Held[]): Promise<void>;
  /** What nodes show afterwards. */
  seen(sights: NodeSight[]): Promise<void>;
}

export function recordInFile(glass: Glass, journal: Journal): ContributionRecord {
  const { stop } = glass;
  return {
    async audit(what, facts) {
      await journal.append({ kind: 'audit', value: auditEntry(entryOf(glass, what, facts)) });
    },
    async intents(value) {
      if (stop.aborted) return 'stop';
      await journal.append({ kind: 'intents', value });
      return stop.aborted ? 'stop' : 'go';
    },
    sent: async () => undefined,
    held: (value) => journal.append({ kind: 'held', value }),
    seen: async () => undefined,
  };
}

/**
 * The row says which nodes were sent what, and the start times which processes were unsealed: without them the seal that
 * a person sets later looks like the restart before (rule 6).
 *
 * @param isWhole the set began with this contribution, at progress 0: what it unseals proves the generation. Of a set that
 * was joined only this person's part is known to be of it.
 */
export function recordInStorage(
  glass: Glass,
  journal: Journal,
  state: HandState,
  deps: RecoverDeps,
  recovery: string,
  isWhole: boolean,
): ContributionRecord {
  const { stop, cluster } = glass;
  const file = recordInFile(glass, journal);
  const save = async (change: (row: Recovery) => Recovery): Promise<boolean> => {
    const active = await state.recoveries.active(cluster.name);
    return (
      active !== undefined && (await state.recoveries.save({ ...active, value: change(active.value) })).saved
    );
  };
  const prove = async (): Promise<void> => {
    const row = await state.generations.newest(cluster.name);
    if (row) await markProven(deps, row);
  };
  return {
    ...file,
    audit: (what, facts) => state.audit.write({ ...entryOf(glass, what, facts), recovery }),
    async intents(round) {
      if ((await file.intents(round)) === 'stop') return 'stop';
      const kept = await save((row) => ({ ...withIntents(row, round), passes: 1 }));
      if (stop.aborted) return 'stop';
      if (!kept) throw new LostRow('its row was taken over');
      return 'go';
    },
    async sent(results, sights) {
      await noteStartsOf(deps, cluster.name, results, sights);
      const taken = results.flatMap(({ node, result: { kind } }) =>
        kind === 'unsealed' || kind === 'joining' ? [node] : [],
      );
      const at = deps.clock.now();
      // Lost by now: whoever has it looks anew, and the intents are on record.
      await save((row) => ({
        ...row,
        unsealed: taken,
        unseals: Object.fromEntries(taken.map((node) => [node, 1])),
        troubles: results.flatMap((result) => troubleOf(result, at)),
      }));
      if (isWhole && results.some(({ result }) => result.kind === 'unsealed' && result.bySet)) await prove();
    },
    async seen(sights) {
      try {
        await noteUnsealed(deps, cluster.name, sights, await deps.state.starts.of(cluster.name));
      } catch (error) {
        // A note that cannot be kept ends nothing; the row says what was sent.
        if (!(error instanceof StateError)) throw error;
        deps.log.error('start-not-noted', { cluster: cluster.name, error });
      }
    },
  };
}

function entryOf(
  { world, cluster, envelopes, who, whoName, reason }: Glass,
  what: 'key-opened' | 'step',
  facts: Facts,
) {
  const { generation, revision } = envelopes.generation;
  return {
    at: world.clock.now(),
    who,
    name: whoName,
    what,
    cluster: cluster.name,
    why: reason,
    facts: { ...facts, generation, revision },
  };
}
