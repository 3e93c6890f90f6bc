import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { additionalData } from '../../shared/escrow/additional-data.ts';
import type { Envelope, GenerationIdentity, TrustBinding } from '../../shared/escrow/generation.ts';
import { openShare, sealShare } from '../../shared/escrow/seal.ts';
import { bytesOf, errorOf, identity, MemoryCustodian, share, trust } from './build.ts';

const signal = new AbortController().signal;

/** One sealed share, and what was held of the keys meanwhile. */
async function sealedShare(index = 2) {
  const custodian = new MemoryCustodian('alpha');
  const kept = share(index);
  const asked: Buffer[] = [];
  const random = (bytes: number) => {
    const made = randomBytes(bytes);
    asked.push(made);
    return made;
  };
  const sealed = await sealShare({ identity: identity(), share: kept.share, custodian, random }, signal);
  if (!sealed.ok) throw new Error(sealed.failure.message);
  return { custodian, kept, asked, envelope: sealed.value };
}

const isZero = (bytes: Buffer | undefined) => bytes?.every((byte) => byte === 0);

describe('a sealed share', () => {
  it('opens to the same bytes, under the same index', async () => {
    const { custodian, kept, envelope } = await sealedShare();
    const opened = await openShare({ identity: identity(), envelope, custodian }, signal);
    if (!opened.ok) throw new Error(opened.failure.message);
    expect(opened.value.index).toBe(2);
    expect(bytesOf(opened.value)).toEqual(kept.copy);
  });

  it('has a key and an IV of its own each time', async () => {
    const { custodian, kept, asked } = await sealedShare();
    const again = await sealShare(
      { identity: identity(), share: kept.share, custodian, random: randomBytes },
      signal,
    );
    expect(asked.map(({ length }) => length)).toEqual([32, 12]);
    expect(again.ok && again.value.iv).not.toBe(asked[1]?.toString('base64'));
  });

  it('leaves its key nowhere: zeroed after sealing, after opening, and when either fails', async () => {
    const { custodian, asked, envelope } = await sealedShare();
    expect(isZero(asked[0])).toBe(true);
    await openShare({ identity: identity(), envelope, custodian }, signal);
    await openShare({ identity: identity({ cluster: 'other' }), envelope, custodian }, signal);
    expect(custodian.given).toHaveLength(2);
    expect(custodian.given.every(isZero)).toBe(true);

    custodian.failing = () => errorOf('unavailable');
    const key = Buffer.alloc(32, 9);
    const kept = share(1);
    const failed = await sealShare(
      { identity: identity(), share: kept.share, custodian, random: () => key },
      signal,
    );
    expect(failed).toMatchObject({
      ok: false,
      failure: { code: 'unavailable', index: 1, custodian: 'alpha' },
    });
    expect(isZero(key)).toBe(true);
    expect(kept.bytes).toEqual(kept.copy);
  });

  it('zeroes the key also where the custodian throws', async () => {
    const custodian = new MemoryCustodian('alpha');
    custodian.failing = () => {
      throw new Error('a bug');
    };
    const key = Buffer.alloc(32, 9);
    const sealing = sealShare(
      { identity: identity(), share: share(1).share, custodian, random: () => key },
      signal,
    );
    await expect(sealing).rejects.toThrow('a bug');
    expect(isZero(key)).toBe(true);
  });

  const identities: [string, Partial<GenerationIdentity>][] = [
    ['cluster', { cluster: 'payments2' }],
    ['generation', { generation: 2 }],
    ['kind', { kind: 'recovery' }],
    ['threshold', { threshold: 2 }],
    ['count', { count: 6 }],
    ...(
      [
        ['an address', { addresses: ['https://vault-0.example.com:8200', 'https://evil.example.com:8200'] }],
        ['an address more', { addresses: [...trust.addresses, 'https://vault-2.example.com:8200'] }],
        ['an address less', { addresses: trust.addresses.slice(1) }],
        ['the order of addresses', { addresses: trust.addresses.toReversed() }],
        ['the server name', { serverName: 'evil.example.com' }],
        ['a CA', { ca: [Buffer.alloc(80, 7).toString('base64')] }],
        ['no CA', { ca: [] }],
        ['a pin', { pins: [Buffer.alloc(32, 7).toString('base64')] }],
        ['no pin', { pins: [] }],
        ['the CA as a pin', { ca: [], pins: [...trust.ca, ...trust.pins] }],
        ['the policy', { recovery: { policy: 'automatic', approvals: 2, unknownSealCause: 'approval' } }],
        ['the approvals', { recovery: { policy: 'manual', approvals: 1, unknownSealCause: 'approval' } }],
        ['the seal cause', { recovery: { policy: 'manual', approvals: 2, unknownSealCause: 'automatic' } }],
      ] satisfies [string, Partial<TrustBinding>][]
    ).map(([name, over]): [string, Partial<GenerationIdentity>] => [name, { trust: { ...trust, ...over } }]),
  ];

  it.each(identities)('does not open for another identity: %s', async (_field, over) => {
    const { custodian, envelope } = await sealedShare();
    const opened = await openShare({ identity: identity(over), envelope, custodian }, signal);
    expect(opened).toMatchObject({ ok: false, failure: { code: 'tampered', index: 2, recoverable: false } });
  });

  it('does not open where the server name or the policy was taken away', async () => {
    const { custodian, envelope } = await sealedShare();
    for (const field of ['serverName', 'recovery'] as const) {
      const less: TrustBinding = { ...trust };
      delete less[field];
      const opened = await openShare({ identity: identity({ trust: less }), envelope, custodian }, signal);
      expect(opened).toMatchObject({ failure: { code: 'tampered' } });
    }
  });

  const fields: [keyof Envelope, (envelope: Envelope) => Partial<Envelope>][] = [
    ['index', () => ({ index: 3 })],
    ['custodian', () => ({ custodian: 'beta' })],
    ['keyId', ({ keyId }) => ({ keyId: keyId.replace(/1$/, '2') })],
    ['wrap', () => ({ wrap: 'scrypt-A256GCM' })],
    ...(['wrappedKey', 'iv', 'ciphertext', 'tag'] as const).map(
      (field): [keyof Envelope, (envelope: Envelope) => Partial<Envelope>] => [
        field,
        (envelope) => ({ [field]: flipped(envelope[field], 0) }),
      ],
    ),
  ];

  it.each(fields)('does not open with another %s', async (_field, change) => {
    const { custodian, envelope } = await sealedShare();
    const opened = await openShare(
      { identity: identity(), envelope: { ...envelope, ...change(envelope) }, custodian },
      signal,
    );
    expect(opened).toMatchObject({ ok: false, failure: { code: 'tampered' } });
  });

  it('does not open with any one bit changed, cut or spelt otherwise, anywhere in its texts', async () => {
    const { custodian, envelope } = await sealedShare();
    const field = fc.constantFrom(
      'wrappedKey' as const,
      'iv' as const,
      'ciphertext' as const,
      'tag' as const,
    );
    // Of RSA's wrapped key the memory custodian has 48 bytes, then padding.
    const bit = fc.integer({ min: 0, max: 48 * 8 - 1 });
    await fc.assert(
      fc.asyncProperty(
        field,
        bit,
        fc.constantFrom('flip', 'cut', 'longer', 'newline'),
        async (name, at, how) => {
          const value = envelope[name];
          const changed = {
            flip: () => flipped(value, at),
            cut: () => Buffer.from(value, 'base64').subarray(1).toString('base64'),
            longer: () => Buffer.concat([Buffer.from(value, 'base64'), Buffer.alloc(1)]).toString('base64'),
            newline: () => `${value}\n`,
          }[how]();
          const opened = await openShare(
            { identity: identity(), envelope: { ...envelope, [name]: changed }, custodian },
            signal,
          );
          expect(opened).toMatchObject({ ok: false, failure: { code: 'tampered' } });
        },
      ),
      { numRuns: 200 },
    );
  });

  it('does not open when swapped with one of another index, cluster or generation', async () => {
    const custodian = new MemoryCustodian('alpha');
    const others = [{ cluster: 'ledger' }, { generation: 2 }, {}];
    for (const [place, other] of others.entries()) {
      const kept = share(place === 2 ? 3 : 2);
      const sealed = await sealShare(
        { identity: identity(other), share: kept.share, custodian, random: randomBytes },
        signal,
      );
      if (!sealed.ok) throw new Error(sealed.failure.message);
      const swapped = { ...sealed.value, index: 2 };
      expect(await openShare({ identity: identity(), envelope: swapped, custodian }, signal)).toMatchObject({
        failure: { code: 'tampered' },
      });
    }
  });

  it('reports a custodian that refuses as a changed envelope, and every other failure as it is', async () => {
    const { custodian, envelope } = await sealedShare();
    for (const code of [
      'denied',
      'throttled',
      'unavailable',
      'timeout',
      'key-disabled',
      'key-deleted',
      'key-expired',
    ] as const) {
      custodian.failing = () => errorOf(code, { retryAfterMs: 5 });
      expect(await openShare({ identity: identity(), envelope, custodian }, signal)).toEqual({
        ok: false,
        failure: {
          code,
          index: 2,
          custodian: 'alpha',
          message: `it is ${code}`,
          recoverable: false,
          retryAfterMs: 5,
        },
      });
    }
    custodian.failing = () => errorOf('refused');
    expect(await openShare({ identity: identity(), envelope, custodian }, signal)).toMatchObject({
      failure: { code: 'tampered', message: 'it is refused' },
    });
  });
});

