/** A provider, its consumer, and a login at the provider that may read the seal's key and nothing else. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { TransitSealWithToken } from '../../servers/vault-config.ts';
import { setupTransitProvider } from '../../servers/vault-logins.ts';
import { entryOf, startHealthyCluster, type WatchedCluster } from '../probing/watched-cluster.ts';
import { type Rotating, startRotating } from './rotating.ts';

export const provider = 'root-1';
export const consumer = 'payments-1';

export interface TransitPair {
  root: WatchedCluster;
  payments: WatchedCluster;
  rotating: Rotating;
  seal: TransitSealWithToken;
  /** What Vault itself says of the consumer, which goes on as if nothing had happened. */
  consumerSays(): Promise<{ health: number; sealHealthy: boolean }>;
  /** A token at the provider. */
  token(body: Record<string, unknown>, path?: 'create' | 'create-orphan'): Promise<string>;
  /** The reference in fleet.yaml leads to this token from now on. */
  refer(token: string): void;
  /** The consumer reads this token at its next start. */
  give(token: string): void;
  /** fleet.yaml with these fields of the seal, and without a login at the provider where `login` is false. */
  rewrite(seal?: Record<string, unknown>, login?: boolean): void;
  close(): Promise<void>;
}

const Made = z.object({ auth: z.object({ client_token: z.string() }) });

export const sealPolicy = (...actions: string[]) =>
  actions.map((action) => `path "transit/${action}/payments" { capabilities = ["update"] }`).join('\n');

export async function startTransitPair(): Promise<TransitPair> {
  const root = await startHealthyCluster({ name: 'root', nodes: 1 });
  const seal = await setupTransitProvider(root, { key: 'payments' });
  const payments = await startHealthyCluster({ name: 'payments', nodes: 1, seal });
  const rotating = startRotating();
  const token: TransitPair['token'] = async (body, path = 'create-orphan') =>
    Made.parse(await root.write('POST', `auth/token/${path}`, body)).auth.client_token;
  await root.write('POST', 'sys/policies/acl/look', {
    policy: 'path "transit/keys/payments" { capabilities = ["read"] }',
  });
  const look = rotating.secret('LOOK', await token({ policies: ['look'], period: '24h' }));
  const reference = rotating.secret('SEAL', seal.token);
  const hcl = join(payments.folder, `${consumer}.hcl`);
  let given = seal.token;
  const pair: TransitPair = {
    root,
    payments,
    rotating,
    seal,
    token,
    async consumerSays() {
      const { status: health } = await payments.request(consumer, 'GET', 'sys/health');
      const { body } = await payments.request(consumer, 'GET', 'sys/seal-backend-status');
      return { health, sealHealthy: z.object({ healthy: z.boolean() }).parse(body).healthy };
    },
    refer: (value) => void rotating.secret('SEAL', value),
    give(value) {
      writeFileSync(hcl, readFileSync(hcl, 'utf8').replace(given, value));
      given = value;
    },
    rewrite(over = {}, login = true) {
      rotating.rewrite({
        root: entryOf(root, {
          seal: { type: 'shamir' },
          ...(login && { login: { method: 'token', token: look } }),
        }),
        payments: entryOf(payments, {
          seal: {
            type: 'transit',
            provider: 'root',
            mount: 'transit',
            key: 'payments',
            token: reference,
            ...over,
          },
        }),
      });
    },
    async close() {
      rotating.close();
      await payments.close();
      await root.close();
    },
  };
  pair.rewrite();
  return pair;
}
