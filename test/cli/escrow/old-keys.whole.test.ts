/** An old key version that was disabled too early, as a person at the terminal learns of it: over the real SDK. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { EscrowUnderTest } from './escrow-under-test.ts';

let world: EscrowUnderTest;
beforeEach(async () => {
  world = await EscrowUnderTest.open();
  await imported();
});
afterEach(() => world.close());

const escrow = (...args: string[]) => world.run(['escrow', ...args, '--cluster', 'payments']);
const list = async () => (await world.run(['escrow', 'list'])).out;

async function imported() {
  const { code, err } = await world.import(['--file', world.file(), '--yes']);
  if (code !== 0) throw new Error(err);
}

/** Of custodian "a", as generation 1 was wrapped. */
function firstVersion(): string {
  const blob = JSON.parse(String(world.state.blobs.get('payments/0001.0001.json'))) as {
    envelopes: { custodian: string; keyId: string }[];
  };
  const held = blob.envelopes.find(({ custodian }) => custodian === 'a');
  if (!held) throw new Error('custodian a holds nothing');
  return held.keyId;
}

it('a rewrap, the list and the way back say so, until it is enabled again', async () => {
  const row = await world.state.generations.newest('payments');
  if (!row) throw new Error('no row');
  await world.state.generations.save({ ...row.value, provenAt: Date.UTC(2026, 10, 22) }, row.etag);
  const old = firstVersion();
  const vault = world.keyVaults.vault('kv-a');
  await vault.rotate('escrow');
  await imported();
  const before = await escrow('rewrap');
  expect([before.code, before.out]).toEqual([
    0,
    expect.stringContaining('is not in use here, and still needed'),
  ]);

  vault.set(old, { enabled: false });
  const told =
    /is DISABLED \(as last looked at\), and still needed by generation 1\.1 of payments, which an approver may go back to .*: enable it again in Key Vault/;
  const { code, out } = await escrow('rewrap');
  expect(code).toBe(1);
  expect(out).toContain(
    `old-key-gone: custodian "a": ${old} is disabled, and still needed by generation 1.1`,
  );
  expect(out).toMatch(told);
  expect(await list()).toMatch(told);
  expect(await list()).toContain('NO WAY BACK to it now');
  await world.as(['Sealwatch.Approve'], 'grace');
  const back = await escrow('go-back');
  expect([back.code, back.err]).toEqual([1, expect.stringMatching(/disabled/)]);

  vault.set(old, { enabled: true });
  await world.as(['Sealwatch.Operate'], 'ada');
  expect((await escrow('verify', '--by-recover')).code).toBe(0);
  expect(await list()).toContain('sealwatch escrow go-back --cluster payments');
  await world.as(['Sealwatch.Approve'], 'grace');
  expect((await escrow('go-back')).code).toBe(0);
});