describe('what an envelope authenticates', () => {
  const about = { index: 1, custodian: 'alpha', keyId: 'local:alpha', wrap: 'scrypt-A256GCM' as const };
  const text = fc.string({ unit: fc.constantFrom('a', '"', ',', '\0', 'é', '\n'), maxLength: 4 });
  const any = fc.record({
    identity: fc.record({
      cluster: text,
      generation: fc.integer({ min: 1, max: 3 }),
      kind: fc.constantFrom('unseal' as const, 'recovery' as const),
      threshold: fc.integer({ min: 1, max: 3 }),
      count: fc.integer({ min: 1, max: 3 }),
      trust: fc.record(
        {
          addresses: fc.array(text, { maxLength: 2 }),
          ca: fc.array(text, { maxLength: 2 }),
          pins: fc.array(text, { maxLength: 2 }),
          serverName: text,
        },
        { requiredKeys: ['addresses', 'ca', 'pins'] },
      ),
    }),
    index: fc.integer({ min: 1, max: 3 }),
    custodian: text,
    keyId: text,
  });

  it('differs whenever any field differs', () => {
    fc.assert(
      fc.property(any, any, (one, two) => {
        const bytes = ({ identity, ...rest }: typeof one) =>
          additionalData(identity, { ...about, ...rest }).toString('hex');
        expect(bytes(one) === bytes(two)).toBe(JSON.stringify(sorted(one)) === JSON.stringify(sorted(two)));
      }),
      { numRuns: 2000 },
    );
  });

  it('does not let a text run into its neighbour', () => {
    const bytes = (custodian: string, keyId: string) =>
      additionalData(identity(), { ...about, custodian, keyId }).toString('hex');
    expect(bytes('ab', 'c')).not.toBe(bytes('a', 'bc'));
    expect(bytes('', 'abc')).not.toBe(bytes('abc', ''));
  });
});

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}

/** base64 with one bit of its bytes changed. */
function flipped(value: string, bit: number): string {
  const bytes = Buffer.from(value, 'base64');
  const at = bit % (bytes.length * 8);
  bytes[at >> 3] = (bytes[at >> 3] as number) ^ (1 << (at & 7));
  return bytes.toString('base64');
}
