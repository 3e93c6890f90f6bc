/**
 * A seal renews its token when it starts, and its provider shows when: that tells of a node which was given another token
 * than its sink holds (rule 9).
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { transitToken } from '../../../shared/rotation/kinds/transit-token.ts';
import type { Kind } from '../../../shared/rotation/rotation.ts';
import type { RotationClient } from '../../../shared/vault/rotation-client.ts';
import { must } from '../../contract/rotation-kind.ts';
import { rotationClientAt, transitPorts } from '../../rotation/kinds/transit-under-test.ts';
import { until } from '../../servers/until.ts';
import { setupTransitProvider } from '../../servers/vault-logins.ts';
import { startHealthyCluster, type WatchedCluster } from '../probing/watched-cluster.ts';
import { rotateLines, startRotateLogin, tokenRole } from './rotate-login.ts';

const Lookup = z.object({ data: z.object({ accessor: z.string() }) });
const Sealed = z.object({ sealed: z.boolean() });

let root: WatchedCluster;
let payments: WatchedCluster;
let client: RotationClient;
let kind: Kind;
/** What the next start of the node is given. */
let given: string;
beforeAll(async () => {
  root = await startHealthyCluster({ name: 'root', nodes: 1 });
  const { token, ...seal } = await setupTransitProvider(root, { key: 'payments' });
  given = token;
  await root.write('POST', 'auth/token/roles/seal-payments', tokenRole('payments'));
  const own = await startRotateLogin(root, rotateLines('payments'));
  client = rotationClientAt((await root.awaitActive()).address, root.authority.certPem);
  const ownToken = async () => ({ ok: true, value: own }) as const;
  kind = transitToken(transitPorts([client], { ownToken, role: 'seal-payments' }));
  const env = () => ({ VAULT_TOKEN: given });
  payments = await startHealthyCluster({ name: 'payments', nodes: 1, seal, env });
});
afterAll(async () => {
  await client?.close();
  await payments?.close();
  await root?.close();
});

async function restartWith(token: string): Promise<void> {
  given = token;
  await payments.kill('payments-1');
  await payments.start('payments-1');
  await until('payments-1 unseals itself', 30, async () => {
    const { body } = await payments.request('payments-1', 'GET', 'sys/seal-status');
    return Sealed.safeParse(body).data?.sealed === false ? true : undefined;
  });
}

async function lastUsed(ref: string): Promise<number | undefined> {
  return must((await kind.lastUsed?.(ref)) ?? { ok: false, code: 'odd', detail: 'not to be seen' });
}

it('each start of a node is seen at the token that it was given, whatever its sink holds by then', async () => {
  const old = given;
  const looked = await root.request(
    'root-1',
    'POST',
    'auth/token/lookup',
    { token: old },
    root.keys?.rootToken,
  );
  const oldRef = Lookup.parse(looked.body).data.accessor;
  const { fresh, value: take } = must(await kind.create('payments.one'));
  const value = must((await take?.()) ?? { ok: false, code: 'odd', detail: 'nothing to take' });
  // What Sealwatch itself does with it is no use of it.
  must(await kind.exercise(fresh, value));
  must(await kind.look(value));
  expect(await lastUsed(fresh.ref)).toBeUndefined();

  // Vault tells seconds.
  const first = Date.now() - 1_000;
  await restartWith(value.toString());
  expect(await lastUsed(fresh.ref)).toBeGreaterThan(first);
  const usedBy = Date.now() + 1_000;
  expect(await lastUsed(fresh.ref)).toBeLessThanOrEqual(usedBy);

  await until('a later start with the old one is told apart', 30, async () => {
    await restartWith(old);
    return ((await lastUsed(oldRef)) ?? 0) > usedBy ? true : undefined;
  });
  expect(await lastUsed(fresh.ref)).toBeLessThanOrEqual(usedBy);

  must((await kind.end?.(fresh.ref)) ?? { ok: false, code: 'odd', detail: 'no end' });
  expect(await lastUsed(fresh.ref)).toBeUndefined();
});
