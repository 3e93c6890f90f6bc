/** What the watch app's use cases are given. Built by compose; by tests, from fakes and real servers. */
import type { Sender } from '../alert/channel.ts';
import type { Clock } from '../clock.ts';
import type { Cluster, Fleet } from '../fleet/fleet.ts';
import type { LoadedFleet } from '../fleet/source.ts';
import type { Log } from '../log/log.ts';
import type { ClusterAccess } from '../probe/gather.ts';
import type { State } from '../state/ports.ts';
import type { SweepReads } from './batches/reads.ts';

/** Access for one user: until it is released, nobody ends its connections. */
export interface LeasedAccess extends ClusterAccess {
  /** The clients may have their connections ended from now on. A second time does nothing. */
  readonly release: () => void;
}

export interface WatchDeps {
  /** The configuration in force, and what is wrong with a newer one. Rejects only when there is none at all. */
  loadFleet(): Promise<LoadedFleet>;
  /** Clients are kept between sweeps, the connections of `probe.warmNodes`, too; release it when they were asked. */
  access(cluster: Cluster, fleet: Fleet): LeasedAccess | Promise<LeasedAccess>;
  /** Undefined: fleet.yaml has no such channel any more. */
  sender(channel: string, fleet: Fleet): Sender | undefined;
  /** Pings the heartbeat URL, if there is one; failures are logged, never thrown. */
  heartbeat(fleet: Fleet): Promise<void>;
  state: State;
  clock: Clock;
  log: Log;
  /** What batches share in this process. */
  reads: SweepReads;
  /** A new random id. */
  newId(): string;
  /** How often sweeps are meant to run, ms: a longer pause is a gap. */
  intervalMs: number;
}
