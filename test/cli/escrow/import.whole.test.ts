import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAuthority } from '../../fakes/pki.ts';
import { EscrowUnderTest, withPassphrase } from './escrow-under-test.ts';

let world: EscrowUnderTest;
beforeEach(async () => {
  world = await EscrowUnderTest.open();
});
afterEach(() => world.close());

const accepted = async () => (await world.state.generations.newest('payments'))?.value;
const wraps = () =>
  ['kv-a', 'kv-b'].reduce((sum, name) => sum + world.keyVaults.vault(name).calls.wrapKey, 0);

describe('an import from the output of init', () => {
  it('is accepted by recover, who opened every envelope, and only then told as done', async () => {
    world.writeFleet({ shares: withPassphrase });
    const { code, out, err } = await world.import(['--file', world.file()], { answer: 'payments' });
    expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('generation 1 is accepted');
    expect(await accepted()).toMatchObject({ generation: 1, revision: 1, acceptedBy: 'local/ada' });
    // Recover's, with the very keys that wrapped: two of a, two of b.
    expect(world.keyVaults.vault('kv-a').calls.unwrapKey).toBe(2);
    expect(world.keyVaults.vault('kv-b').calls.unwrapKey).toBe(2);
    const blob = JSON.parse(world.state.blobs.get('payments/0001.0001.json')?.toString() ?? '');
    expect(blob).toMatchObject({ createdBy: 'local/ada', threshold: 2, count: 3, kind: 'unseal' });
    expect(blob.trust.addresses).toEqual([...world.served.addresses].sort());
  });

  it('shows what is bound before it asks: addresses, certificates, CA, custodians, who is enough alone', async () => {
    const { err } = await world.import(['--file', world.file()], { answer: 'no' });
    for (const address of world.served.addresses) expect(err).toContain(address);
    expect(err).toContain('CN=127.0.0.1');
    expect(err).toContain('CA: CN=Corp CA');
    const der = Buffer.from(world.authority.certPem.replace(/-----[^-]+-----/g, ''), 'base64');
    const hex = createHash('sha256').update(der).digest('hex').toUpperCase();
    expect(err).toContain(`SHA-256 ${hex.match(/../g)?.join(':')}`);
    expect(err).toContain("(Ada's team)");
    expect(err).toMatch(/ALONE ENOUGH for the key: a, b\./);
    expect(err).toContain('Any one custodian may be lost.');
    expect(err).toContain('Recovery: manual, 1 approval');
  });

  it('names a single point', async () => {
    world.writeFleet({ shares: [[1], [2, 3]] });
    const { err } = await world.import(['--file', world.file()], { answer: 'no' });
    expect(err).toContain('SINGLE POINT (escrow-single-point): without b');
  });

  it.each([['Payments'], ['yes'], ['']])('writes nothing when the answer is %j', async (answer) => {
    const { code, err } = await world.import(['--file', world.file()], { answer });
    expect(code).toBe(1);
    expect(err).toContain('Not confirmed: nothing was written');
    expect(world.state.blobs.size).toBe(0);
    expect(wraps()).toBe(0);
  });

  it('asks nobody where nobody is, and goes on with --yes', async () => {
    const refused = await world.import(['--file', world.file()]);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('--yes');
    expect((await world.import(['--file', world.file(), '--yes'])).code).toBe(0);
  });

  it('takes it from standard input', async () => {
    const input = Buffer.from(JSON.stringify(world.initOutput()));
    expect((await world.import(['--yes'], { input })).code).toBe(0);
    expect(input.every((byte) => byte === 0)).toBe(true);
  });

  it('says to revoke the root token, which goes nowhere, and to destroy the file', async () => {
    const { err } = await world.import(['--file', world.file(), '--yes']);
    expect(err).toMatch(/root token.*revoke it.*destroy the file/);
    const without = await world.import(['--file', world.file(world.initOutput({ root_token: '' })), '--yes']);
    expect(without.err).not.toContain('root token');
    expect(without.err).toContain('Destroy the file');
  });

  it('names what does not fit by index, and writes nothing', async () => {
    const { shares } = world.simulation.keys;
    const [first = '', , third = ''] = shares;
    const wrong = world.initOutput({ unseal_keys_b64: [first, first, third], unseal_keys_hex: [] });
    const { code, err } = await world.import(['--file', world.file(wrong), '--yes']);
    expect(code).toBe(1);
    expect(err).toContain('share 2 is the same as share 1');
    expect(err).toContain('Nothing was written');
    expect(err).not.toContain(first);
    expect(world.state.blobs.size).toBe(0);
    expect(wraps()).toBe(0);
  });
});

describe('an import at the prompt', () => {
  const lines = () => world.simulation.keys.shares.map((share) => Buffer.from(share));

  it('takes one share a line, and zeroes them', async () => {
    const hidden = lines();
    const { code } = await world.import([], { answer: 'payments', hidden });
    expect(code).toBe(0);
    expect(hidden.every((line) => line.every((byte) => byte === 0))).toBe(true);
    expect(await accepted()).toMatchObject({ generation: 1 });
  });

  it('writes nothing when the person stops', async () => {
    const { code, err } = await world.import([], { answer: 'payments' });
    expect(code).toBe(1);
    expect(err).toContain('Stopped: nothing was written');
    expect(world.state.blobs.size).toBe(0);
  });
});

