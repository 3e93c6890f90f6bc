/** What docs/rotation.md tells people to set up in Vault: rotate's own login, and the role that makes seals' tokens. */
import { z } from 'zod';
import type { WatchedCluster } from '../probing/watched-cluster.ts';

const Made = z.object({ auth: z.object({ client_token: z.string() }) });

/** Lines of rotate's policy at a provider, without the list of accessors, which is optional. */
export const rotateLines = (key: string): string[] => [
  `path "auth/token/roles/seal-${key}" { capabilities = ["read"] }`,
  `path "auth/token/create/seal-${key}" { capabilities = ["update"] }`,
  'path "auth/token/lookup-accessor" { capabilities = ["update"] }',
  'path "auth/token/revoke-accessor" { capabilities = ["update"] }',
  `path "transit/keys/${key}" { capabilities = ["read"] }`,
  `path "transit/keys/${key}/rotate" { capabilities = ["update"] }`,
  `path "transit/keys/${key}/config" { capabilities = ["update"] }`,
];

export const tokenRole = (key: string) => ({
  orphan: true,
  renewable: true,
  token_period: '768h',
  token_explicit_max_ttl: 0,
  allowed_policies: [`seal-${key}`],
  token_type: 'default-service',
});

/** A token with the policy `rotate`, of these lines. */
export async function startRotateLogin(cluster: WatchedCluster, lines: string[]): Promise<string> {
  await cluster.write('POST', 'sys/policies/acl/rotate', { policy: lines.join('\n') });
  return tokenAt(cluster, { policies: ['rotate'], period: '24h' });
}

export async function tokenAt(cluster: WatchedCluster, body: Record<string, unknown>): Promise<string> {
  return Made.parse(await cluster.write('POST', 'auth/token/create-orphan', body)).auth.client_token;
}
