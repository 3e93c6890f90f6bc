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
import { makingNothing } from './making-nothing.ts';

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

/** Where fleet.yaml does not ask for the rotation (any more), a kind that makes nothing: what is open is taken back with it. */
export function entraSecretKind(cluster: Cluster, options: AzureKindOptions): KindBuilt {
  const { seal, rotation } = cluster;
  if (seal.type !== 'azurekeyvault') return refuse(`${cluster.name} has no azurekeyvault seal`);
  if (seal.identity === 'managed')
    return refuse('the nodes sign in with a managed identity: it has no secret, and none to rotate');
  const { clientId, clientSecret } = seal;
  if (clientId === undefined || clientSecret === undefined || seal.tenant === undefined)
    return refuse('seal.tenant, seal.clientId and seal.clientSecret are not all in fleet.yaml');
  const asked = rotation?.secret;
  if (asked && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(asked.application))
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
  const kind = entraSecret({
    cluster: cluster.name,
    clientId,
    lifeMs: asked?.lifeMs ?? 0,
    // Either names the same application.
    graph: createGraph(asked?.application ?? { clientId }, http, clock),
    login: (value) => logInAsTheSeal(portsWith(value)),
    exercise: (value) => exerciseAzureKeyVault(portsWith(value)),
    shown: (text) => clip(oneLine(text), nameLength),
    clock,
  });
  return { ok: true, kind: asked ? kind : makingNothing(kind, 'rotation.secret') };
}

/** Likewise. */
export function keyvaultKeyKind(cluster: Cluster, options: AzureKindOptions): KindBuilt {
  const { seal, rotation } = cluster;
  if (seal.type !== 'azurekeyvault') return refuse(`${cluster.name} has no azurekeyvault seal`);
  const place = placeOf(seal, options.limits);
  if (!place.ok) return place;
  const { vault, key } = place;
  const asOurselves = ownCalls(place, options);
  const asked = rotation?.vaultKey;
  const kind = keyvaultKey({
    vault,
    key,
    by: asked?.by ?? 'sealwatch',
    indirect: seal.identity === 'managed',
    newest: () => asOurselves('get', (client, signal) => keyFacts(client, key).getKey(signal)),
    versions: () => asOurselves('list', (client, signal) => keyFacts(client, key).versions(signal)),
    rotate: (endsAt) =>
      asOurselves(
        'rotate',
        async (client, abortSignal) => factsOf((await client.rotateKey(key, { abortSignal })).properties),
        endsAt,
      ),
    exercise: () => exerciseReference(seal, options),
    clock: options.clock,
  });
  return { ok: true, kind: asked ? kind : makingNothing(kind, 'rotation.vaultKey') };
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
    /** By `clock.elapsed`: what is not sent a whole request before it is not sent at all. */
    endsAt?: number,
  ): Promise<Tried<T, AzureFailure>> => {
    const login = (signal: AbortSignal) => ownKeyVaultToken(credential, signal);
    const loginEnd = endsAt === undefined ? {} : { endsAt: endsAt - timeoutMs };
    const token = await logInAsTheSeal({ login, clock, timeoutMs, ...loginEnd });
    if (!token.ok) return token;
    const sdk = await import('@azure/keyvault-keys');
    const own: TokenCredential = { getToken: async () => token.value };
    const client = new sdk.KeyClient(vault, own, {
      ...replaced?.keyVault,
      retryOptions: { maxRetries: 0 },
      redirectOptions: { maxRetries: 0 },
    });
    const end = endsAt === undefined ? {} : { endsAt };
    return askOnce({ vault, key, clock, timeoutMs, ...end }, step, (signal) => call(client, signal));
  };
}

function refuse(why: string): { ok: false; why: string } {
  return { ok: false, why };
}
