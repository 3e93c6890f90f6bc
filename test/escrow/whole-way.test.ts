import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../shared/compose/clock.ts';
import type { Custodian } from '../../shared/escrow/custodian.ts';
import { type Given, importShares } from '../../shared/escrow/import.ts';
import { openThreshold } from '../../shared/escrow/open.ts';
import { readGeneration } from '../../shared/escrow/read.ts';
import { sealGeneration } from '../../shared/escrow/seal-generation.ts';
import { verify } from '../../shared/escrow/upkeep.ts';
import { generationBytes } from '../../shared/escrow/write.ts';
import { type FakeKeyVaults, startKeyVaults } from '../fakes/keyvault/server.ts';
import { bytesOf, formsOf, identity, night, spread, trust } from './build.ts';
import { keyVaultCustodian } from './custodians/key-vaults.ts';

const names = spread.map(({ name }) => name);

describe('shares on their whole way, with the real SDK', () => {
  let fake: FakeKeyVaults;
  let custodians: Map<string, Custodian>;
  beforeAll(async () => {
    fake = await startKeyVaults(names);
    await Promise.all(names.map((name) => fake.vault(name).rotate('escrow')));
    custodians = new Map(names.map((name) => [name, keyVaultCustodian(fake, name)]));
  });
  afterAll(() => fake.close());

  it('come back with one of three custodians away, and leave in no form at all', async () => {
    const keys = [1, 2, 3, 4, 5].map((index) => Buffer.concat([randomBytes(32), Buffer.from([index])]));
    const rootToken = `hvs.${randomBytes(18).toString('base64url')}`;
    const output = {
      unseal_keys_b64: keys.map((key) => key.toString('base64')),
      unseal_keys_hex: keys.map((key) => key.toString('hex')),
      unseal_shares: 5,
      unseal_threshold: 3,
      root_token: rootToken,
    };
    const given: Given = { form: 'file', bytes: Buffer.from(JSON.stringify(output)) };
    const imported = importShares(given, { threshold: 3, count: 5, type: 'shamir', recoverySeal: false });
    if (!imported.ok) throw new Error(imported.problems.join('; '));
    const calling = { clock: systemClock, timeoutMs: 10_000 };
    const made = await sealGeneration(
      {
        identity: identity(),
        shares: imported.shares,
        holdings: spread,
        made: { createdAt: night, createdBy: 'local/ada' },
      },
      { custodians, random: randomBytes, calling },
    );
    if (!made.ok) throw new Error(made.problems.join('; '));
    const blob = generationBytes(made.generation);
    const read = readGeneration(blob);
    if (!read.ok) throw new Error(read.problem);

    const upkeep = await verify({ generation: read.generation, custodians, trust, now: Date.now(), calling });
    expect(upkeep).toEqual([]);

    fake.vault('beta').fail('unwrapKey', { status: 403 });
    const opened = await openThreshold({ generation: read.generation, custodians, calling });
    if (!opened.ok) throw new Error(opened.message);
    expect(opened.shares.map(({ index }) => index)).toEqual([1, 2, 5]);
    expect(opened.shares.map(bytesOf)).toEqual([keys[0], keys[1], keys[4]]);
    fake.vault('alpha').fail('unwrapKey', { status: 404 });
    const failed = await openThreshold({ generation: read.generation, custodians, calling });
    expect(failed.ok).toBe(false);
    expect(failed.failures.map(({ custodian, code }) => `${custodian} ${code}`).sort()).toEqual([
      'alpha key-deleted',
      'beta denied',
    ]);

    const left = [
      blob.toString(),
      ...[imported, made, upkeep, opened, failed, [...custodians]].map(
        (one) => inspect(one, { depth: 12, showHidden: true, getters: true }) + JSON.stringify(one),
      ),
      ...fake.received.map((request) => JSON.stringify(request)),
    ].join('\n');
    for (const secret of [...keys, Buffer.from(rootToken)]) {
      for (const form of formsOf(secret)) expect(left).not.toContain(form);
    }
  });
});
