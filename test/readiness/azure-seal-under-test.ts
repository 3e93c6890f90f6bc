/** A cluster's azurekeyvault seal, exercised by the real SDKs against the fakes of Entra and Key Vault. */
import { randomBytes, randomUUID } from 'node:crypto';
import { type AzureReplaced, azureSealAccess } from '../../shared/compose/azure-seal.ts';
import { systemClock } from '../../shared/compose/clock.ts';
import type { AzureKeyVaultSeal } from '../../shared/fleet/fleet.ts';
import type { AzureExercise } from '../../shared/readiness/exercise/azure-exercise.ts';
import { exerciseAzureKeyVault } from '../../shared/readiness/exercise/azure-key-vault.ts';
import type { AskLeaderSince } from '../../shared/readiness/exercise/leader-since.ts';
import { judgeAzureKeyVault } from '../../shared/readiness/judge/azure-key-vault.ts';
import type { Judged } from '../../shared/readiness/readiness.ts';
import { judgeByKeyVault } from '../../shared/work/rotate/judge-azure-seal.ts';
import { type FakeArm, startArm } from '../fakes/arm/server.ts';
import { type FakeTokenEndpoint, startTokenEndpoint } from '../fakes/entra/token-endpoint.ts';
import { type FakeGraph, startGraph } from '../fakes/graph/server.ts';
import { challengedTenant, type FakeKeyVaults, startKeyVaults } from '../fakes/keyvault/server.ts';
import type { FakeVault } from '../fakes/keyvault/vault.ts';
import { file, fleetOf, limits } from '../fleet/builders.ts';

export const vaultName = 'kv-unseal';
export const sealVaults = [`https://${vaultName}.vault.azure.net`];

/** @param lines of the seal, as fleet.yaml has them. */
export function sealOf(lines: string): AzureKeyVaultSeal {
  const [cluster] = fleetOf(file([`seal: {type: azurekeyvault, ${lines}}`])).clusters;
  if (cluster?.seal.type !== 'azurekeyvault') throw new Error('no azurekeyvault seal');
  return cluster.seal;
}

export class AzureSealUnderTest {
  readonly entra: FakeTokenEndpoint;
  readonly vaults: FakeKeyVaults;
  readonly graph: FakeGraph;
  readonly arm: FakeArm;
  /** Versioned id of the first version of the key. */
  readonly firstKey: string;
  /** What references yield, by name. */
  readonly secrets: Record<string, string> = {};
  timeoutMs = 5_000;
  /** Of the cluster that unseals with it; undefined: nobody can be asked. */
  leaderSince: AskLeaderSince | undefined;

  private constructor(
    { entra, vaults, graph, arm }: Pick<AzureSealUnderTest, 'entra' | 'vaults' | 'graph' | 'arm'>,
    firstKey: string,
  ) {
    this.entra = entra;
    this.vaults = vaults;
    this.graph = graph;
    this.arm = arm;
    this.firstKey = firstKey;
  }

  static async start(): Promise<AzureSealUnderTest> {
    const vaults = await startKeyVaults([vaultName]);
    const entra = await startTokenEndpoint({
      // Vault's own client wants the seal's tenant to be the one that the vault names.
      tenant: challengedTenant,
      clientId: randomUUID(),
      token: vaults.token,
    });
    const graph = await startGraph(entra, Date.now);
    const arm = await startArm(vaultName);
    const firstKey = await vaults.vault(vaultName).rotate('unseal');
    const under = new AzureSealUnderTest({ entra, vaults, graph, arm }, firstKey);
    under.secrets['env:SEALWATCH_SECRET_SEAL'] = entra.addSecret();
    return under;
  }

  get vault(): FakeVault {
    return this.vaults.vault(vaultName);
  }

  get replaced(): AzureReplaced {
    const { authorityHost, caPem } = this.entra;
    return {
      entra: { authorityHost, tlsOptions: { ca: caPem } },
      keyVault: { agent: this.vaults.agentOfAnyPort },
      graph: this.graph.replaced,
      arm: this.arm.replaced,
      own: async () => this.#own,
    };
  }

  get ids(): string {
    return `vault: ${vaultName}, key: unseal, tenant: ${this.entra.tenant}, clientId: ${this.entra.clientId}`;
  }

  /** Sealwatch's own identity: a token for each of those who ask for one. */
  get #own() {
    const tokens: Record<string, string> = {
      'https://vault.azure.net/.default': this.vaults.token,
      'https://graph.microsoft.com/.default': this.graph.token,
      'https://management.azure.com/.default': this.arm.token,
    };
    return {
      getToken: async (scope: string | string[]) => ({
        token: tokens[String(scope)] ?? 'for nobody',
        expiresOnTimestamp: Date.now() + 3_600_000,
      }),
    };
  }

  /** As most clusters have it. */
  get withSecret(): AzureKeyVaultSeal {
    return sealOf(`${this.ids}, clientSecret: "env:SEALWATCH_SECRET_SEAL"`);
  }

  access(seal: AzureKeyVaultSeal = this.withSecret, own = sealVaults) {
    return azureSealAccess(seal, {
      limits: limits({ sealVaults: own }),
      resolve: async (text) => {
        const value = this.secrets[text];
        const message = 'the variable is not set';
        return value === undefined
          ? { ok: false, code: 'missing', recoverable: true, message }
          : { ok: true, value };
      },
      credential: async () => this.#own,
      replaced: this.replaced,
    });
  }

  async exercise(seal: AzureKeyVaultSeal = this.withSecret): Promise<AzureExercise> {
    const access = await this.access(seal);
    if (!access.ok) throw new Error(access.why);
    return exerciseAzureKeyVault({
      ...access.ports,
      ...(this.leaderSince && { leaderSince: this.leaderSince }),
      random: randomBytes,
      // What passes by itself is asked again at once.
      clock: { ...systemClock, sleep: async () => undefined },
      timeoutMs: this.timeoutMs,
    });
  }

  async judged(seal?: AzureKeyVaultSeal): Promise<Judged> {
    return judgeAzureKeyVault(await this.exercise(seal), Date.now());
  }

  /** As the hourly run judges it: with what Sealwatch's own identity sees beside. */
  async judgedWhole(seal: AzureKeyVaultSeal = this.withSecret): Promise<Judged> {
    const azureSeal = (own: AzureKeyVaultSeal) => this.access(own);
    return judgeByKeyVault({ azureSeal, clock: systemClock, random: randomBytes }, seal, this.leaderSince);
  }

  async close(): Promise<void> {
    await this.arm.close();
    await this.graph.close();
    await this.entra.close();
    await this.vaults.close();
  }
}
