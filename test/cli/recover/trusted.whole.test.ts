/** What the envelopes say, and nothing else, says where shares go. */
import { readFile, rm } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Generation } from '../../../shared/escrow/generation.ts';
import { createAuthority } from '../../fakes/pki.ts';
import { derOf, Laptop, type LaptopOptions } from '../../work/break-glass/laptop.ts';

let laptop: Laptop;
const open = async (options: LaptopOptions = {}) => {
  laptop = await Laptop.open(options);
  return laptop.restart();
};
afterEach(() => laptop.close());

async function change(edit: (generation: Generation) => void): Promise<void> {
  const generation = JSON.parse(await readFile(`${laptop.folder}/envelopes.json`, 'utf8')) as Generation;
  edit(generation);
  await laptop.write('envelopes.json', JSON.stringify(generation));
}

const flip = (base64: string) => {
  const bytes = Buffer.from(base64, 'base64');
  bytes[3] = (bytes[3] ?? 0) ^ 1;
  return bytes.toString('base64');
};

describe('envelopes', () => {
  it('are needed', async () => {
    await open();
    await rm(`${laptop.folder}/envelopes.json`);
    const { code, text } = await laptop.recover();
    expect(code).toBe(1);
    expect(text).toContain('envelopes.json cannot be read (ENOENT)');
  });

  it.each<[string, (generation: Generation) => void]>([
    ['generation', (one) => (one.generation += 1)],
    [
      'custodian, with its key left',
      (one) => one.envelopes.forEach((envelope) => (envelope.custodian = 'alpha')),
    ],
    ['custodian', (one) => one.envelopes.forEach((envelope) => (envelope.custodian = 'gamma'))],
    ['key', (one) => one.envelopes.forEach((envelope) => (envelope.wrappedKey = flip(envelope.wrappedKey)))],
    ['iv', (one) => one.envelopes.forEach((envelope) => (envelope.iv = flip(envelope.iv)))],
    [
      'share',
      (one) => one.envelopes.forEach((envelope) => (envelope.ciphertext = flip(envelope.ciphertext))),
    ],
    ['tag', (one) => one.envelopes.forEach((envelope) => (envelope.tag = flip(envelope.tag)))],
    ['order', (one) => one.envelopes.forEach((envelope, at) => (envelope.index = ((at + 1) % 5) + 1))],
    ['threshold', (one) => (one.threshold = 2)],
    ['pins', (one) => (one.trust.pins = [Buffer.alloc(32, 1).toString('base64')])],
  ])('that were changed in their %s send no share, and say so', async (_field, edit) => {
    await open();
    await change(edit);
    const { code, text } = await laptop.recover(['--without-fleet']);
    expect(code).toBe(1);
    expect(text).toMatch(/was changed|cannot be used|could be opened|name 3 keys|Not done/);
    expect(laptop.sent).toEqual([]);
  });

  it('whose addresses were changed open nothing, whoever answers there', async () => {
    await open();
    const other = await Laptop.open();
    try {
      await other.restart();
      await change((one) => (one.trust.addresses = [...other.served.addresses].sort()));
      const { code, text } = await laptop.recover(['--without-fleet']);
      expect(code).toBe(1);
      expect(text).toContain('was changed, or belongs to another cluster');
      expect([...laptop.sent, ...other.sent]).toEqual([]);
    } finally {
      await other.close();
    }
  });

  it('of another cluster are refused by name', async () => {
    await open();
    await change((one) => (one.cluster = 'orders'));
    const { code, text } = await laptop.recover();
    expect(code).toBe(1);
    expect(text).toContain('holds the envelopes of orders, not of payments');
  });

  it('that are no JSON, or of recovery keys, are refused', async () => {
    await open();
    await change((one) => (one.kind = 'recovery'));
    expect((await laptop.recover()).text).toContain('recovery keys, which unseal nothing');
    await laptop.write('envelopes.json', 'unseal key 1');
    const { code, text } = await laptop.recover();
    expect(code).toBe(1);
    expect(text).toContain('not JSON in UTF-8');
    expect(text).not.toContain('unseal key 1');
    expect(laptop.sent).toEqual([]);
  });
});

describe('fleet.yaml', () => {
  it('that differs from the envelopes refuses, and cannot be rebound here', async () => {
    await open();
    await laptop.write(
      'fleet.yaml',
      laptop.fleet(undefined, (address) => address.replace('127.0.0.1', 'localhost')),
    );
    const { code, text } = await laptop.recover();
    expect(code).toBe(1);
    expect(text).toContain('escrow-trust-changed');
    expect(text).toContain('address added: http://localhost:');
    expect(text).toContain('cannot be rebound here');
    expect(laptop.sent).toEqual([]);
    // The envelopes' own trust, which the person is shown and confirms.
    const own = await laptop.recover(['--without-fleet']);
    expect(own.code).toBe(0);
    expect(own.text).toContain(`Shares go to: ${laptop.generation.trust.addresses.join(', ')}`);
    expect(laptop.sealed).toEqual([]);
  });

  it.each([
    ['is missing', () => rm(`${laptop.folder}/fleet.yaml`), 'cannot be read (ENOENT)'],
    ['is broken', () => laptop.write('fleet.yaml', 'clusters: ['), 'fleet.yaml'],
  ])('that %s is replaced by what the envelopes say', async (_how, spoil, why) => {
    await open();
    await spoil();
    const { code, text } = await laptop.recover();
    expect(text).toContain(why);
    expect(text).toContain('Custodian alpha: https://alpha.vault.azure.net/keys/escrow; shares 1, 2.');
    expect(text).toContain('127.0.0.1:');
    expect(code).toBe(0);
    expect(laptop.sealed).toEqual([]);
  });

  it('without it, vaults that this machine may not use are named with the setting', async () => {
    await open();
    laptop.env = { ...laptop.env, SEALWATCH_ESCROW_VAULTS: 'https://alpha.vault.azure.net' };
    const { code, text } = await laptop.recover(['--without-fleet']);
    expect(code).toBe(1);
    expect(text).toContain(
      'export SEALWATCH_ESCROW_VAULTS=https://alpha.vault.azure.net,https://beta.vault.azure.net,https://gamma.vault.azure.net',
    );
    expect(laptop.sent).toEqual([]);
  });

  it('without the cluster names the way on', async () => {
    await open();
    await laptop.write('fleet.yaml', laptop.fleet().replace('"payments":', '"orders":'));
    const { code, text } = await laptop.recover();
    expect(code).toBe(1);
    expect(text).toContain('has no cluster payments: name another one, or add --without-fleet');
  });
});

describe('an impostor', () => {
  it('on the address, with another CA, gets zero share bytes', async () => {
    const [authority, impostor] = await Promise.all([createAuthority('ours'), createAuthority('impostor')]);
    const leaf = await impostor.issue({ names: ['127.0.0.1'] });
    await open({ scheme: 'https', tls: { ...leaf, caPem: authority.certPem } });
    const { code, text } = await laptop.recover(['--without-fleet']);
    expect(text).toContain('not reached (tls-untrusted)');
    expect(code).toBe(1);
    expect(laptop.sent).toEqual([]);
  });

  it('is none where the CA is the one that the envelopes name', async () => {
    const authority = await createAuthority('ours');
    const leaf = await authority.issue({ names: ['127.0.0.1'] });
    await open({ scheme: 'https', tls: { ...leaf, caPem: authority.certPem } });
    expect(laptop.generation.trust.ca).toEqual([derOf(authority.certPem)]);
    const { code } = await laptop.recover(['--without-fleet']);
    expect(code).toBe(0);
    expect(laptop.sealed).toEqual([]);
  });
});
