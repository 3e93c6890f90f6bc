/** What an azurekeyvault seal is exercised with: its own credential, at Entra and at its own vault only. */
import type { AccessToken, TokenCredential } from '@azure/identity';
import type { AzureKeyVaultSeal } from '../fleet/fleet.ts';
import type { Limits } from '../fleet/limits.ts';
import { readVault } from '../readiness/exercise/arm.ts';
import type { AzureFailed, CredentialLife } from '../readiness/exercise/azure-exercise.ts';
import type { AzurePorts, SealKeyCalls } from '../readiness/exercise/azure-key-vault.ts';
import {
  type EntraLogin,
  type EntraReplaced,
  keyVaultScope,
  lifeOfCertificate,
  logIn,
} from '../readiness/exercise/entra-login.ts';
import { keyFacts } from '../readiness/exercise/key-vault-facts.ts';
import type { Tried } from '../readiness/readiness.ts';
import type { AzureSealAccess } from '../work/rotate/deps.ts';
import { createArmHttp } from './arm.ts';
import { systemClock } from './clock.ts';
import { createGraphHttp, type GraphReplaced } from './graph.ts';
import { type KeyVaultConnection, keyVaultCalls } from './key-vault-sdk.ts';
import type { HostReplaced } from './own-http.ts';
import { secretLife } from './secret-life.ts';
import type { Resolve } from './secrets.ts';
import type { Credential } from './state.ts';

/** What stands in for Azure, in tests; of production only what a private network needs. */
export interface AzureReplaced {
  entra?: EntraReplaced;
  keyVault?: KeyVaultConnection['options'];
  graph?: GraphReplaced;
  /** Azure Resource Manager. */
  arm?: HostReplaced;
  /** Sealwatch's own identity. */
  own?: Credential;
}

/** For one request that only looks at what is beside the seal, ms. */
const besideMs = 8_000;

export interface AzureSealOptions {
  limits: Limits;
  resolve: Resolve;
  /** Sealwatch's own identity: looks at keys that unseal by a managed one. */
  credential: Credential;
  replaced?: AzureReplaced;
}

type Ports = Pick<AzurePorts, 'vault' | 'key' | 'indirect' | 'login' | 'life'>;

export async function azureSealAccess(
  seal: AzureKeyVaultSeal,
  options: AzureSealOptions,
): Promise<AzureSealAccess> {
  const place = placeOf(seal, options.limits);
  if (!place.ok) return place;
  const beside = atVaultOf(seal, options);
  if (seal.identity === 'managed') return { ok: true, ports: asOurselves(place, options), ...beside };
  const { clientSecret, clientCertificate } = seal;
  const reference = clientSecret ?? clientCertificate;
  if (reference === undefined || idsOf(seal) === undefined)
    return refuse(
      'seal.clientSecret or seal.clientCertificate is not in fleet.yaml: refer to what the nodes sign in with, or say identity: managed',
    );
  const resolved = await options.resolve(reference, { exact: true, fresh: true });
  const field = clientSecret === undefined ? 'seal.clientCertificate' : 'seal.clientSecret';
  if (!resolved.ok) return refuse(`the seal's credential cannot be read: ${field}: ${resolved.message}`);
  // Not trimmed: the nodes send it as it is, and Entra refuses a line break (VAULT-FACTS).
  if (clientSecret === undefined)
    return { ...azureSealAccessWith(seal, { clientCertificate: resolved.value }, options), ...beside };
  const access = azureSealAccessWith(seal, { clientSecret: resolved.value }, options);
  return access.ok ? { ...access, ...beside, ...secretLifeOf(seal, resolved.value, options) } : access;
}

/** Only Microsoft Graph knows the end of a client secret. */
function secretLifeOf(
  { clientId }: AzureKeyVaultSeal,
  value: string,
  { credential, replaced }: AzureSealOptions,
): Pick<Extract<AzureSealAccess, { ok: true }>, 'secretLife'> {
  if (clientId === undefined) return {};
  const http = createGraphHttp({
    credential,
    timeoutMs: besideMs,
    ...(replaced?.graph && { replaced: replaced.graph }),
  });
  return { secretLife: () => secretLife(clientId, value, http, systemClock) };
}

/** The vault is the seal's own: fleet.yaml is not accepted with another one's id. */
function atVaultOf(
  { vaultId, principal }: AzureKeyVaultSeal,
  { credential, replaced }: AzureSealOptions,
): Pick<Extract<AzureSealAccess, { ok: true }>, 'atVault'> {
  if (vaultId === undefined) return {};
  const http = createArmHttp({
    credential,
    timeoutMs: besideMs,
    ...(replaced?.arm && { replaced: replaced.arm }),
  });
  const asked = { vaultId, ...(principal !== undefined && { principal }) };
  return { atVault: { vaultId, read: () => readVault(asked, http) } };
}