describe('before a share is read', () => {
  it('a node with the certificate of another CA ends it', async () => {
    const stranger = await createAuthority('Corp CA');
    world.writeFleet({ ca: stranger.certPem });
    const { code, err } = await world.import(['--file', '/nonexistent', '--yes']);
    expect(code).toBe(1);
    expect(err).toMatch(/no node of payments answers[\s\S]*vault-0[\s\S]*vault-1/);
    expect(err).not.toContain('cannot be read (ENOENT)');
  });

  it('one node that is away is told, and the others are enough', async () => {
    world.simulation.apply({ kind: 'kill', node: 'payments-2' });
    await world.served.settled();
    const { code, err } = await world.import(['--file', world.file(), '--yes']);
    expect(code).toBe(0);
    expect(err).toMatch(/vault-1 .* DOES NOT ANSWER: .*refused/);
  });

  it('a plan that leaves a share without custodian ends it', async () => {
    world.writeFleet({ shares: [[1], [2]] });
    const { code, err } = await world.import(['--file', '/nonexistent', '--yes']);
    expect(code).toBe(1);
    expect(err).toContain('share 3 has no custodian');
  });

  it('a missing token ends it, with the way to get one', async () => {
    delete world.env.SEALWATCH_TOKEN;
    const { code, err } = await world.import(['--file', '/nonexistent', '--yes']);
    expect(code).toBe(1);
    expect(err).toMatch(/^no token: .*token --as NAME --role operate/);
  });

  it('a cluster that fleet.yaml does not name ends it', async () => {
    const { code, err } = await world.run(['escrow', 'import', '--cluster', 'orders', '--yes']);
    expect(code).toBe(1);
    expect(err).toContain('fleet.yaml has no cluster "orders"');
  });
});

describe('an import that is not accepted', () => {
  it('says what stands; the next one takes the next number', async () => {
    await world.as(['Sealwatch.Read']);
    const { code, out, err } = await world.import(['--file', world.file(), '--yes']);
    expect(code).toBe(1);
    expect(out).toBe('');
    expect(err).toContain('needs the role Sealwatch.Operate');
    expect(err).toContain('The blob payments/0001.0001.json stands, and nothing uses it');
    expect(await accepted()).toBeUndefined();

    await world.as(['Sealwatch.Operate']);
    expect((await world.import(['--file', world.file(), '--yes'])).out).toContain('generation 2 is accepted');
    expect(await accepted()).toMatchObject({ generation: 2 });
  });

  it('does not say that nothing happened when the answer got lost', async () => {
    world.broken = 'reset';
    const { code, err } = await world.import(['--file', world.file(), '--yes']);
    expect(code).toBe(1);
    expect(err).toContain('does not answer');
    expect(err).toMatch(/Whether recover accepted it is not known: see sealwatch escrow list/);
  });

  it('leaves no blob when a custodian refuses', async () => {
    world.keyVaults.vault('kv-b').fail('any', { status: 403 });
    const { code, err } = await world.import(['--file', world.file(), '--yes']);
    expect(code).toBe(1);
    expect(err).toMatch(/custodian "b".*\nNothing was written/);
    expect(world.state.blobs.size).toBe(0);
  });

  it('is refused where recover itself cannot open an envelope, and the old one stays in use', async () => {
    await world.import(['--file', world.file(), '--yes']);
    world.keyVaults.vault('kv-a').fail('unwrapKey', { status: 403 });
    const { code, err } = await world.import(['--file', world.file(), '--yes']);
    expect(code).toBe(1);
    expect(err).toContain('goes on with what it had');
    expect(await accepted()).toMatchObject({ generation: 1 });
  });
});

describe('a passphrase that recover is not given', () => {
  const unset = { SEALWATCH_SECRET_PASSPHRASE: undefined };

  it('is an offline copy, told as such, while the others reach the threshold', async () => {
    const other = await EscrowUnderTest.open(unset);
    try {
      other.writeFleet({ shares: withPassphrase });
      const { code, err } = await other.import(['--file', other.file(), '--yes']);
      expect(code).toBe(0);
      expect(err).toMatch(/Still to mend: the passphrase of local custodian "safe" cannot be read/);
    } finally {
      await other.close();
    }
  });

  it('is needed where they do not', async () => {
    const other = await EscrowUnderTest.open(unset);
    try {
      other.writeFleet({ shares: [[3], [3], [1, 2]] });
      const { code, err } = await other.import(['--file', other.file(), '--yes']);
      expect(code).toBe(1);
      expect(err).toMatch(
        /passphrase of local custodian "safe" cannot be read[\s\S]*Recover did not accept it/,
      );
    } finally {
      await other.close();
    }
  });
});
