/** A whole recovery from a laptop: the recover app's passes, one after the other, over storage or a journal. */
import type { Recovery } from '../../recovery/recovery.ts';
import type { RecoverState } from '../../state/recover-ports.ts';
import type { RecoverDeps } from '../recover/deps.ts';
import { LostRow } from '../recover/held.ts';
import { runPass } from '../recover/pass.ts';
import { requestRecovery } from '../recover/request.ts';
import type { Said } from '../recover/said.ts';
import type { Glass } from './deps.ts';
import type { HandState } from './hand-state.ts';
import type { Journal } from './journal.ts';
import { localState } from './local-state.ts';
import { narrating } from './narrate.ts';
import { storedState } from './stored-state.ts';

export type Ended =
  | { kind: 'ended'; outcome: NonNullable<Recovery['ended']>['outcome']; summary: string }
  /** By hand, or because nothing would go on by itself. */
  | { kind: 'stopped'; why: string; recovery?: Recovery };

/** Goes on with the recovery that the journal left open, or opens one; until it ended or was stopped by hand. */
export async function recoverByHand(glass: Glass, opened: Journal): Promise<Ended> {
  const { cluster, lost, stop, say } = glass;
  const state = await stateOf(glass, narrating(opened, say));
  const deps = depsOf(glass, state, opened);
  const left = await state.recoveries.active(cluster.name);
  const begun = await state.own();
  if (left && begun?.id === left.value.id) {
    say(`Goes on with what ${opened.path} began at ${new Date(left.value.requestedAt).toISOString()}.`);
    if (lost.length > 0) await state.recoveries.save({ ...left, value: { ...left.value, lost } });
  } else {
    const said = await openByHand(deps, glass);
    if (!said.ok) return { kind: 'stopped', why: said.message };
  }
  await state.keeping(() => passes(deps, state, glass));
  const recovery = await state.own();
  if (recovery?.ended) return { kind: 'ended', ...recovery.ended };
  const why = stop.aborted ? 'stopped by hand' : 'nothing would go on by itself';
  return { kind: 'stopped', why, ...(recovery && { recovery }) };
}

/** Over storage where it answers; else the journal is all there is. */
export async function stateOf(
  { stored, envelopes, stop, world: { clock } }: Glass,
  journal: Journal,
): Promise<HandState> {
  return stored
    ? storedState(stored.state, { journal, envelopes, clock, stop })
    : localState(journal, envelopes, stop);
}

/** Its authority is unwrap on the custodians (rule 8): it takes over what others asked for. */
export function openByHand(
  deps: RecoverDeps,
  { cluster, who, whoName, reason, lost, stored }: Glass,
): Promise<Said<Recovery>> {
  const asked = { kind: 'unseal', way: 'break-glass', by: who, byName: whoName, dryRun: false } as const;
  const takeOver = stored?.takeOver ?? false;
  return requestRecovery(deps, cluster.name, { ...asked, reason, lost, takeOver, approver: true });
}

async function passes(deps: RecoverDeps, state: HandState, { cluster, say }: Glass): Promise<void> {
  const { clock } = deps;
  for (;;) {
    const active = await state.recoveries.active(cluster.name);
    if (!active) return;
    const { lease } = active.value;
    const leftMs = (lease?.until ?? 0) - clock.now();
    if (leftMs > 0)
      say(`Another machine began with this file: waits ${Math.ceil(leftMs / 1000)} s until its time is up.`);
    try {
      await clock.sleep(Math.max(0, leftMs));
      state.takeNudge();
      await runPass(deps, cluster.name, { byHand: true });
      const dueMs = state.takeNudge();
      if (dueMs === undefined) return;
      await clock.sleep(dueMs);
    } catch (error) {
      if (error instanceof LostRow) return;
      throw error;
    }
  }
}

export function depsOf(glass: Glass, state: RecoverState, { run }: Pick<Journal, 'run'>): RecoverDeps {
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