/** The same with a given credential instead of what the seal's reference leads to. */
export function azureSealAccessWith(
  seal: AzureKeyVaultSeal,
  credential: EntraLogin['credential'],
  options: Pick<AzureSealOptions, 'limits' | 'replaced'>,
): AzureSealAccess {
  const place = placeOf(seal, options.limits);
  if (!place.ok) return place;
  const ids = idsOf(seal);
  if (!ids) return refuse('seal.tenant and seal.clientId are not both in fleet.yaml');
  return { ok: true, ports: asTheNodes(place, { ...ids, credential }, options) };
}

interface Place {
  ok: true;
  /** https://NAME.vault.azure.net */
  vault: string;
  key: string;
}

/** The key that unseals, where the deployment lets it be used (rule 16). */
export function placeOf(
  { vault: name, key }: AzureKeyVaultSeal,
  limits: Limits,
): Place | { ok: false; why: string } {
  if (name === undefined || key === undefined)
    return refuse('seal.vault and seal.key are not both in fleet.yaml: name the key that unseals it');
  const vault = `https://${name.toLowerCase()}.vault.azure.net`;
  if (!limits.sealVaults?.includes(vault))
    return refuse(`${vault} is not among the vaults whose keys may be tried (setting SEALWATCH_SEAL_VAULTS)`);
  return { ok: true, vault, key };
}

function idsOf({ tenant, clientId }: AzureKeyVaultSeal): { tenant: string; clientId: string } | undefined {
  return tenant === undefined || clientId === undefined ? undefined : { tenant, clientId };
}

function refuse(why: string): { ok: false; why: string } {
  return { ok: false, why };
}

/** Until Microsoft Graph was asked. */
const unseen: AzureFailed = {
  ok: false,
  code: 'no-credential',
  detail: 'the end date of a client secret is not seen: only Microsoft Graph knows it',
};

function asTheNodes(
  { vault, key }: Place,
  login: Pick<EntraLogin, 'tenant' | 'clientId' | 'credential'>,
  { replaced }: Pick<AzureSealOptions, 'replaced'>,
): Ports {
  const { credential } = login;
  const life: Tried<CredentialLife, AzureFailed['code']> =
    'clientCertificate' in credential ? lifeOfCertificate(credential.clientCertificate) : unseen;
  const cannotSign = 'clientCertificate' in credential && !life.ok ? life : undefined;
  return {
    vault,
    key,
    indirect: false,
    life,
    async login(signal) {
      if (cannotSign) return cannotSign;
      const sdk = await import('@azure/identity');
      const token = await logIn(
        { ...login, sdk, ...(replaced?.entra && { replaced: replaced.entra }) },
        signal,
      );
      return token.ok ? { ok: true, value: await callsWith(token.value, vault, key, replaced) } : token;
    },
  };
}

function asOurselves({ vault, key }: Place, { credential, replaced }: AzureSealOptions): Ports {
  return {
    vault,
    key,
    indirect: true,
    life: unseen,
    async login(signal) {
      const token = await ownKeyVaultToken(credential, signal);
      return token.ok ? { ok: true, value: await callsWith(token.value, vault, key, replaced) } : token;
    },
  };
}

/** Of Sealwatch's own identity. Rejects for nothing. */
export async function ownKeyVaultToken(
  credential: Credential,
  abortSignal: AbortSignal,
): Promise<Tried<AccessToken, AzureFailed['code']>> {
  try {
    const token = await (await credential()).getToken(keyVaultScope, { abortSignal });
    if (token) return { ok: true, value: token };
  } catch {
    // What the identity's endpoint said stays there (rule 1).
  }
  return {
    ok: false,
    code: 'no-credential',
    detail: "Sealwatch's own identity gives no token for Key Vault",
  };
}

/** One token for all calls of an exercise, whatever the vault's challenge names: as Vault's own client does. */
async function callsWith(
  token: AccessToken,
  vault: string,
  key: string,
  replaced: AzureReplaced | undefined,
): Promise<SealKeyCalls> {
  const sdk = await import('@azure/keyvault-keys');
  const credential: TokenCredential = { getToken: async () => token };
  const options = replaced?.keyVault;
  const calls = keyVaultCalls({ sdk, vault, credential, ...(options && { options }) });
  const client = new sdk.KeyClient(vault, credential, { ...options, retryOptions: { maxRetries: 0 } });
  const id = (version: string) => `${vault}/keys/${key}/${version}`;
  return {
    ...keyFacts(client, key),
    wrapKey: (version, value, signal) => calls.wrapKey(id(version), value, signal),
    unwrapKey: (version, wrapped, signal) => calls.unwrapKey(id(version), Buffer.from(wrapped), signal),
  };
}
