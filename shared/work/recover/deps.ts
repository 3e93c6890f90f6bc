/** What the recover app's use cases are given. Built by compose; by tests, from fakes and real servers. */
import type { Clock } from '../../clock.ts';
import type { Custodian } from '../../escrow/custodian.ts';
import type { TrustBinding } from '../../escrow/generation.ts';
import type { Cluster } from '../../fleet/fleet.ts';
import type { LoadedFleet } from '../../fleet/source.ts';
import type { Log } from '../../log/log.ts';
import type { ClusterFacts } from '../../probe/head-facts.ts';
import type { RecoverState } from '../../state/recover-ports.ts';
import type { VaultError } from '../../vault/answer.ts';
import type { ShareClient } from '../../vault/unseal.ts';

export interface RecoverDeps {
  /** The configuration in force. Rejects only when there is none at all. */
  loadFleet(): Promise<LoadedFleet>;
  state: RecoverState;
  /** What *watch* remembers of a cluster: it may disprove a restart or be shown, never permit anything. */
  facts(cluster: string): Promise<ClusterFacts | undefined>;
  /** A client for each node, over connections that trust what the binding says and nothing else (rule 2). */
  connect: (cluster: Cluster, trust: TrustBinding) => Promise<Connected>;
  /** What fleet.yaml binds a cluster to now. The problem names the field and the fix. */
  binding(cluster: Cluster): Promise<{ ok: true; binding: TrustBinding } | { ok: false; problem: string }>;
  /** By name; one that cannot be made (its passphrase cannot be read) is left out and logged. */
  custodians(cluster: Cluster): Promise<ReadonlyMap<string, Custodian>>;
  clock: Clock;
  log: Log;
  newId(): string;
  random: (bytes: number) => Buffer;
  /** Of this process: who holds a lease. */
  owner: string;
}

/** One node, and how it is reached with the binding's trust. */
export interface Reached {
  node: string;
  address: string;
  /** Or why it cannot be: an address that the binding does not know. */
  client: ShareClient | VaultError;
}

export interface Connected {
  nodes: Reached[];
  close: () => Promise<void>;
}
