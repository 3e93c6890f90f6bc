import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createLocalCustodian, type LocalSettings } from '../../../shared/escrow/custodians/local.ts';

const signal = new AbortController().signal;

function local(over: Partial<LocalSettings> & { secret?: string } = {}) {
  const given: Buffer[] = [];
  const custodian = createLocalCustodian({
    name: 'paper',
    passphrase: async () => {
      const value = Buffer.from(over.secret ?? 'correct horse battery staple');
      given.push(value);
      return { ok: true, value };
    },
    random: randomBytes,
    ...over,
  });
  return { custodian, given };
}

describe('a local custodian', () => {
  it('opens with the passphrase alone: nothing else is kept', async () => {
    const key = randomBytes(32);
    const wrapped = await local().custodian.wrap(key, signal);
    if (!wrapped.ok) throw new Error(wrapped.error.message);
    expect(wrapped.value).toMatchObject({ keyId: 'local:paper', wrap: 'scrypt-A256GCM' });
    expect(wrapped.value.wrappedKey).toHaveLength(76);
    expect(await local().custodian.unwrap(wrapped.value, signal)).toEqual({ ok: true, value: key });
  });

  it('has a salt of its own in each process', async () => {
    const salts = await Promise.all(
      [1, 2].map(async () => {
        const wrapped = await local().custodian.wrap(randomBytes(32), signal);
        return wrapped.ok ? wrapped.value.wrappedKey.subarray(0, 16).toString('hex') : '';
      }),
    );
    expect(new Set(salts).size).toBe(2);
  });

  it('zeroes each passphrase that it was given, and asks for it once for calls at the same time', async () => {
    const { custodian, given } = local();
    const wrapped = await Promise.all([1, 2, 3].map(() => custodian.wrap(randomBytes(32), signal)));
    expect(wrapped.every(({ ok }) => ok)).toBe(true);
    expect(given).toHaveLength(1);
    expect(given[0]?.every((byte) => byte === 0)).toBe(true);
  });

  it('says which passphrase cannot be read, and why', async () => {
    const why = 'SEALWATCH_SECRET_PAPER is not set';
    const { custodian } = local({ passphrase: async () => ({ ok: false, why }) });
    const error = {
      code: 'unavailable',
      message: `the passphrase of local custodian "paper" cannot be read: ${why}`,
      recoverable: false,
    };
    expect(await custodian.wrap(randomBytes(32), signal)).toEqual({ ok: false, error });
    expect(await custodian.facts(undefined, signal)).toEqual({ ok: false, error });
  });

  it('takes no short passphrase', async () => {
    const { custodian } = local({ secret: 'short' });
    const result = await custodian.wrap(randomBytes(32), signal);
    expect(result).toMatchObject({ ok: false, error: { code: 'refused', recoverable: false } });
    expect(JSON.stringify(result)).toContain('shorter than 12 bytes');
  });
});
