/** What the watch app's use cases are given. Built by compose; by tests, from fakes and real servers. */
import type { Sender } from '../alert/channel.ts';
import type { Clock } from '../clock.ts';
import type { Cluster, Fleet } from '../fleet/fleet.ts';
import type { LoadedFleet } from '../fleet/source.ts';
import type { Log } from '../log/log.ts';
import type { ClusterAccess } from '../probe/gather.ts';
import type { State } from '../state/ports.ts';

export interface WatchDeps {
  /** The configuration in force, and what is wrong with a newer one. Rejects only when there is none at all. */
  loadFleet(): Promise<LoadedFleet>;
  /** Clients are kept between sweeps; those of clusters that left the fleet are closed. */
  access(cluster: Cluster, fleet: Fleet): ClusterAccess | Promise<ClusterAccess>;
  /** Undefined: fleet.yaml has no such channel any more. */
  sender(channel: string, fleet: Fleet): Sender | undefined;
  /** Pings the heartbeat URL, if there is one; failures are logged, never thrown. */
  heartbeat(fleet: Fleet): Promise<void>;
  state: State;
  clock: Clock;
  log: Log;
  /** A new random id. */
  newId(): string;
  /** How often sweeps are meant to run, ms: a longer pause is a gap. */
  intervalMs: number;
}
