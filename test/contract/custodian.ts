/** What every kind of custodian does. */
import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Custodian, Wrapped } from '../../shared/escrow/custodian.ts';
import { formsOf } from '../escrow/build.ts';

export interface CustodiansUnderTest {
  custodian: Custodian;
  /** Of the same kind, with another key. */
  other: Custodian;
  close(): Promise<void>;
}

export function custodianContract(kind: string, start: () => Promise<CustodiansUnderTest>): void {
  describe(`a ${kind} custodian`, () => {
    let under: CustodiansUnderTest;
    beforeAll(async () => {
      under = await start();
    });
    afterAll(() => under.close());

    const signal = () => new AbortController().signal;
    async function wrapped(key: Buffer, by = under.custodian): Promise<Wrapped> {
      const result = await by.wrap(key, signal());
      if (!result.ok) throw new Error(result.error.message);
      return result.value;
    }

    it('unwraps what it wrapped, and leaves its giver the key', async () => {
      const key = randomBytes(32);
      const copy = Buffer.from(key);
      const sealed = await wrapped(key);
      expect(key).toEqual(copy);
      const opened = await under.custodian.unwrap(sealed, signal());
      expect(opened).toEqual({ ok: true, value: copy });
    });

    it('unwraps several at the same time, each into a buffer of its own', async () => {
      const keys = [randomBytes(32), randomBytes(32), randomBytes(32)];
      const all = await Promise.all(keys.map((key) => wrapped(key)));
      const opened = await Promise.all(all.map((one) => under.custodian.unwrap(one, signal())));
      if (opened[0]?.ok) opened[0].value.fill(0);
      expect(opened.slice(1)).toEqual(keys.slice(1).map((value) => ({ ok: true, value })));
    });

    it('never wraps the same key into the same bytes', async () => {
      const key = randomBytes(32);
      const [one, two] = [await wrapped(key), await wrapped(key)];
      expect(one.wrappedKey.equals(two.wrappedKey)).toBe(false);
    });

    it.each([
      ['its first byte', 0],
      ['a byte in its middle', 0.5],
      ['its last byte', 0.999],
    ])('refuses a wrapped key of which %s was changed', async (_which, part) => {
      const sealed = await wrapped(randomBytes(32));
      const changed = Buffer.from(sealed.wrappedKey);
      const at = Math.floor(changed.length * part);
      changed[at] = (changed[at] as number) ^ 1;
      const result = await under.custodian.unwrap({ ...sealed, wrappedKey: changed }, signal());
      expect(result).toMatchObject({ ok: false, error: { code: 'refused', recoverable: false } });
    });

    it.each<[string, (sealed: Wrapped) => Partial<Wrapped>]>([
      ['cut', ({ wrappedKey }) => ({ wrappedKey: wrappedKey.subarray(0, -1) })],
      ['empty', () => ({ wrappedKey: Buffer.alloc(0) })],
      [
        'said to be wrapped in another way',
        ({ wrap }) => ({ wrap: wrap === 'RSA-OAEP-256' ? 'scrypt-A256GCM' : 'RSA-OAEP-256' }),
      ],
      ['under no key id', () => ({ keyId: '' })],
      [
        'under a key id that is no key of it',
        () => ({ keyId: 'https://elsewhere.example.com/keys/escrow/1' }),
      ],
    ])('refuses a wrapped key that is %s', async (_what, change) => {
      const sealed = await wrapped(randomBytes(32));
      const result = await under.custodian.unwrap({ ...sealed, ...change(sealed) }, signal());
      expect(result).toMatchObject({ ok: false, error: { code: 'refused' } });
    });

    it('refuses a wrapped key with a leading zero more, or a first byte less: to RSA it can be the same number', async () => {
      const sealed = await wrapped(randomBytes(32));
      const zero = { ...sealed, wrappedKey: Buffer.concat([Buffer.alloc(1), sealed.wrappedKey]) };
      for (const changed of [zero, { ...sealed, wrappedKey: sealed.wrappedKey.subarray(1) }]) {
        const result = await under.custodian.unwrap(changed, signal());
        expect(result).toMatchObject({ ok: false, error: { code: 'refused' } });
      }
    });

    it("refuses another one's wrapped key, also under its own key id", async () => {
      const key = randomBytes(32);
      const [own, foreign] = [await wrapped(key), await wrapped(key, under.other)];
      for (const keyId of [own.keyId, foreign.keyId]) {
        const result = await under.custodian.unwrap({ ...foreign, keyId }, signal());
        expect(result).toMatchObject({ ok: false, error: { code: 'refused' } });
      }
    });

    it('names the key that it wraps with, and knows its state', async () => {
      const { keyId } = await wrapped(randomBytes(32));
      const facts = { ok: true, value: { keyId, enabled: true } };
      expect(await under.custodian.facts(undefined, signal())).toEqual(facts);
      expect(await under.custodian.facts(keyId, signal())).toEqual(facts);
      expect(await under.custodian.facts('local:nobody', signal())).toMatchObject({
        ok: false,
        error: { code: 'refused' },
      });
    });

    it('ends each call as timeout when its signal aborts', async () => {
      const sealed = await wrapped(randomBytes(32));
      const calls = [
        (stop: AbortSignal) => under.custodian.wrap(randomBytes(32), stop),
        (stop: AbortSignal) => under.custodian.unwrap(sealed, stop),
        (stop: AbortSignal) => under.custodian.facts(undefined, stop),
      ];
      for (const call of calls) {
        const stop = new AbortController();
        const running = call(stop.signal);
        stop.abort();
        const late = { ok: false, error: { code: 'timeout', recoverable: true } };
        expect(await running).toMatchObject(late);
        expect(await call(stop.signal)).toMatchObject(late);
      }
    });

    it('tells who it is and nothing of the keys, in all that it says', async () => {
      const key = randomBytes(32);
      const sealed = await wrapped(key);
      const changed = Buffer.from(sealed.wrappedKey).fill(7, 40);
      const said = [
        await under.custodian.unwrap({ ...sealed, wrappedKey: changed }, signal()),
        await under.custodian.unwrap({ ...sealed, keyId: 'local:nobody' }, signal()),
        under.custodian,
        sealed,
      ];
      const told = said
        .map((one) => inspect(one, { depth: 9, showHidden: true }) + JSON.stringify(one))
        .join('\n');
      expect(told).toContain(under.custodian.name);
      for (const form of formsOf(key)) expect(told).not.toContain(form);
    });
  });
}
