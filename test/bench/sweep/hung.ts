/** 3 % hung nodes: how long the sweep takes, and when the clusters without one were done. */
import { performance } from 'node:perf_hooks';
import { composeWatch } from '../../../shared/compose.ts';
import { sweep } from '../../../shared/work/sweep.ts';
import { memoryState } from '../../fakes/state/memory.ts';
import { startTargets } from './children.ts';
import { fleetOf } from './fleet-of.ts';

export interface HungResult {
  hungNodes: number;
  timeoutSeconds: number;
  sweepSeconds: number;
  /** Sweep against timeout: at most 1.1 is wanted. */
  ratio: number;
  /** When the last cluster without a hung node was decided and stored. */
  healthyClustersSeconds: number;
}

export async function benchHung(nodes: number, tls: boolean, percent: number): Promise<HungResult> {
  const targets = await startTargets(nodes, tls, percent);
  try {
    const fleet = fleetOf(targets.fleet);
    const state = memoryState();
    const startedAt = performance.now();
    const committedAt: number[] = [];
    const live = {
      ...state.live,
      commit: async (...args: Parameters<typeof state.live.commit>) => {
        committedAt.push((performance.now() - startedAt) / 1000);
        return state.live.commit(...args);
      },
    };
    const env = { SEALWATCH_STORAGE: 'UseDevelopmentStorage=true' };
    const deps = composeWatch(env, { state: { ...state, live }, write: () => undefined });
    await sweep({ ...deps, loadFleet: () => Promise.resolve({ fleet, problems: [] }) });
    const sweepSeconds = (performance.now() - startedAt) / 1000;
    const timeoutSeconds = fleet.probe.totalTimeoutMs / 1000;
    const hungNodes = Math.round((nodes * percent) / 100);
    const healthy = Math.floor((nodes - hungNodes) / 3);
    return {
      hungNodes,
      timeoutSeconds,
      sweepSeconds,
      ratio: Math.round((sweepSeconds / timeoutSeconds) * 100) / 100,
      healthyClustersSeconds: committedAt.sort((a, b) => a - b)[healthy - 1] ?? Number.NaN,
    };
  } finally {
    targets.close();
  }
}
