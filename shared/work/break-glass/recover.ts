/** A whole recovery from a laptop: the recover app's passes, one after the other, over a journal in place of storage. */
import type { Recovery } from '../../recovery/recovery.ts';
import type { RecoverDeps } from '../recover/deps.ts';
import { LostRow } from '../recover/held.ts';
import { runPass } from '../recover/pass.ts';
import { requestRecovery } from '../recover/request.ts';
import type { Glass } from './deps.ts';
import type { Journal } from './journal.ts';
import { type LocalState, localState } from './local-state.ts';
import { narrating } from './narrate.ts';

export type Ended =
  | { kind: 'ended'; outcome: NonNullable<Recovery['ended']>['outcome']; summary: string }
  /** By hand, or because nothing would go on by itself. */
  | { kind: 'stopped'; why: string; recovery?: Recovery };

/** Goes on with the recovery that the journal left open, or opens one; until it ended or was stopped by hand. */
export async function recoverByHand(glass: Glass, opened: Journal): Promise<Ended> {
  const { cluster, who, whoName, reason, lost, stop, say } = glass;
  const state = localState(narrating(opened, say), glass.envelopes, stop);
  const deps = depsOf(glass, state, opened);
  const left = await state.recoveries.active(cluster.name);
  if (left) {
    say(`Goes on with what ${opened.path} began at ${new Date(left.value.requestedAt).toISOString()}.`);
    if (lost.length > 0) await state.recoveries.save({ ...left, value: { ...left.value, lost } });
  } else {
    const asked = { kind: 'unseal', way: 'break-glass', by: who, byName: whoName, dryRun: false } as const;
    const said = await requestRecovery(deps, cluster.name, { ...asked, reason, lost });
    if (!said.ok) return { kind: 'stopped', why: said.message };
  }
  await passes(deps, state, glass);
  const recovery = state.newest();
  if (recovery?.ended) return { kind: 'ended', ...recovery.ended };
  const why = stop.aborted ? 'stopped by hand' : 'nothing would go on by itself';
  return { kind: 'stopped', why, ...(recovery && { recovery }) };
}

async function passes(deps: RecoverDeps, state: LocalState, { cluster, say }: Glass): Promise<void> {
  const { clock } = deps;
  for (;;) {
    const active = await state.recoveries.active(cluster.name);
    // Never a pass without one: that would consider an automatic recovery.
    if (!active) return;
    const { lease } = active.value;
    const leftMs = (lease?.until ?? 0) - clock.now();
    if (leftMs > 0)
      say(`Another machine began with this file: waits ${Math.ceil(leftMs / 1000)} s until its time is up.`);
    try {
      await clock.sleep(Math.max(0, leftMs));
      state.takeNudge();
      await runPass(deps, cluster.name);
      const dueMs = state.takeNudge();
      if (dueMs === undefined) return;
      await clock.sleep(dueMs);
    } catch (error) {
      if (error instanceof LostRow) return;
      throw error;
    }
  }
}

function depsOf(glass: Glass, state: LocalState, { run }: Journal): RecoverDeps {
  const { world, fleet, cluster, envelopes, derived, raft, stop } = glass;
  return {
    ...world,
    clock: {
      now: () => world.clock.now(),
      elapsed: () => world.clock.elapsed(),
      after: (ms, callback) => world.clock.after(ms, callback),
      // Whatever waits when a person stops it ends as if the row were lost: nothing more is sent.
      async sleep(ms, signal) {
        try {
          await world.clock.sleep(ms, signal ? AbortSignal.any([stop, signal]) : stop);
        } catch (error) {
          throw stop.aborted ? new LostRow('stopped by hand') : error;
        }
      },
    },
    loadFleet: async () => ({ fleet, problems: [] }),
    state,
    facts: async () => (raft ? { nodes: {}, raft } : undefined),
    binding: async () =>
      derived ? { ok: true, binding: envelopes.generation.trust } : world.binding(cluster),
    owner: run,
  };
}

/** What a person should know of a recovery that did not end. */
export function standing({ intents, unsealed }: Recovery): string[] {
  const nodes = [...new Set(intents.map(({ node }) => node))];
  return nodes.map((node) => {
    if (unsealed.includes(node)) return `  ${node} took its whole set`;
    const sent = intents.filter((intent) => intent.node === node).map(({ index }) => index);
    return `  ${node} may hold shares ${sent.join(', ')}`;
  });
}
