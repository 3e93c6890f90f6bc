/** The custodians that the command makes itself: Key Vault keys behind the real SDK, and a passphrase. */
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Custodian } from '../../../shared/escrow/custodian.ts';
import { createLocalCustodian } from '../../../shared/escrow/custodians/local.ts';
import { keyVaultCustodian } from '../../escrow/custodians/key-vaults.ts';
import { type FakeKeyVaults, startKeyVaults } from '../../fakes/keyvault/server.ts';
import { Laptop } from '../../work/break-glass/laptop.ts';

const passphrase = 'correct horse battery staple';
let fake: FakeKeyVaults;
let laptop: Laptop;
const login = () => ({ keyVault: { agent: fake.agent }, credential: async () => fake.credential });

beforeAll(async () => {
  fake = await startKeyVaults(['alpha', 'beta']);
  for (const name of ['alpha', 'beta']) await fake.vault(name).rotate('escrow');
});
afterAll(() => fake.close());
beforeEach(async () => {
  const gamma = createLocalCustodian({
    name: 'gamma',
    random: randomBytes,
    passphrase: async () => ({ ok: true, value: Buffer.from(passphrase) }),
  });
  const made = ['alpha', 'beta'].map((name): [string, Custodian] => [name, keyVaultCustodian(fake, name)]);
  laptop = await Laptop.open({
    threshold: 3,
    shares: 3,
    holdings: [
      { name: 'alpha', shares: [1] },
      { name: 'beta', shares: [2] },
      { name: 'gamma', shares: [3] },
    ],
    real: {
      custodians: new Map([...made, ['gamma', gamma]]),
      entries: {
        alpha: { key: fake.vault('alpha').key('escrow') },
        beta: { key: fake.vault('beta').key('escrow') },
        gamma: { passphrase: 'env:SEALWATCH_SECRET_ESCROW_GAMMA' },
      },
      env: {
        SEALWATCH_ESCROW_VAULTS: `${fake.origin('alpha')},${fake.origin('beta')}`,
        SEALWATCH_SECRET_ESCROW_GAMMA: passphrase,
      },
    },
  });
  await laptop.write(
    'fleet.yaml',
    laptop.fleet(['alpha', 'beta', 'gamma'].map((name, at) => ({ name, shares: [at + 1] }))),
  );
  await laptop.restart();
});
afterEach(async () => {
  for (const name of ['alpha', 'beta']) fake.vault(name).heal();
  await laptop.close();
});

describe('with the operator’s own login', () => {
  it.each([
    ['fleet.yaml', []],
    ['the envelopes alone', ['--without-fleet']],
  ])('a whole recovery by %s opens each vault and the passphrase', async (_by, extra) => {
    const { code, text } = await laptop.recover(extra, login());
    expect(text).toContain('Done: 3 of 3 nodes serving');
    expect(code).toBe(0);
    expect(text).not.toContain(passphrase);
  });

  it('a vault that refuses the login is named with what it needs, and nothing is sent', async () => {
    fake.vault('beta').fail('any', { status: 403 });
    const { code, text } = await laptop.recover([], login());
    expect(code).toBe(1);
    expect(text).toContain('custodian "beta": Key Vault does not let this identity use');
    expect(laptop.sent).toEqual([]);
  });

  it('a dry run asks each key for its state and unwraps nothing', async () => {
    const before = fake.vault('alpha').calls.unwrapKey;
    fake.vault('beta').fail('any', { status: 403 });
    const { text } = await laptop.recover(['--dry-run'], login());
    expect(text).toContain('custodian alpha (shares 1): reached, its key is enabled');
    expect(text).toContain(
      'custodian beta (shares 2): custodian "beta": Key Vault does not let this identity',
    );
    expect(text).toContain('custodian gamma (shares 3): reached');
    expect(fake.vault('alpha').calls.unwrapKey).toBe(before);
  });

  it('an owner of one vault needs no other: it is not even called', async () => {
    const before = { ...fake.vault('beta').calls };
    const { code } = await laptop.recover(['--custodian', 'alpha'], login());
    expect(code).toBe(0);
    expect(fake.vault('beta').calls).toEqual(before);
  });

  it('without the passphrase the variable is named', async () => {
    laptop.env = { ...laptop.env, SEALWATCH_SECRET_ESCROW_GAMMA: undefined };
    const { code, text } = await laptop.recover(['--without-fleet'], login());
    expect(code).toBe(1);
    expect(text).toContain('The passphrase of custodian gamma is read from SEALWATCH_SECRET_ESCROW_GAMMA');
    expect(text).toContain('Not done');
  });
});
