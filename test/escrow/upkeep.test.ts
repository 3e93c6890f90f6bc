import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openThreshold } from '../../shared/escrow/open.ts';
import { readGeneration } from '../../shared/escrow/read.ts';
import { reseal } from '../../shared/escrow/reseal.ts';
import { Share } from '../../shared/escrow/share.ts';
import { type UpkeepRequest, verify } from '../../shared/escrow/upkeep.ts';
import { generationBytes } from '../../shared/escrow/write.ts';
import { bytesOf, calling, errorOf, night, type Sealed, sealed, trust } from './build.ts';

const day = 24 * 3_600_000;

function look({ generation, custodians }: Sealed, over: Partial<UpkeepRequest> = {}) {
  return verify({ generation, custodians, trust, now: night, calling: calling(), ...over });
}

/** Indexes of the shares that are destroyed now. */
function destroyed({ mock }: { mock: { contexts: unknown[] } }): number[] {
  return mock.contexts
    .map((one) => one as Share)
    .filter(({ length }) => length === 0)
    .map(({ index }) => index);
}

afterEach(() => {
  vi.restoreAllMocks();
});

const made = { createdAt: night + day, createdBy: 'app:recover' };
const sealing = ({ custodians }: Sealed) => ({ custodians, random: randomBytes, calling: calling() });

describe('upkeep', () => {
  it('opens every envelope, one at a time, leaves nothing open, and says nothing of a sound generation', async () => {
    const all = await sealed();
    const destroy = vi.spyOn(Share.prototype, 'destroy');
    expect(await look(all)).toEqual([]);
    expect(destroyed(destroy)).toEqual([1, 2, 3, 4, 5]);
    for (const custodian of all.custodians.values()) {
      expect(custodian.mostUnderWay).toBe(1);
      expect(custodian.given.every((key) => key.every((byte) => byte === 0))).toBe(true);
    }
    expect([...all.custodians.values()].map(({ unwraps }) => unwraps)).toEqual([2, 2, 1]);
  });

  it.each([
    ['unavailable', 'custodian-away'],
    ['timeout', 'custodian-away'],
    ['throttled', 'custodian-away'],
    ['denied', 'denied'],
    ['key-disabled', 'key-disabled'],
    ['key-deleted', 'key-deleted'],
  ] as const)('tells once of a custodian whose key is %s', async (code, problem) => {
    const all = await sealed();
    all.custodian('beta').failing = () => errorOf(code);
    expect(await look(all)).toEqual([{ custodian: 'beta', code: problem, message: `it is ${code}` }]);
  });

  it('asks again before it calls a custodian away', async () => {
    const all = await sealed();
    let away = 2;
    all.custodian('beta').failing = () => {
      away -= 1;
      return away >= 0 ? errorOf('unavailable') : undefined;
    };
    expect(await look(all)).toEqual([]);
  });

  it('tells of a custodian that fleet.yaml no longer names', async () => {
    const all = await sealed();
    const custodians = new Map([...all.custodians].filter(([name]) => name !== 'gamma'));
    expect(await look(all, { custodians })).toMatchObject([{ custodian: 'gamma', code: 'custodian-away' }]);
  });

  it('names the share whose envelope was changed', async () => {
    const all = await sealed();
    const [one, two, ...rest] = all.generation.envelopes;
    if (!one || !two) throw new Error('no envelopes');
    const generation = { ...all.generation, envelopes: [one, { ...two, iv: one.iv }, ...rest] };
    expect(await look(all, { generation })).toMatchObject([
      { index: 2, custodian: 'alpha', code: 'tampered' },
    ]);
  });

  it('tells of a key that ends within 30 days, of one that has ended, and of no other', async () => {
    const all = await sealed();
    const at = async (expiresAt: number) => {
      all.custodian('gamma').state = { expiresAt };
      return look(all);
    };
    expect(await at(night + 31 * day)).toEqual([]);
    expect(await at(night + 29 * day)).toMatchObject([
      {
        custodian: 'gamma',
        code: 'key-expiring',
        message: expect.stringContaining('expires on 2026-12-21') as string,
      },
    ]);
    expect(await at(night - day)).toMatchObject([
      { code: 'key-expiring', message: expect.stringContaining('expired on 2026-11-21') as string },
    ]);
  });

  it('tells of shares that an older key version wraps, and of that version being disabled', async () => {
    const all = await sealed();
    all.custodian('alpha').version = 2;
    all.custodian('alpha').failing = (call, keyId) =>
      call === 'facts' && keyId?.endsWith('1') ? errorOf('key-disabled') : undefined;
    expect(await look(all)).toMatchObject([
      {
        custodian: 'alpha',
        code: 'old-key-version',
        message: expect.stringContaining('shares 1, 2 of custodian') as string,
      },
      { custodian: 'alpha', code: 'key-disabled' },
    ]);
  });

  it('tells how fleet.yaml differs from what the shares are bound to', async () => {
    const all = await sealed();
    const now = { ...trust, addresses: [...trust.addresses, 'https://vault-2.example.com:8200'] };
    const [problem] = await look(all, { trust: now });
    expect(problem).toMatchObject({ code: 'trust-changed' });
    expect(problem?.message).toContain('address added: https://vault-2.example.com:8200');
  });

  it('tells of a custodian that must not be lost', async () => {
    const all = await sealed({}, [{ name: 'only', shares: [1, 2, 3, 4, 5] }]);
    expect(await look(all)).toMatchObject([{ custodian: 'only', code: 'single-point' }]);
  });
});

