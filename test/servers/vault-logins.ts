/** Policies and logins on a test cluster, as the documentation tells users to make them. */
import { z } from 'zod';
import type { Cluster } from './vault-cluster.ts';
import type { TransitSealWithToken } from './vault-config.ts';

/** All that the probe may do. Source: VAULT-FACTS "Least privilege". */
const probePolicy = [
  'sys/storage/raft/autopilot/state',
  'sys/storage/raft/autopilot/configuration',
  'sys/storage/raft/configuration',
  'sys/ha-status',
]
  .map((path) => `path "${path}" { capabilities = ["read"] }`)
  .join('\n');

export interface AppRole {
  mount: 'approle';
  roleId: string;
  secretId: string;
}

/** The least-privilege policy `sealwatch-probe` and an AppRole of that name. */
export async function setupProbeLogin(cluster: Cluster): Promise<AppRole> {
  await write(cluster, 'sys/policies/acl/sealwatch-probe', { policy: probePolicy });
  await write(cluster, 'sys/auth/approle', { type: 'approle' });
  await write(cluster, 'auth/approle/role/sealwatch-probe', {
    token_policies: ['sealwatch-probe'],
    token_no_default_policy: false,
    token_ttl: '1h',
  });
  const role = await call(cluster, 'GET', 'auth/approle/role/sealwatch-probe/role-id');
  const secret = await call(cluster, 'POST', 'auth/approle/role/sealwatch-probe/secret-id');
  return {
    mount: 'approle',
    roleId: z.object({ data: z.object({ role_id: z.string() }) }).parse(role).data.role_id,
    secretId: z.object({ data: z.object({ secret_id: z.string() }) }).parse(secret).data.secret_id,
  };
}

/** Makes this cluster the provider of a transit seal: mount, key, policy and an orphan, periodic token. */
export async function setupTransitProvider(
  cluster: Cluster,
  options: { key?: string; period?: string } = {},
): Promise<TransitSealWithToken> {
  const key = options.key ?? 'unseal';
  await write(cluster, 'sys/mounts/transit', { type: 'transit' });
  await write(cluster, `transit/keys/${key}`, {});
  const policy = ['encrypt', 'decrypt']
    .map((action) => `path "transit/${action}/${key}" { capabilities = ["update"] }`)
    .join('\n');
  await write(cluster, `sys/policies/acl/seal-${key}`, { policy });
  const made = await call(cluster, 'POST', 'auth/token/create-orphan', {
    policies: [`seal-${key}`],
    period: options.period ?? '24h',
    display_name: `seal-${key}`,
  });
  const { auth } = z.object({ auth: z.object({ client_token: z.string() }) }).parse(made);
  const active = await cluster.awaitActive();
  return {
    address: active.address,
    token: auth.client_token,
    key,
    mount: 'transit/',
    ...(cluster.caFile === undefined ? {} : { caFile: cluster.caFile }),
  };
}

async function write(cluster: Cluster, path: string, body: unknown): Promise<void> {
  await call(cluster, 'POST', path, body);
}

async function call(cluster: Cluster, method: string, path: string, body?: unknown): Promise<unknown> {
  const active = await cluster.awaitActive();
  const reply = await cluster.request(active.name, method, path, body, cluster.keys?.rootToken);
  if (reply.status !== 200 && reply.status !== 204) {
    throw new Error(`${method} ${path}: ${reply.failed ?? `${reply.status} ${JSON.stringify(reply.body)}`}`);
  }
  return reply.body;
}
