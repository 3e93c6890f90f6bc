/** A real node, the real Key Vault SDK, and a FAKE of Key Vault that fails in every way that it can. */

import type { TokenCredential } from '@azure/identity';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FakeKeyVaults, startKeyVaults } from '../../fakes/keyvault/server.ts';
import type { Fault } from '../../fakes/keyvault/vault.ts';
import { startHealthyCluster, type WatchedCluster } from '../probing/watched-cluster.ts';
import { automatic, restart, sealed } from './clusters.ts';
import { custodiansEntry, Recovering, spread } from './recovering.ts';

const names = Object.keys(spread);
let cluster: WatchedCluster;
let fake: FakeKeyVaults;
let app: Recovering;
/** Versioned ids, by custodian. */
const keys = new Map<string, string>();

beforeAll(async () => {
  [cluster, fake] = await Promise.all([startHealthyCluster({ nodes: 1 }), startKeyVaults(names)]);
});
afterAll(async () => {
  await Promise.all([cluster?.close(), fake?.close()]);
});
beforeEach(async () => {
  await cluster.whole();
  await Promise.all(names.map(async (name) => keys.set(name, await fake.vault(name).rotate('escrow'))));
  app = new Recovering({
    clusters: {
      payments: automatic(cluster, {
        unknownSealCause: 'automatic',
        escrow: custodiansEntry((name) => fake.vault(name).key('escrow')),
      }),
    },
    env: { SEALWATCH_ESCROW_VAULTS: names.map((name) => fake.origin(name)).join(' ') },
    replacements: {
      keyVault: { agent: fake.agent },
      credential: async (): Promise<TokenCredential> => fake.credential,
    },
    realCustodians: true,
  });
  await app.escrow('payments', cluster.keys?.shares ?? []);
  await restart(cluster);
});
afterEach(() => {
  for (const name of names) fake.vault(name).heal();
  app.close();
});

const fail = (fault: Fault, vaults: readonly string[], times?: number): void => {
  for (const name of vaults) fake.vault(name).fail('unwrapKey', fault, times);
};
const unwraps = () => names.reduce((sum, name) => sum + fake.vault(name).calls.unwrapKey, 0);
it('with every custodian at hand the node serves after three unwraps and no more', async () => {
  const before = unwraps();
  const recovery = await app.nudge();
  expect(recovery?.ended?.outcome).toBe('recovered');
  expect(recovery?.troubles).toEqual([]);
  expect(unwraps() - before).toBe(3);
});

const often = /asks to be called less often \(429\)/;

describe('one of three custodians', () => {
  it.each<[string, (name: string) => void, RegExp]>([
    ['says 401', (name) => fail({ status: 401 }, [name]), /does not let this identity use .* \(401\)/],
    ['says 403', (name) => fail({ status: 403 }, [name]), /does not let this identity use .* \(403\)/],
    ['says 429 once, without Retry-After', (name) => fail({ status: 429 }, [name], 1), often],
    ['says 429 with Retry-After', (name) => fail({ status: 429, retryAfter: '1' }, [name], 2), often],
    [
      'says 429 with a Retry-After of an hour',
      (name) => fail({ status: 429, retryAfter: '3600' }, [name]),
      often,
    ],
    ['says 500', (name) => fail({ status: 500 }, [name]), /does not work \(500\)/],
    ['cuts the connection', (name) => fail('reset', [name]), /cannot be reached/],
    ['never answers', (name) => fail('hang', [name]), /did not answer in time/],
    [
      'has the key version disabled',
      (name) => fake.vault(name).set(keys.get(name) ?? '', { enabled: false }),
      /disabled/,
    ],
    ['has the key deleted', (name) => fake.vault(name).delete('escrow'), /is not there \(404\): recover it/],
  ])('%s: the node serves by the others, and the trouble is told', async (_what, harm, trouble) => {
    harm('a');
    const recovery = await app.nudge();
    expect(recovery?.ended?.outcome).toBe('recovered');
    expect(recovery?.troubles).toMatchObject([{ code: 'custodian', where: 'a', message: trouble }]);
    expect(app.sharesSentTo('vault-1')).toBe(3);
  });
});

describe('all of them', () => {
  it.each<[string, Fault, RegExp]>([
    ['saying 429 with Retry-After', { status: 429, retryAfter: '1' }, often],
    ['saying 429 without it', { status: 429 }, often],
    ['saying 500', { status: 500 }, /does not work \(500\)/],
    ['cutting the connection', 'reset', /cannot be reached/],
  ])('%s once are asked again, in the same pass', async (_what, fault, trouble) => {
    fail(fault, names, 1);
    const recovery = await app.nudge();
    expect(recovery?.ended?.outcome).toBe('recovered');
    expect(recovery?.passes).toBe(1);
    const told = names.map((where) => ({
      code: 'custodian',
      where,
      message: expect.stringMatching(trouble),
    }));
    expect(recovery?.troubles.toSorted((a, b) => a.where.localeCompare(b.where))).toMatchObject(told);
    expect(app.sharesSentTo('vault-1')).toBe(3);
  });

  it.each([401, 403])(
    'denying (%i): no share is sent, Key Vault is not stormed, and once it is mended the node serves',
    async (status) => {
      fail({ status }, names);
      const before = unwraps();
      const waiting = await app.nudge();
      expect(waiting?.status).toBe('open');
      expect(app.sent).toEqual([]);
      expect(waiting?.waiting?.what).toMatch(/^0 of 3 shares could be opened: custodian "a"/);
      for (const name of names) {
        const denied = new RegExp(
          `custodian "${name}": Key Vault does not let this identity use .* \\(${status}\\)`,
        );
        expect(waiting?.waiting?.what).toMatch(denied);
      }
      expect(unwraps() - before).toBeLessThanOrEqual(9);
      expect(await sealed(cluster)).toEqual(['vault-1']);
      for (const name of names) fake.vault(name).heal();
      app.later(120_000);
      expect((await app.nudge())?.ended?.outcome).toBe('recovered');
    },
  );
});
