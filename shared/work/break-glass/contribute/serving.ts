/** After the last share: until an active node answers, and every unsealed one has found it. */
import { duration } from '../../../alert/time.ts';
import type { NodeSight } from '../../../recovery/recovery.ts';
import type { Connected } from '../../recover/deps.ts';
import { lookAround } from '../../recover/observe.ts';
import type { Glass } from '../deps.ts';

export interface Contributed {
  ok: boolean;
  /** The cluster has an active node again; else it is the next person's turn. */
  serves?: boolean;
  /** Nothing was opened or sent: there is nothing to do, or shares do not help. */
  needless?: 'nothing-to-do' | 'refused';
  summary: string;
}

/** Raft elects within seconds; a node that joins takes a little longer, ms. */
const serveMs = 120_000;
const lookEveryMs = 1_000;

export async function waitForServing(
  { world, stop, say }: Glass,
  { nodes }: Connected,
  seen: (sights: NodeSight[]) => Promise<void>,
): Promise<Contributed> {
  const { clock } = world;
  const begun = clock.elapsed();
  let told = '';
  for (;;) {
    const sights = await lookAround(world, nodes);
    await seen(sights);
    const answering = sights.filter(({ state }) => state.kind !== 'unreachable');
    const serving = sights.filter(({ state }) => state.kind === 'serving');
    const active = serving.some(({ state }) => state.kind === 'serving' && state.role !== 'standby');
    const words = `${serving.length} of ${sights.length} nodes serving`;
    const tookMs = clock.elapsed() - begun;
    const waiting = answering.filter(({ state }) => state.kind !== 'serving' && state.kind !== 'sealed');
    if (active && waiting.length === 0)
      return { ok: true, serves: true, summary: `${words}, after ${duration(tookMs)}` };
    if (tookMs >= serveMs || stop.aborted) {
      return { ok: false, summary: `${words} after ${duration(tookMs)}: look at the nodes' logs` };
    }
    const line = `Waits: ${words}, ${active ? 'the others find the active node' : 'waiting for a leader'}.`;
    if (line !== told) say(line);
    told = line;
    try {
      await clock.sleep(lookEveryMs, stop);
    } catch (error) {
      if (!stop.aborted) throw error;
    }
  }
}
