/** Both kinds of an azurekeyvault seal as compose builds them: real SDKs and HTTP against fakes of Entra, Graph and Key Vault. */
import { randomBytes } from 'node:crypto';
import {
  type AzureKindOptions,
  entraSecretKind,
  type KindBuilt,
  keyvaultKeyKind,
} from '../../../shared/compose/azure-kinds.ts';
import { systemClock } from '../../../shared/compose/clock.ts';
import type { AzureKeyVaultSeal, Cluster, RotationPolicy } from '../../../shared/fleet/fleet.ts';
import type { Credential, Did, Kind } from '../../../shared/rotation/rotation.ts';
import { must } from '../../contract/rotation-kind.ts';
import { type FakeGraph, startGraph } from '../../fakes/graph/server.ts';
import { file, fleetOf, limits } from '../../fleet/builders.ts';
import { AzureSealUnderTest, sealVaults } from '../../readiness/azure-seal-under-test.ts';

const day = 86_400_000;
export const lifeMs = 180 * day;
export const minute = 60_000;

export class AzureKindsUnderTest {
  readonly under: AzureSealUnderTest;
  readonly graph: FakeGraph;
  /** The key id of the secret that the nodes use. */
  readonly inUse: string;
  /** Our clock: stands still, but for sleeps. */
  now: number;
  /** How long was slept, each time, ms. */
  readonly slept: number[] = [];
  timeoutMs = 5_000;
  by: 'sealwatch' | 'vault' = 'sealwatch';

  private constructor(under: AzureSealUnderTest, graph: FakeGraph, inUse: string, now: number) {
    this.under = under;
    this.graph = graph;
    this.inUse = inUse;
    this.now = now;
  }

  /** Begins with one secret that a person made, which the nodes use. */
  static async start(): Promise<AzureKindsUnderTest> {
    const under = await AzureSealUnderTest.start();
    const begun = Date.now();
    const time = { now: () => begun };
    const graph = await startGraph(under.entra, () => time.now());
    const value = under.secrets['env:SEALWATCH_SECRET_SEAL'] ?? '';
    const startsAt = begun - 100 * day;
    const { keyId } = graph.addByHand({
      displayName: 'made by Ada',
      value,
      startsAt,
      endsAt: startsAt + lifeMs,
    });
    const azure = new AzureKindsUnderTest(under, graph, keyId, begun);
    time.now = () => azure.now;
    return azure;
  }

  get sealValue(): string {
    return this.under.secrets['env:SEALWATCH_SECRET_SEAL'] ?? '';
  }

  options(over: Partial<AzureKindOptions> = {}): AzureKindOptions {
    const tokens: Record<string, string> = {
      'https://graph.microsoft.com/.default': this.graph.token,
      'https://vault.azure.net/.default': this.under.vaults.token,
    };
    return {
      limits: limits({ sealVaults }),
      resolve: async (text) => {
        const value = this.under.secrets[text];
        const message = 'the variable is not set';
        return value === undefined
          ? { ok: false, code: 'missing', recoverable: true, message }
          : { ok: true, value };
      },
      credential: async () => ({
        getToken: async (scope) => ({
          token: tokens[String(scope)] ?? 'of another scope',
          expiresOnTimestamp: this.now + 3_600_000,
        }),
      }),
      replaced: { ...this.under.replaced, graph: this.graph.replaced },
      clock: {
        ...systemClock,
        now: () => this.now,
        sleep: async (ms) => {
          this.slept.push(ms);
          this.now += ms;
        },
      },
      random: randomBytes,
      timeoutMs: this.timeoutMs,
      ...over,
    };
  }

  cluster(seal: Partial<AzureKeyVaultSeal> = {}, rotation: Partial<RotationPolicy> = {}): Cluster {
    const [cluster] = fleetOf(file()).clusters;
    if (!cluster) throw new Error('no cluster');
    return {
      ...cluster,
      seal: { ...this.under.withSecret, ...seal },
      rotation: {
        secret: { application: this.graph.objectId, lifeMs },
        vaultKey: { everyMs: 90 * day, by: this.by },
        sinks: [],
        stepDown: false,
        graceMs: day,
        overdueMs: day,
        ...rotation,
      },
    };
  }

  secretKind(cluster: Cluster = this.cluster()): Kind {
    return built(entraSecretKind(cluster, this.options()));
  }

  keyKind(cluster: Cluster = this.cluster()): Kind {
    return built(keyvaultKeyKind(cluster, this.options()));
  }

  /** What must be told nowhere. */
  secrets(): string[] {
    const made = this.graph.secrets().map(({ value }) => value);
    return [this.graph.token, this.under.vaults.token, this.sealValue, ...made];
  }

  async close(): Promise<void> {
    await this.graph.close();
    await this.under.close();
  }
}

function built(kind: KindBuilt): Kind {
  if (!kind.ok) throw new Error(kind.why);
  return kind.kind;
}

export async function make(kind: Kind, id = 'payments.one'): Promise<{ fresh: Credential; value: Buffer }> {
  const made = must(await kind.create(id));
  if (!made.value) throw new Error('no value');
  return { fresh: made.fresh, value: must(await made.value()) };
}

export async function ended(kind: Kind, ref: string): Promise<Did<void>> {
  if (!kind.end) throw new Error('this kind ends nothing');
  return kind.end(ref);
}
