import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAuthority } from '../../fakes/pki.ts';
import { EscrowUnderTest } from './escrow-under-test.ts';

let world: EscrowUnderTest;
beforeEach(async () => {
  world = await EscrowUnderTest.open();
  const { code, err } = await world.import(['--file', world.file(), '--yes']);
  if (code !== 0) throw new Error(err);
});
afterEach(() => world.close());

const escrow = (...args: string[]) => world.run(['escrow', ...args]);
const unwraps = () =>
  ['kv-a', 'kv-b'].reduce((sum, name) => sum + world.keyVaults.vault(name).calls.unwrapKey, 0);

describe('escrow list', () => {
  it('says what is in use, who accepted it, and that it is not proven', async () => {
    const { code, out } = await escrow('list');
    expect(code).toBe(0);
    expect(out).toMatch(/^payments: generation 1, revision 1, accepted \S+ \S+ UTC by local\/ada\n/);
    expect(out).toContain('not proven yet');
    expect(out).toContain('no problem');
  });

  it('says since when it is proven, what upkeep found, and fails where it is bad', async () => {
    const row = await world.state.generations.newest('payments');
    if (!row) throw new Error('no row');
    const at = Date.UTC(2026, 10, 22, 2);
    const problems = [{ code: 'key-expiring' as const, message: 'custodian "a": it expires on 2026-12-01' }];
    const value = { ...row.value, provenAt: at, upkeep: { at, problems } };
    const saved = await world.state.generations.save(value, row.etag);
    const told = await escrow('list');
    expect(told.code).toBe(0);
    expect(told.out).toContain('it unsealed a node on 2026-11-22 02:00 UTC');
    expect(told.out).toContain('key-expiring: custodian "a": it expires on 2026-12-01');
    if (!saved.saved) throw new Error('not saved');
    await world.state.generations.save(
      { ...value, bad: { at, node: 'vault-0', recovery: 'payments.1' } },
      saved.etag,
    );
    const bad = await escrow('list');
    expect(bad.code).toBe(1);
    expect(bad.out).toContain('BAD: vault-0 refused the full set');
  });

  it('shows no control characters, whatever a row holds', async () => {
    const row = await world.state.generations.newest('payments');
    if (!row) throw new Error('no row');
    const acceptedBy = 'ada\u001b]0;owned\u0007\u202e';
    await world.state.generations.save({ ...row.value, acceptedBy }, row.etag);
    expect((await escrow('list')).out.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it('names a blob that was never accepted', async () => {
    await world.as(['Sealwatch.Read']);
    await world.import(['--file', world.file(), '--yes']);
    expect((await escrow('list')).out).toContain('blob payments/0002.0001.json was never accepted');
  });
});

describe('escrow go-back', () => {
  it('takes an approver back to the proven generation that an import replaced, after a warning', async () => {
    expect((await escrow('go-back', '--cluster', 'payments')).err).toContain(
      'no proven generation came before',
    );
    const row = await world.state.generations.newest('payments');
    if (!row) throw new Error('no row');
    await world.state.generations.save({ ...row.value, provenAt: Date.UTC(2026, 10, 22) }, row.etag);
    const again = await world.import(['--file', world.file(), '--yes']);
    expect(again.err).toContain('THIS REPLACES A PROVEN GENERATION: 1.1 unsealed a node on 2026-11-22');
    expect((await escrow('list')).out).toContain('sealwatch escrow go-back --cluster payments');
    const operator = await escrow('go-back', '--cluster', 'payments');
    expect(operator.err).toContain('needs the role Sealwatch.Approve');
    await world.as(['Sealwatch.Approve'], 'grace');
    const { code, out } = await escrow('go-back', '--cluster', 'payments');
    expect(code).toBe(0);
    expect(out).toBe('payments: generation 1, revision 1 is in use again.\n');
    expect((await world.state.generations.newest('payments'))?.value).toMatchObject({
      generation: 1,
      acceptedBy: 'local/grace',
    });
  });
});

describe('escrow verify', () => {
  it("opens every envelope, one at a time, with the person's own login, and writes nothing", async () => {
    const [asked, before] = [world.asked.length, unwraps()];
    const written = async () => [
      world.state.audited.length,
      [...world.state.blobs.keys()],
      await world.state.generations.newest('payments'),
    ];
    const stored = await written();
    const { code, out } = await escrow('verify', '--cluster', 'payments');
    expect(code).toBe(0);
    expect(out).toContain('your login opens every envelope');
    expect(unwraps() - before).toBe(4);
    expect(world.asked).toHaveLength(asked);
    expect(await written()).toEqual(stored);
  });

  it('asks recover to, without a rewrap, with each opening on record', async () => {
    await world.keyVaults.vault('kv-a').rotate('escrow');
    const openings = () => world.state.audited.filter(({ what }) => what === 'key-opened').length;
    const before = openings();
    const { code, out } = await escrow('verify', '--cluster', 'payments', '--by-recover');
    expect(code).toBe(1);
    expect(out).toMatch(
      /revision 1, as recover finds it:\n {2}old-key-version: shares 1, 2 of custodian "a"/,
    );
    expect(openings() - before).toBe(4);
  });

  it('names what does not open', async () => {
    world.keyVaults.vault('kv-a').fail('unwrapKey', { status: 403 });
    const { code, out } = await escrow('verify', '--cluster', 'payments');
    expect(code).toBe(1);
    expect(out).toMatch(/denied: .*custodian "a"/);
  });

  it('says that fleet.yaml differs', async () => {
    const stranger = await createAuthority('Other CA');
    world.writeFleet({ ca: stranger.certPem });
    const { code, out } = await escrow('verify', '--cluster', 'payments');
    expect(code).toBe(1);
    expect(out).toContain('trust-changed: fleet.yaml differs');
  });
});

describe('escrow rewrap', () => {
  it('moves to the newest key version, as a new revision, and names the old one that is not needed', async () => {
    const [, before = ''] =
      /keys\/escrow\/(\w+)/.exec(String(world.state.blobs.get('payments/0001.0001.json'))) ?? [];
    await world.keyVaults.vault('kv-a').rotate('escrow');
    const { code, out } = await escrow('rewrap', '--cluster', 'payments');
    expect(code).toBe(0);
    expect(out).toContain('generation 1, revision 2');
    const told = `custodian "a": version ${before} of ${world.keyVaults.vault('kv-a').key('escrow')} is no longer needed`;
    expect(out).toContain(told);
    expect((await escrow('list')).out).toContain(told);
    expect(world.state.blobs.has('payments/0001.0002.json')).toBe(true);
    expect(world.state.audited.at(-1)).toMatchObject({ what: 'generation-accepted', who: 'app:recover' });
    expect(world.state.audited).toContainEqual(
      expect.objectContaining({
        what: 'requested',
        who: 'local/ada',
        facts: { kind: 'upkeep', generation: 1 },
      }),
    );
  });

  it('waits for the end of an open recovery, and says so', async () => {
    await escrow('rebind', '--cluster', 'payments', '--reason', 'new CA');
    await world.keyVaults.vault('kv-a').rotate('escrow');
    const { code, out } = await escrow('rewrap', '--cluster', 'payments');
    expect(code).toBe(1);
    expect(out).toMatch(/Not rewrapped: recovery payments\.\w+ is open/);
    expect(world.state.blobs.has('payments/0001.0002.json')).toBe(false);
  });

  it('says so when nothing is escrowed', async () => {
    const empty = await EscrowUnderTest.open();
    try {
      const { code, err } = await empty.run(['escrow', 'rewrap', '--cluster', 'payments']);
      expect(code).toBe(1);
      expect(err).toContain('nothing of payments is escrowed');
    } finally {
      await empty.close();
    }
  });
});

describe('escrow rebind', () => {
  it('asks for a recovery of the kind rebind, and says how to approve', async () => {
    const { code, out, err } = await escrow('rebind', '--cluster', 'payments', '--reason', 'new CA');
    expect(code).toBe(0);
    const id = out.trim();
    expect(err).toContain(`sealwatch approve ${id}`);
    expect((await world.state.recoveries.read('payments', id))?.value).toMatchObject({
      kind: 'rebind',
      reason: 'new CA',
      by: 'local/ada',
    });
  });
});

describe('escrow export', () => {
  it("writes the blob's own bytes, for the owner alone, and says what opens them", async () => {
    const file = join(world.folder, 'out.json');
    const before = unwraps();
    const { code, out, err } = await escrow('export', '--cluster', 'payments', '--out', file);
    expect(code).toBe(0);
    expect(out).toBe(`${file}\n`);
    expect(
      readFileSync(file).equals(world.state.blobs.get('payments/0001.0001.json') ?? Buffer.alloc(0)),
    ).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(err).toContain('2 shares from the custodians a, b.');
    expect(unwraps()).toBe(before);
  });

  it('overwrites nothing', async () => {
    const { code, err } = await escrow('export', '--cluster', 'payments', '--out', world.file());
    expect(code).toBe(1);
    expect(err).toContain('it exists already');
  });

  it('gives out no blob that is not the accepted one', async () => {
    world.state.blobs.set('payments/0001.0001.json', Buffer.from('{}'));
    const { code, err } = await escrow('export', '--cluster', 'payments', '--out', join(world.folder, 'x'));
    expect(code).toBe(1);
    expect(err).toContain('is not the one that was accepted');
  });
});
