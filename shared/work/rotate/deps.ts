/** What the rotate app's use cases are given. Built by compose; by tests, from fakes and real servers. */
import type { Hold } from '../../alert/alert.ts';
import type { Clock } from '../../clock.ts';
import type { AzureKeyVaultSeal, Cluster, Fleet } from '../../fleet/fleet.ts';
import type { LoadedFleet } from '../../fleet/source.ts';
import type { Log } from '../../log/log.ts';
import type { AzureExercise } from '../../readiness/exercise/azure-exercise.ts';
import type { AzurePorts } from '../../readiness/exercise/azure-key-vault.ts';
import type { TransitPorts } from '../../readiness/exercise/transit.ts';
import type { VaultFacts } from '../../readiness/exercise/vault-facts.ts';
import type { Tried } from '../../readiness/readiness.ts';
import type { ConsumerSight, Did, Kind, KindName, Sink } from '../../rotation/rotation.ts';
import type { RecoverView } from '../../state/ports.ts';
import type { RotateState } from '../../state/rotate-ports.ts';

/** What a transit seal is exercised with; `close` ends its connections. Rejects for nothing. */
export type TransitAccess =
  | { ok: true; ports: Omit<TransitPorts, 'random' | 'clock' | 'timeoutMs'>; close: () => Promise<void> }
  /** Nothing could be tried: the field of fleet.yaml, and the fix. */
  | { ok: false; why: string };

/** What an azurekeyvault seal is exercised with. Rejects for nothing. */
export type AzureSealAccess =
  | {
      ok: true;
      ports: Omit<AzurePorts, 'random' | 'clock' | 'timeoutMs'>;
      /** With Sealwatch's own identity at Microsoft Graph: the end of a client secret. */
      secretLife?: () => Promise<AzureExercise['life']>;
      /** With the same at Azure Resource Manager; undefined: seal.vaultId is not in fleet.yaml. */
      atVault?: { vaultId: string; read: () => Promise<Tried<VaultFacts>> };
    }
  | { ok: false; why: string };

/** What one credential of a cluster is rotated with. Rejects for nothing. */
export type RotationAccess =
  | {
      ok: true;
      kind: Kind;
      /** In the order of fleet.yaml; of a key none. */
      sinks: Sink[];
      /**
       * What the next restart of a cluster would read through its own reference, exactly, as stored now: the receiver zeroes
       * it. Undefined: of a key, none.
       *
       * @param of a consumer; the rotating cluster where none is given.
       */
      value: (of?: Cluster) => Promise<Did<Buffer | undefined>>;
      close: () => Promise<void>;
    }
  /** Nothing can be done: the field of fleet.yaml or the setting, and the fix. */
  | { ok: false; why: string };

export interface RotateDeps {
  /** The configuration in force. Rejects only when there is none at all. */
  loadFleet(): Promise<LoadedFleet>;
  state: RotateState;
  /** The recover app's table: readiness of what unseals with shares. */
  generations: RecoverView['generations'];
  transit: (cluster: Cluster, provider: Cluster) => Promise<TransitAccess>;
  azureSeal(seal: AzureKeyVaultSeal): Promise<AzureSealAccess>;
  rotation(fleet: Fleet, cluster: Cluster, kind: KindName): Promise<RotationAccess>;
  /** What a cluster's nodes show of themselves without a token. Rejects for nothing. */
  sight(cluster: Cluster): Promise<ConsumerSight>;
  /** Lets a cluster's active node step down, with rotate's own login. */
  stepDown(cluster: Cluster): Promise<Did<void>>;
  /** Open recoveries of one cluster; may stop a rotation, never permit one. */
  recoveries(cluster: string): ReturnType<RecoverView['recoveries']>;
  /** Rejects where what may be a hold cannot be read. */
  hold(cluster: string): Promise<Hold | undefined>;
  clock: Clock;
  log: Log;
  random: (bytes: number) => Buffer;
  newId(): string;
}
