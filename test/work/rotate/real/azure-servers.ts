/** Fakes of Entra, Graph and Key Vault behind the REAL kinds and sinks, as compose puts them together. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../../../shared/clock.ts';
import { ManualClock } from '../../../fakes/clock.ts';
import { type FakeTokenEndpoint, startTokenEndpoint } from '../../../fakes/entra/token-endpoint.ts';
import { type FakeGraph, startGraph } from '../../../fakes/graph/server.ts';
import { challengedTenant, type FakeKeyVaults, startKeyVaults } from '../../../fakes/keyvault/server.ts';
import type { FakeVault } from '../../../fakes/keyvault/vault.ts';
import type { Ground, Servers } from './ground.ts';
import { filePlace, vaultPlace } from './places.ts';

export const sealVault = 'kv-unseal';
export const sinkVault = 'kv-nodes';
export const sealKey = 'unseal';
const day = 86_400_000;

export class AzureServers implements Servers {
  readonly vaults: FakeKeyVaults;
  readonly entra: FakeTokenEndpoint;
  readonly graph: FakeGraph;
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'sealwatch-azure-rotation-')));
  /** Of the ground that was laid last. */
  clock: Pick<Clock, 'now'> = new ManualClock();
  #grounds = 0;

  private constructor(vaults: FakeKeyVaults, entra: FakeTokenEndpoint, graph: FakeGraph) {
    this.vaults = vaults;
    this.entra = entra;
    this.graph = graph;
  }

  static async start(): Promise<AzureServers> {
    const vaults = await startKeyVaults([sealVault, sinkVault]);
    const entra = await startTokenEndpoint({
      tenant: challengedTenant,
      clientId: randomUUID(),
      token: vaults.token,
    });
    const time = { now: () => 0 };
    const servers = new AzureServers(vaults, entra, await startGraph(entra, () => time.now()));
    time.now = () => servers.clock.now();
    servers.seals.now = time.now;
    await servers.seals.rotate(sealKey);
    return servers;
  }

  /** Has the key that unseals. */
  get seals(): FakeVault {
    return this.vaults.vault(sealVault);
  }

  /** Has secrets that nodes read. */
  get nodes(): FakeVault {
    return this.vaults.vault(sinkVault);
  }

  heal(): void {
    this.graph.heal();
    this.entra.fail(undefined);
    this.seals.heal();
    this.nodes.heal();
    Object.assign(this.graph, { skewMs: 0, propagation: 0, lag: 0 });
  }

  /** What compose is given in place of Azure and of Sealwatch's own identity. */
  get replaced(): Ground['replaced'] {
    const { entra, vaults, graph } = this;
    const tokens: Record<string, string> = {
      'https://graph.microsoft.com/.default': graph.token,
      'https://vault.azure.net/.default': vaults.token,
    };
    const keyVault = { agent: vaults.agentOfAnyPort };
    return {
      azure: {
        entra: { authorityHost: entra.authorityHost, tlsOptions: { ca: entra.caPem } },
        keyVault,
        graph: graph.replaced,
      },
      sinks: { keyVault },
      credential: async () => ({
        getToken: async (scope) => ({
          token: tokens[String(scope)] ?? 'of another scope',
          expiresOnTimestamp: Date.now() + 3_600_000,
        }),
      }),
    };
  }

  get env(): Record<string, string> {
    return {
      SEALWATCH_FILE_ROOT: this.folder,
      SEALWATCH_SINK_ROOT: this.folder,
      SEALWATCH_SEAL_VAULTS: `https://${sealVault}.vault.azure.net`,
      SEALWATCH_SINK_VAULTS: `https://${sinkVault}.vault.azure.net`,
    };
  }

  async ground(kind: Ground['kind'], first: 'people' | 'ours' = 'ours'): Promise<Ground> {
    this.heal();
    this.#grounds += 1;
    const clock = new ManualClock(this.clock.now() + 100 * day);
    const { entra, graph, seals, nodes } = this;
    for (const { keyId } of graph.secrets()) graph.removeByHand(keyId);
    const startsAt = clock.now() - 100 * day;
    const { value } = graph.addByHand({
      displayName: first === 'ours' ? 'sealwatch payments.before' : 'made by Ada',
      startsAt,
      endsAt: startsAt + 180 * day,
    });
    this.clock = clock;
    const name = `payments-${this.#grounds}`;
    const file = filePlace('first', join(this.folder, name), value);
    const { path } = file;
    const places = [file, vaultPlace('second', nodes.secrets, name, value)];
    const isKey = kind === 'keyvault-key';
    return {
      kind,
      folder: this.folder,
      clock,
      env: this.env,
      replaced: this.replaced,
      clusters: {
        payments: {
          nodes: ['https://payments-0:8200', 'https://payments-1:8200'],
          seal: {
            type: 'azurekeyvault',
            tenant: entra.tenant,
            clientId: entra.clientId,
            clientSecret: `file:${path}`,
            vault: sealVault,
            key: sealKey,
          },
          recovery: { approvals: 1 },
          rotation: isKey
            ? { vaultKey: { every: '90d' }, stepDown: true, grace: '0s' }
            : {
                secret: { application: graph.objectId, every: '90d', life: '180d' },
                sinks: {
                  first: { kind: 'file', path },
                  second: { kind: 'keyVaultSecret', vault: sinkVault, secret: name, within: '0s' },
                },
                grace: '0s',
              },
        },
      },
      places: isKey ? [] : places,
      live: () =>
        isKey
          ? seals.versionsOf(sealKey).filter((id) => seals.isEnabled(id))
          : graph.secrets().map((secret) => secret.value),
      works: (used) =>
        isKey
          ? seals.isEnabled(used)
          : entra.knows(used) && graph.secrets().some(({ value: live }) => live === used),
      ...(isKey && { newest: () => seals.versionsOf(sealKey).at(-1) }),
      secrets: () => [graph.token, this.vaults.token, ...graph.secrets().map((secret) => secret.value)],
    };
  }

  async close(): Promise<void> {
    await this.graph.close();
    await this.entra.close();
    await this.vaults.close();
    rmSync(this.folder, { recursive: true });
  }
}
