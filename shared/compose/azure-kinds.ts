/** The kinds of credentials of azurekeyvault seals, bound to one cluster: ports from fleet.yaml and the deployment's settings. */
import type { TokenCredential } from '@azure/identity';
import type { KeyClient } from '@azure/keyvault-keys';
import { clip, oneLine } from '../alert/text.ts';
import type { Clock } from '../clock.ts';
import type { AzureKeyVaultSeal, Cluster } from '../fleet/fleet.ts';
import type { AzureExercise, AzureFailure, AzureStep } from '../readiness/exercise/azure-exercise.ts';
import {
  type AzurePorts,
  askOnce,
  exerciseAzureKeyVault,
  logInAsTheSeal,
} from '../readiness/exercise/azure-key-vault.ts';
import { factsOf, keyFacts } from '../readiness/exercise/key-vault-facts.ts';
import type { Tried } from '../readiness/readiness.ts';
import { createGraph } from '../rotation/graph.ts';
import { entraSecret } from '../rotation/kinds/entra-secret.ts';
import { keyvaultKey } from '../rotation/kinds/keyvault-key.ts';
import type { Did, Kind } from '../rotation/rotation.ts';
import {
  type AzureSealOptions,
  azureSealAccess,
  azureSealAccessWith,
  ownKeyVaultToken,
  placeOf,
} from './azure-seal.ts';
import { createGraphHttp } from './graph.ts';

export interface AzureKindOptions extends AzureSealOptions {
  clock: Clock;
  random: (bytes: number) => Buffer;
  /** For one request, ms. Default 20,000. */
  timeoutMs?: number;
}

/** `why`: the field of fleet.yaml or the setting, and the fix. */
export type KindBuilt = { ok: true; kind: Kind } | { ok: false; why: string };

const requestMs = 20_000;
/** Of a name that people gave a secret. */
const nameLength = 80;

export function entraSecretKind(cluster: Cluster, options: AzureKindOptions): KindBuilt {
  const { seal, rotation } = cluster;
  if (seal.type !== 'azurekeyvault') return refuse(`${cluster.name} has no azurekeyvault seal`);
  if (seal.identity === 'managed')
    return refuse('the nodes sign in with a managed identity: it has no secret, and none to rotate');
  if (!rotation?.secret) return refuse('rotation.secret is not in fleet.yaml');
  const { clientId, clientSecret } = seal;
  if (clientId === undefined || clientSecret === undefined || seal.tenant === undefined)
    return refuse('seal.tenant, seal.clientId and seal.clientSecret are not all in fleet.yaml');
  const { application, lifeMs } = rotation.secret;
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(application))
    return refuse('rotation.secret.application is not an object id');
  const place = placeOf(seal, options.limits);
  if (!place.ok) return place;
  const { clock, replaced, timeoutMs = requestMs } = options;
  const http = createGraphHttp({
    credential: options.credential,
    timeoutMs,
    ...(replaced?.graph && { replaced: replaced.graph }),
  });
  const portsWith = (value: Buffer) => sealPorts(seal, value, options);
  return {
    ok: true,
    kind: entraSecret({
      cluster: cluster.name,
      clientId,
      lifeMs,
      graph: createGraph(application, http, clock),
      login: (value) => logInAsTheSeal(portsWith(value)),
      exercise: (value) => exerciseAzureKeyVault(portsWith(value)),
      shown: (text) => clip(oneLine(text), nameLength),
      clock,
    }),
  };
}

export function keyvaultKeyKind(cluster: Cluster, options: AzureKindOptions): KindBuilt {
  const { seal, rotation } = cluster;
  if (seal.type !== 'azurekeyvault') return refuse(`${cluster.name} has no azurekeyvault seal`);
  if (!rotation?.vaultKey) return refuse('rotation.vaultKey is not in fleet.yaml');
  const place = placeOf(seal, options.limits);
  if (!place.ok) return place;
  const { vault, key } = place;
  const asOurselves = ownCalls(place, options);
  return {
    ok: true,
    kind: keyvaultKey({
      vault,
      key,
      by: rotation.vaultKey.by,
      indirect: seal.identity === 'managed',
      newest: () => asOurselves('get', (client, signal) => keyFacts(client, key).getKey(signal)),
      versions: () => asOurselves('list', (client, signal) => keyFacts(client, key).versions(signal)),
      rotate: () =>
        asOurselves('rotate', async (client, abortSignal) =>
          factsOf((await client.rotateKey(key, { abortSignal })).properties),
        ),
      exercise: () => exerciseReference(seal, options),
      clock: options.clock,
    }),
  };
}

/** What the seal's own reference leads to now. */
async function exerciseReference(
  seal: AzureKeyVaultSeal,
  options: AzureKindOptions,
): Promise<Did<AzureExercise>> {
  const access = await azureSealAccess(seal, options);
  if (!access.ok) return { ok: false, code: 'not-configured', detail: access.why };
  return { ok: true, value: await exerciseAzureKeyVault(exercising(access.ports, options)) };
}

/** The SDK takes text: this copy of the value cannot be erased (rule 1). */
function sealPorts(seal: AzureKeyVaultSeal, value: Buffer, options: AzureKindOptions): AzurePorts {
  const access = azureSealAccessWith(seal, { clientSecret: value.toString('utf8') }, options);
  // What it needs was asked for before the kind was built.
  if (!access.ok) throw new Error(access.why);
  return exercising(access.ports, options);
}

function exercising(
  ports: Omit<AzurePorts, 'random' | 'clock' | 'timeoutMs'>,
  { clock, random, timeoutMs = requestMs }: AzureKindOptions,
): AzurePorts {
  return { ...ports, clock, random, timeoutMs };
}

/** Calls with Sealwatch's own identity, each sent once: a version that is asked for twice is made twice. */
function ownCalls(
  { vault, key }: { vault: string; key: string },
  { credential, replaced, clock, timeoutMs = requestMs }: AzureKindOptions,
) {
  return async <T>(
    step: AzureStep,
    call: (client: KeyClient, signal: AbortSignal) => Promise<T>,
  ): Promise<Tried<T, AzureFailure>> => {
    const login = (signal: AbortSignal) => ownKeyVaultToken(credential, signal);
    const token = await logInAsTheSeal({ login, clock, timeoutMs });
    if (!token.ok) return token;
    const sdk = await import('@azure/keyvault-keys');
    const own: TokenCredential = { getToken: async () => token.value };
    const client = new sdk.KeyClient(vault, own, {
      ...replaced?.keyVault,
      retryOptions: { maxRetries: 0 },
      redirectOptions: { maxRetries: 0 },
    });
    return askOnce({ vault, key, clock, timeoutMs }, step, (signal) => call(client, signal));
  };
}

function refuse(why: string): { ok: false; why: string } {
  return { ok: false, why };
}
