/** The rotate app: seal credentials. An identity of its own, which no other app's secrets are open to. */
import { randomBytes } from 'node:crypto';
import type { Cluster } from '../fleet/fleet.ts';
import { isLinkLocal } from '../fleet/network.ts';
import { createFleetSource } from '../fleet/source.ts';
import type { Redactor } from '../log/redactor.ts';
import type { Given } from '../readiness/exercise/transit.ts';
import { connectState } from '../state/azure/connect.ts';
import { connectRotateState } from '../state/azure/rotate/connect.ts';
import type { RecoverView } from '../state/ports.ts';
import type { RotateState } from '../state/rotate-ports.ts';
import { createTransitClient, type TransitClient } from '../vault/transit-client.ts';
import { createVaultClient, type VaultClientSettings } from '../vault/undici-client.ts';
import type { RotateDeps, TransitAccess } from '../work/rotate/deps.ts';
import { type Authenticate, createAuthenticate } from './authenticate.ts';
import { type AzureReplaced, azureSealAccess } from './azure-seal.ts';
import { composeBase } from './base.ts';
import { systemClock } from './clock.ts';
import { readFleetFile } from './fleet-file.ts';
import { tokenSourceFor } from './logins.ts';
import type { Resolve } from './secrets.ts';
import type { Environment } from './settings.ts';
import { type Credential, stateSettings } from './state.ts';
import { readTrust, trustProblem } from './trust.ts';

export interface RotateApp {
  deps: RotateDeps;
  authenticate: Authenticate;
}

/** What tests put in place of parts of the world. */
export interface RotateReplacements {
  state?: RotateState;
  generations?: RecoverView['generations'];
  /** Entra and Key Vault. */
  azure?: AzureReplaced;
  write?: (line: string) => void;
}

/** @throws SettingsInvalid naming every variable that is missing or wrong. */
export function composeRotate(env: Environment, replacements: RotateReplacements = {}): RotateApp {
  const { settings, log, redactor, credential, resolve } = composeBase(env, replacements.write);
  const clock = systemClock;
  const storage = stateSettings(settings, credential);
  const state = replacements.state ?? connectRotateState(storage, clock);
  const { recover } = connectState(storage, clock);
  // No last good one from storage: what other apps may write must not say where a seal's token goes.
  const source = createFleetSource({
    read: () => readFleetFile(settings.fleetPath),
    limits: settings.limits,
    fileName: settings.fleetPath,
  });
  const deps: RotateDeps = {
    loadFleet: () => source.load(),
    state,
    generations: replacements.generations ?? ((cluster) => recover.generations(cluster)),
    transit: (cluster, provider) => transitAccess(cluster, provider, resolve, credential, redactor),
    azureSeal: (seal) =>
      azureSealAccess(seal, {
        limits: settings.limits,
        resolve,
        credential,
        ...(replacements.azure && { replaced: replacements.azure }),
      }),
    clock,
    log,
    random: randomBytes,
  };
  return { deps, authenticate: createAuthenticate(env, log) };
}

const timeouts = { connectMs: 3_000, headersMs: 8_000, totalMs: 8_000 };
const maxResponseBytes = 64 * 1024;

/** Clients at the provider, with its trust; the seal's own token, and one of Sealwatch's own for the key's versions. */
async function transitAccess(
  { seal }: Cluster,
  provider: Cluster,
  resolve: Resolve,
  credential: Credential,
  redactor: Redactor,
): Promise<TransitAccess> {
  if (seal.type !== 'transit') return { ok: false, why: 'its seal is not transit' };
  const { token } = seal;
  if (token === undefined)
    return {
      ok: false,
      why: "seal.token is not in fleet.yaml: refer to the token that the nodes' seal uses",
    };
  const trust = await readTrust(provider.tls, resolve);
  if (!trust.ok) return { ok: false, why: `clusters.${provider.name}: ${trust.problem}` };
  const problem = trustProblem(trust.tls);
  if (problem !== undefined) return { ok: false, why: `clusters.${provider.name}: ${problem}` };
  const settings: Omit<VaultClientSettings, 'address'> = {
    tls: trust.tls,
    timeouts,
    maxResponseBytes,
    keepAliveMs: 10_000,
    clock: systemClock,
    isRefusedAddress: isLinkLocal,
  };
  const addresses =
    seal.address === undefined ? provider.nodes.map(({ address }) => address) : [seal.address];
  const clients = addresses.map((address) => createTransitClient({ ...settings, address }));
  const source = tokenSourceFor(provider, resolve, credential, systemClock);
  return {
    ok: true,
    ports: {
      clients,
      token: async () => sealToken(await resolve(token), redactor),
      ownToken: source && ((client) => ownToken(client, source, settings)),
    },
    close: async () => {
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}

/** Files and terminals add a line break, which is no part of the token; the log must not show it without one, either. */
function sealToken(resolved: Awaited<ReturnType<Resolve>>, redactor: Redactor): Given {
  if (!resolved.ok) return { ok: false, why: resolved.message };
  const value = resolved.value.trim();
  if (value === resolved.value) return { ok: true, value };
  if (value.length >= 6) redactor.add(value);
  const note =
    'The reference to the token has white space around it, which was left out here: a seal that is given it as it is cannot start.';
  return { ok: true, value, note };
}

async function ownToken(
  { address }: TransitClient,
  source: NonNullable<ReturnType<typeof tokenSourceFor>>,
  settings: Omit<VaultClientSettings, 'address'>,
): Promise<Given> {
  const client = createVaultClient({ ...settings, address });
  try {
    const login = await source.token(client);
    return login.ok
      ? { ok: true, value: login.token }
      : { ok: false, why: `the login at ${address} fails: ${login.error.code}` };
  } finally {
    await client.close();
  }
}
