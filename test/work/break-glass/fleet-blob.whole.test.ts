/** `sealwatch recover` on a laptop whose SEALWATCH_FLEET is the blob that the apps read. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeBlobAccount } from '../../fakes/blob/account.ts';
import { Laptop } from './laptop.ts';

let account: FakeBlobAccount;
let laptop: Laptop;
beforeEach(async () => {
  account = await FakeBlobAccount.start();
  laptop = await Laptop.open();
  laptop.env = {
    ...laptop.env,
    SEALWATCH_FLEET: account.fleetUrl,
    SEALWATCH_STORAGE: account.connectionString,
  };
  await laptop.restart();
});
afterEach(async () => {
  await account.close();
  await laptop.close();
});

test('it goes by the blob', async () => {
  account.write(laptop.fleet());
  const { code, text } = await laptop.recover();
  expect(text).not.toContain('Without fleet.yaml');
  expect(code).toBe(0);
  expect(laptop.sealed).toEqual([]);
});

test('it refuses a blob that says other than the envelopes, by its address', async () => {
  account.write(laptop.fleet(undefined, (address) => address.replace('127.0.0.1', '127.0.0.2')));
  const { code, text } = await laptop.recover();
  expect(text).toContain(`escrow-trust-changed: ${account.fleetUrl} differs`);
  expect(code).toBe(1);
  expect(laptop.sent).toEqual([]);
});

test('it goes by the envelopes where the blob cannot be had, and says why', async () => {
  const { code, text } = await laptop.recover();
  expect(text).toContain(
    `${account.fleetUrl} cannot be read (missing: put it into container fleet as blob fleet.yaml)`,
  );
  expect(text).toContain('Without fleet.yaml');
  expect(code).toBe(0);
});