describe('a resealed generation', () => {
  it('is the next revision under the newest key versions', async () => {
    const all = await sealed();
    all.custodian('alpha').version = 2;
    const result = await reseal({ generation: all.generation, made }, sealing(all));
    if (!result.ok) throw new Error(result.problems.join('; '));
    expect(result.generation).toMatchObject({ generation: 1, revision: 2, ...made });
    expect(readGeneration(generationBytes(result.generation))).toMatchObject({ ok: true });
    expect(await look({ ...all, generation: result.generation })).toEqual([]);
    const opened = await openThreshold({
      generation: result.generation,
      custodians: all.custodians,
      calling: calling(),
    });
    expect(
      opened.ok &&
        opened.shares.every((one) => bytesOf(one).equals(all.shares[one.index - 1]?.copy as Buffer)),
    ).toBe(true);
  });

  it('opens one share at a time, once each, and zeroes every key', async () => {
    const all = await sealed();
    const destroy = vi.spyOn(Share.prototype, 'destroy');
    await reseal({ generation: all.generation, made }, sealing(all));
    expect(destroyed(destroy)).toEqual([1, 2, 3, 4, 5]);
    const custodians = [...all.custodians.values()];
    expect(custodians.map(({ unwraps }) => unwraps)).toEqual([2, 2, 1]);
    expect(custodians.every(({ mostUnderWay }) => mostUnderWay === 1)).toBe(true);
    expect(custodians.flatMap(({ given }) => given).every((key) => key.every((byte) => byte === 0))).toBe(
      true,
    );
  });

  it('binds the new trust after a rebind: the old one no longer opens it', async () => {
    const all = await sealed();
    const now = { ...trust, addresses: ['https://vault-9.example.com:8200'] };
    const result = await reseal({ generation: all.generation, trust: now, made }, sealing(all));
    if (!result.ok) throw new Error(result.problems.join('; '));
    expect(result.generation.trust).toEqual(now);
    const { custodians } = all;
    expect(
      await openThreshold({ generation: result.generation, custodians, calling: calling() }),
    ).toMatchObject({ ok: true });
    const mixed = { ...result.generation, trust };
    expect(await openThreshold({ generation: mixed, custodians, calling: calling() })).toMatchObject({
      ok: false,
      failures: expect.arrayContaining([expect.objectContaining({ code: 'tampered' })]) as unknown,
    });
  });

  it('moves shares to other custodians', async () => {
    const all = await sealed();
    const holdings = [
      { name: 'alpha', shares: [1, 2, 3] },
      { name: 'gamma', shares: [3, 4, 5] },
    ];
    const result = await reseal({ generation: all.generation, holdings, made }, sealing(all));
    if (!result.ok) throw new Error(result.problems.join('; '));
    expect(result.generation.envelopes.map(({ index, custodian }) => `${index} ${custodian}`)).toEqual([
      '1 alpha',
      '2 alpha',
      '3 alpha',
      '3 gamma',
      '4 gamma',
      '5 gamma',
    ]);
  });

  it('is nothing at all when one share cannot be opened, sealed or placed', async () => {
    const all = await sealed();
    all.custodian('gamma').failing = (call) => (call === 'unwrap' ? errorOf('denied') : undefined);
    expect(await reseal({ generation: all.generation, made }, sealing(all))).toMatchObject({
      ok: false,
      failures: [{ index: 5, custodian: 'gamma', code: 'denied' }],
    });
    all.custodian('gamma').failing = (call) => (call === 'wrap' ? errorOf('key-expired') : undefined);
    expect(await reseal({ generation: all.generation, made }, sealing(all))).toMatchObject({
      ok: false,
      failures: [{ code: 'key-expired' }],
    });
    const holdings = [{ name: 'alpha', shares: [1, 2, 3, 4] }];
    expect(await reseal({ generation: all.generation, holdings, made }, sealing(all))).toMatchObject({
      ok: false,
      problems: [expect.stringContaining('share 5 has no custodian') as string],
    });
    const nobody = [{ name: 'delta', shares: [1, 2, 3, 4, 5] }];
    expect(await reseal({ generation: all.generation, holdings: nobody, made }, sealing(all))).toMatchObject({
      ok: false,
      failures: [{ code: 'not-configured', custodian: 'delta' }],
    });
  });

  it('uses another custodian of a share where the first is away', async () => {
    const all = await sealed({ threshold: 2, count: 2 }, [
      { name: 'alpha', shares: [1, 2] },
      { name: 'beta', shares: [1, 2] },
    ]);
    all.custodian('alpha').failing = (call) => (call === 'unwrap' ? errorOf('key-disabled') : undefined);
    expect(await reseal({ generation: all.generation, made }, sealing(all))).toMatchObject({ ok: true });
  });
});
