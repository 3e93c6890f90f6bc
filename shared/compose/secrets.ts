/** Secrets by reference: resolved late, never logged, from the environment, files or Key Vault (rule 16). */
import type { TokenCredential } from '@azure/identity';
import type { Clock } from '../clock.ts';
import type { SecretReference } from '../fleet/fleet.ts';
import type { Limits } from '../fleet/limits.ts';
import { isReference } from '../fleet/reference.ts';
import { createResolver, type HowToResolve, type Resolved } from '../fleet/resolver.ts';
import { readSecretFile } from '../fleet/secret-files.ts';
import type { Redactor } from '../log/redactor.ts';
import type { Environment } from './settings.ts';

export type Resolve = (text: string, how?: HowToResolve) => Promise<Resolved>;

/** Resolves references and passes other text on; whatever a reference yields is kept out of the log from then on. */
export function createResolve(
  env: Environment,
  limits: Limits,
  clock: Clock,
  redactor: Redactor,
  credential: (clientId?: string) => Promise<TokenCredential>,
): Resolve {
  const resolver = createResolver({
    env,
    limits,
    readFile: readSecretFile,
    keyVaultSecret: async (vault, name, version, abortSignal) => {
      const { SecretClient } = await import('@azure/keyvault-secrets');
      const client = new SecretClient(vault, await credential());
      return (await client.getSecret(name, { abortSignal, ...(version && { version }) })).value;
    },
    clock,
  });
  const known = new Set<string>();
  return async (text, how) => {
    if (!isReference(text)) return { ok: true, value: text };
    const resolved = await resolver.resolve(text as SecretReference, how);
    // Also without the line break that files and terminals add: what is used of it may lack that.
    for (const secret of resolved.ok ? [resolved.value, resolved.value.trim()] : []) {
      if (known.has(secret) || secret.length < 6) continue;
      known.add(secret);
      redactor.add(secret);
    }
    return resolved;
  };
}

/** The app's own identity, or the named one; the SDK is loaded on first use. */
export function createCredential(): (clientId?: string) => Promise<TokenCredential> {
  const made = new Map<string, TokenCredential>();
  return async (clientId) => {
    const key = clientId ?? '';
    const kept = made.get(key);
    if (kept) return kept;
    const { DefaultAzureCredential } = await import('@azure/identity');
    const credential = new DefaultAzureCredential(clientId ? { managedIdentityClientId: clientId } : {});
    made.set(key, credential);
    return credential;
  };
}
