/** Our side: the whole sweep over the same targets, storage in memory. With the argument `raft`, raft state as well. */
import { composeWatch } from '../../../shared/compose.ts';
import { sweep } from '../../../shared/work/sweep.ts';
import { memoryState } from '../../fakes/state/memory.ts';
import { fleetOf } from './fleet-of.ts';
import { serveRounds } from './rounds.ts';

serveRounds((targets) => {
  const env = { SEALWATCH_STORAGE: 'UseDevelopmentStorage=true', SEALWATCH_SECRET_TOKEN: 'hvs.benchmark' };
  const deps = composeWatch(env, { state: memoryState(), write: () => undefined });
  const loaded = { fleet: fleetOf(targets, process.argv[2] === 'raft'), problems: [] };
  return Promise.resolve(async () => {
    const result = await sweep({ ...deps, loadFleet: () => Promise.resolve(loaded) });
    if (!result.complete) throw new Error(JSON.stringify(result.failed[0]));
  });
});
