/** What the rotate app's use cases are given. Built by compose; by tests, from fakes and real servers. */
import type { Clock } from '../../clock.ts';
import type { AzureKeyVaultSeal, Cluster } from '../../fleet/fleet.ts';
import type { LoadedFleet } from '../../fleet/source.ts';
import type { Log } from '../../log/log.ts';
import type { AzurePorts } from '../../readiness/exercise/azure-key-vault.ts';
import type { TransitPorts } from '../../readiness/exercise/transit.ts';
import type { RecoverView } from '../../state/ports.ts';
import type { RotateState } from '../../state/rotate-ports.ts';

/** What a transit seal is exercised with; `close` ends its connections. Rejects for nothing. */
export type TransitAccess =
  | { ok: true; ports: Omit<TransitPorts, 'random' | 'clock' | 'timeoutMs'>; close: () => Promise<void> }
  /** Nothing could be tried: the field of fleet.yaml, and the fix. */
  | { ok: false; why: string };

/** What an azurekeyvault seal is exercised with. Rejects for nothing. */
export type AzureSealAccess =
  | { ok: true; ports: Omit<AzurePorts, 'random' | 'clock' | 'timeoutMs'> }
  | { ok: false; why: string };

export interface RotateDeps {
  /** The configuration in force. Rejects only when there is none at all. */
  loadFleet(): Promise<LoadedFleet>;
  state: RotateState;
  /** The recover app's table: readiness of what unseals with shares. */
  generations: RecoverView['generations'];
  transit(cluster: Cluster, provider: Cluster): Promise<TransitAccess>;
  azureSeal(seal: AzureKeyVaultSeal): Promise<AzureSealAccess>;
  clock: Clock;
  log: Log;
  random: (bytes: number) => Buffer;
}
