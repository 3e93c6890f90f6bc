import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Custodian, CustodianErrorCode } from '../../shared/escrow/custodian.ts';
import { openThreshold } from '../../shared/escrow/open.ts';
import { Share } from '../../shared/escrow/share.ts';
import { ManualClock } from '../fakes/clock.ts';
import {
  bytesOf,
  calling,
  errorOf,
  formsOf,
  hanging,
  InstantClock,
  type MemoryCustodian,
  type Sealed,
  sealed,
} from './build.ts';

function openWith(
  { generation, custodians }: Sealed,
  over: Partial<Parameters<typeof openThreshold>[0]> = {},
) {
  return openThreshold({ generation, custodians, calling: calling(), ...over });
}

function given(all: Sealed): number {
  return [...all.custodians.values()].reduce((sum, one) => sum + one.given.length, 0);
}

function failOnce(custodian: MemoryCustodian, ...codes: CustodianErrorCode[]): void {
  custodian.failing = () => {
    const code = codes.shift();
    return code ? errorOf(code) : undefined;
  };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('opening a threshold', () => {
  it('opens exactly as many distinct shares as the threshold, in order, and tells by which keys', async () => {
    const all = await sealed();
    const result = await openWith(all);
    if (!result.ok) throw new Error(result.message);
    expect(result.shares).toHaveLength(3);
    expect(new Set(result.shares.map(({ index }) => index)).size).toBe(3);
    for (const one of result.shares) expect(bytesOf(one)).toEqual(all.shares[one.index - 1]?.copy);
    expect(result.shares.map(({ index }) => index)).toEqual(result.opened.map(({ index }) => index));
    expect(result.opened.map(({ keyId }) => keyId)).toEqual(
      result.opened.map(({ custodian }) => all.custodian(custodian).keyId),
    );
    expect(given(all)).toBe(3);
    expect(result.failures).toEqual([]);
  });

  it('asks custodians at the same time, and spreads over them', async () => {
    const all = await sealed();
    await openWith(all);
    expect([...all.custodians.values()].map(({ unwraps }) => unwraps)).toEqual([1, 1, 1]);
    const one = await sealed({}, [{ name: 'alpha', shares: [1, 2, 3, 4, 5] }]);
    await openWith(one);
    expect(one.custodian('alpha')).toMatchObject({ unwraps: 3, mostUnderWay: 3 });
  });

  it('opens fewer where fewer are wanted, and never more than the threshold', async () => {
    const all = await sealed();
    const one = await openWith(all, { want: 1 });
    expect(one.ok && one.shares).toHaveLength(1);
    const many = await openWith(await sealed(), { want: 5 });
    expect(many.ok && many.shares).toHaveLength(3);
  });

  it('takes other shares when a custodian is away', async () => {
    for (const code of ['denied', 'key-disabled', 'key-deleted', 'key-expired'] as const) {
      const all = await sealed();
      all.custodian('alpha').failing = () => errorOf(code);
      const result = await openWith(all);
      if (!result.ok) throw new Error(result.message);
      expect(result.shares.map(({ index }) => index)).toEqual([3, 4, 5]);
      expect(result.failures).toMatchObject([{ custodian: 'alpha', code }]);
      expect(all.custodian('alpha').unwraps).toBe(1);
    }
  });

  it('takes another custodian of the same share', async () => {
    const all = await sealed({ threshold: 2, count: 2 }, [
      { name: 'alpha', shares: [1, 2] },
      { name: 'beta', shares: [1, 2] },
    ]);
    all.custodian('alpha').failing = () => errorOf('denied');
    const result = await openWith(all);
    expect(result.ok && result.opened.map(({ custodian }) => custodian)).toEqual(['beta', 'beta']);
  });

  it('does not wait for a throttled custodian where others can do it', async () => {
    const all = await sealed();
    all.custodian('alpha').failing = () => errorOf('throttled', { retryAfterMs: 20_000 });
    const clock = new InstantClock();
    expect(await openWith(all, { calling: calling({ clock }) })).toMatchObject({ ok: true });
    expect(clock.slept).toEqual([]);
  });

  it('waits as long as the service says, and asks again', async () => {
    const all = await sealed({}, [{ name: 'alpha', shares: [1, 2, 3, 4, 5] }]);
    let throttled = 3;
    all.custodian('alpha').failing = () => {
      throttled -= 1;
      return throttled >= 0 ? errorOf('throttled', { retryAfterMs: 7000 }) : undefined;
    };
    const clock = new InstantClock();
    const result = await openWith(all, { calling: calling({ clock }) });
    expect(result.ok).toBe(true);
    expect(Math.max(...clock.slept)).toBe(7000);
    expect(given(all)).toBe(3);
  });

  it('asks again a little where a custodian is unavailable, and then gives up', async () => {
    const flaky = await sealed({}, [{ name: 'alpha', shares: [1, 2, 3, 4, 5] }]);
    failOnce(flaky.custodian('alpha'), 'unavailable', 'unavailable');
    expect(await openWith(flaky)).toMatchObject({ ok: true });

    const away = await sealed({}, [{ name: 'alpha', shares: [1, 2, 3, 4, 5] }]);
    away.custodian('alpha').failing = () => errorOf('unavailable');
    const result = await openWith(away);
    expect(result).toMatchObject({
      ok: false,
      opened: [],
      failures: [{ custodian: 'alpha', code: 'unavailable' }],
    });
    expect(away.custodian('alpha').unwraps).toBeLessThanOrEqual(9);
  });

  it('does not wait longer than half a minute for anybody', async () => {
    const all = await sealed({}, [{ name: 'alpha', shares: [1, 2, 3, 4, 5] }]);
    all.custodian('alpha').failing = () => errorOf('throttled', { retryAfterMs: 31_000 });
    const clock = new InstantClock();
    expect(await openWith(all, { calling: calling({ clock }) })).toMatchObject({ ok: false });
    expect(clock.slept).toEqual([]);
  });

  it('takes other shares when a custodian hangs, after the time limit of one call', async () => {
    const all = await sealed();
    const clock = new ManualClock();
    const custodians = new Map<string, Custodian>([...all.custodians, ['alpha', hanging('alpha')]]);
    const opening = openWith(all, { custodians, calling: calling({ clock, timeoutMs: 10_000 }) });
    await clock.advance(9999);
    expect(given(all)).toBe(2);
    await clock.advance(1);
    const result = await opening;
    expect(result.ok && result.shares.map(({ index }) => index)).toEqual([3, 4, 5]);
    expect(result.failures).toMatchObject([{ custodian: 'alpha', code: 'timeout' }]);
    expect(clock.sleeping).toBe(0);
  });

  it('names changed envelopes by their index, and opens others instead', async () => {
    const all = await sealed();
    const [one, two, ...rest] = all.generation.envelopes;
    if (!one || !two) throw new Error('no envelopes');
    const generation = {
      ...all.generation,
      envelopes: [{ ...one, ciphertext: two.ciphertext }, two, ...rest],
    };
    const result = await openThreshold({ generation, custodians: all.custodians, calling: calling() });
    if (!result.ok) throw new Error(result.message);
    expect(result.shares.map(({ index }) => index)).not.toContain(1);
    expect(result.failures).toMatchObject([{ code: 'tampered', index: 1, custodian: 'alpha' }]);
  });

  it('calls nobody when too few custodians are at hand', async () => {
    const all = await sealed();
    const result = await openThreshold({
      generation: all.generation,
      custodians: new Map([['alpha', all.custodian('alpha')]]),
      calling: calling(),
    });
    expect(result).toMatchObject({
      ok: false,
      failures: [
        { code: 'not-configured', custodian: 'beta' },
        { code: 'not-configured', custodian: 'gamma' },
      ],
    });
    expect(given(all)).toBe(0);
  });

  it('opens what one custodian can contribute', async () => {
    const all = await sealed();
    const custodians = new Map([['alpha', all.custodian('alpha')]]);
    const result = await openWith(all, { custodians, want: 2 });
    expect(result.ok && result.shares.map(({ index }) => index)).toEqual([1, 2]);
  });

  it('stops opening as soon as the threshold is out of reach, and destroys what it opened', async () => {
    const all = await sealed({}, [
      { name: 'alpha', shares: [1, 2] },
      { name: 'beta', shares: [3, 4, 5] },
    ]);
    all.custodian('beta').failing = () => errorOf('denied');
    const destroy = vi.spyOn(Share.prototype, 'destroy');
    const result = await openWith(all);
    expect(result).toMatchObject({ ok: false, failures: [{ custodian: 'beta', code: 'denied' }] });
    expect(!result.ok && result.message).toMatch(/^\d of 3 shares could be opened: it is denied$/);
    expect(result.opened.length).toBeGreaterThan(0);
    expect(destroy.mock.contexts.map((one) => (one as Share).length)).toEqual(result.opened.map(() => 0));
  });

  it('destroys what it opened when a custodian throws', async () => {
    const all = await sealed();
    all.custodian('gamma').failing = () => {
      throw new Error('a bug');
    };
    const destroy = vi.spyOn(Share.prototype, 'destroy');
    await expect(openWith(all)).rejects.toThrow('a bug');
    expect(destroy.mock.contexts.map((one) => (one as Share).length)).toEqual([0, 0]);
  });

  it('stops when its caller stops it', async () => {
    const all = await sealed();
    const stop = new AbortController();
    all.custodian('alpha').failing = () => {
      stop.abort();
      return errorOf('timeout');
    };
    const result = await openWith(all, { calling: calling({ signal: stop.signal }) });
    expect(result.ok).toBe(false);
    expect(given(all)).toBeLessThanOrEqual(2);
    expect(await openWith(all, { calling: calling({ signal: stop.signal }) })).toMatchObject({
      ok: false,
      opened: [],
    });
  });

  it('never opens more than the threshold, and opens it whenever that can be, whatever fails', async () => {
    const code = fc.constantFrom<CustodianErrorCode | 'works'>(
      'works',
      'works',
      'denied',
      'throttled',
      'unavailable',
      'timeout',
      'key-disabled',
      'refused',
    );
    const holdings = fc.array(fc.uniqueArray(fc.integer({ min: 1, max: 4 }), { minLength: 1 }), {
      minLength: 1,
      maxLength: 3,
    });
    await fc.assert(
      fc.asyncProperty(
        holdings,
        fc.array(fc.array(code), { minLength: 3, maxLength: 3 }),
        fc.integer({ min: 1, max: 4 }),
        async (lists, plans, threshold) => {
          const named = lists.map((shares, place) => ({ name: `c${place}`, shares }));
          const missing = [1, 2, 3, 4].filter((index) => !lists.flat().includes(index));
          const all = await sealed({ threshold, count: 4 }, [
            ...named,
            ...(missing.length > 0 ? [{ name: 'rest', shares: missing }] : []),
          ]);
          for (const [place, { name }] of named.entries()) {
            const plan = [...(plans[place] ?? [])];
            all.custodian(name).failing = () => {
              const next = plan.shift();
              return next && next !== 'works' ? errorOf(next) : undefined;
            };
          }
          const result = await openWith(all);
          expect(given(all)).toBeLessThanOrEqual(threshold);
          if (result.ok) {
            expect(result.shares).toHaveLength(threshold);
            for (const one of result.shares) expect(bytesOf(one)).toEqual(all.shares[one.index - 1]?.copy);
          } else expect(result.failures).not.toEqual([]);
          const sure = all.generation.envelopes.filter(({ custodian }) => {
            const place = named.findIndex(({ name }) => name === custodian);
            return (plans[place] ?? []).every((code) => code === 'works');
          });
          const possible = new Set(sure.map(({ index }) => index)).size >= threshold;
          expect(result.ok || !possible).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('lets no share out in what it returns, prints or says', async () => {
    const all = await sealed();
    all.custodian('beta').failing = () => errorOf('denied');
    const good = await openWith(all);
    all.custodian('gamma').failing = () => errorOf('denied');
    const told = [good, await openWith(all), all.generation]
      .map((one) => inspect(one, { depth: 9, showHidden: true, getters: true }) + JSON.stringify(one))
      .join('\n');
    for (const { copy } of all.shares) for (const form of formsOf(copy)) expect(told).not.toContain(form);
  });
});
