/** Tells the outside that the fleet is watched and that people hear of it: it may not hear from us when they do not. */
import type { Fleet } from '../fleet/fleet.ts';
import type { Owed } from '../state/ports.ts';
import type { WatchDeps } from './deps.ts';
import { unheard } from './unheard.ts';

/** After a complete sweep. @param owed by every cluster and by the fleet. */
export async function beat(deps: WatchDeps, fleet: Fleet, owed: Owed[]): Promise<void> {
  const lost = unheard(owed, deps.clock.now());
  if (!lost) return deps.heartbeat(fleet);
  deps.log.error('heartbeat-withheld', { why: 'a critical message was tried in vain for too long', ...lost });
}
