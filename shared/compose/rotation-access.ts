/** What one credential of a cluster is rotated with: its kind, its sinks, and what the next restart would read. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Cluster, Fleet, SecretReference } from '../fleet/fleet.ts';
import type { Resolved } from '../fleet/resolver.ts';
import { isSecret } from '../rotation/plan/policy.ts';
import type { Did, Kind, KindName, RotationFailure } from '../rotation/rotation.ts';
import type { RotateDeps } from '../work/rotate/deps.ts';
import { entraSecretKind, keyvaultKeyKind } from './azure-kinds.ts';
import type { AzureSealOptions } from './azure-seal.ts';
import type { ProviderLogins } from './provider-logins.ts';
import type { Resolve } from './secrets.ts';
import { type SinksReplaced, sinksOf } from './sinks.ts';
import { transitKind } from './transit-kinds.ts';

export interface RotationAccessOptions extends AzureSealOptions {
  logins: ProviderLogins;
  clock: Clock;
  sinks?: SinksReplaced;
}

type Built = { ok: true; kind: Kind; close?: () => Promise<void> } | { ok: false; why: string };

/** Nothing is called yet, and of references only those of a provider's `tls` are resolved. */
export function rotationAccessBy(options: RotationAccessOptions): RotateDeps['rotation'] {
  const { limits, resolve, logins, credential, clock, sinks: replaced } = options;
  const transit = { sealHosts: limits.sealHosts ?? [], resolve, logins, clock };
  const azure = { ...options, random: randomBytes };

  const build: Record<KindName, (fleet: Fleet, cluster: Cluster) => Built | Promise<Built>> = {
    'transit-token': (fleet, cluster) => transitKind('transit-token', fleet, cluster, transit),
    'transit-key': (fleet, cluster) => transitKind('transit-key', fleet, cluster, transit),
    'entra-secret': (_fleet, cluster) => entraSecretKind(cluster, azure),
    'keyvault-key': (_fleet, cluster) => keyvaultKeyKind(cluster, azure),
  };

  return async (fleet, cluster, name) => {
    // Before clients are opened, so that a refusal leaves none.
    const sinks = isSecret(name)
      ? sinksOf(cluster, {
          limits,
          resolve,
          credential,
          clock,
          ...(replaced && { replaced }),
        })
      : { ok: true as const, sinks: [] };
    if (!sinks.ok) return sinks;
    const built = await build[name](fleet, cluster);
    if (!built.ok) return built;
    return {
      ok: true,
      kind: built.kind,
      sinks: sinks.sinks,
      value: (of = cluster) =>
        valueOf(of, of.name === cluster.name ? '' : `clusters.${of.name}.`, name, resolve),
      close: built.close ?? (async () => undefined),
    };
  };
}

/**
 * As it is stored now: a Key Vault is asked, whatever it answered before.
 *
 * @param where before the name of the field, for people.
 */
async function valueOf(
  { seal }: Cluster,
  where: string,
  name: KindName,
  resolve: Resolve,
): Promise<Did<Buffer | undefined>> {
  switch (name) {
    case 'transit-token':
      // The white space that files and terminals add is no part of a token.
      return read(`${where}seal.token`, seal.type === 'transit' ? seal.token : undefined, resolve, (value) =>
        value.trim(),
      );
    case 'entra-secret':
      // As it is: the nodes send it so, and Entra refuses a line break (VAULT-FACTS).
      return read(
        `${where}seal.clientSecret`,
        seal.type === 'azurekeyvault' ? seal.clientSecret : undefined,
        resolve,
        (value) => value,
      );
    case 'transit-key':
    case 'keyvault-key':
      return { ok: true, value: undefined };
  }
}

async function read(
  field: string,
  reference: SecretReference | undefined,
  resolve: Resolve,
  clean: (value: string) => string,
): Promise<Did<Buffer | undefined>> {
  if (reference === undefined)
    return { ok: false, code: 'not-configured', detail: `${field} is not in fleet.yaml` };
  const resolved = await resolve(reference, { exact: true, fresh: true });
  if (resolved.ok) {
    const value = clean(resolved.value);
    return { ok: true, value: value === '' ? undefined : Buffer.from(value) };
  }
  if (resolved.code === 'missing') return { ok: true, value: undefined };
  return { ok: false, code: failures[resolved.code], detail: `${field}: ${resolved.message}` };
}

const failures: Record<Exclude<Extract<Resolved, { ok: false }>['code'], 'missing'>, RotationFailure> = {
  'outside-limits': 'outside-limits',
  denied: 'denied',
  unreadable: 'unreachable',
};
