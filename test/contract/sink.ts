/** What every sink does: those that hold a value, and those that are told of one. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type {
  Did,
  NoticeSink,
  RotationFailure,
  Slot,
  Stamp,
  StoreSink,
} from '../../shared/rotation/rotation.ts';
import { leaks } from '../fakes/hostile/disguises.ts';

export const stamp: Stamp = {
  rotation: 'payments.0f3c5a7e',
  cluster: 'payments',
  kind: 'transit-token',
  endsAt: Date.UTC(2027, 0, 31, 12),
};

export interface StoreSinkUnderTest {
  /** The same place each time, as each run of the app makes it. */
  sink: () => StoreSink;
  /** What a node finds there, asked without the sink. */
  found: (slot: Slot) => Promise<string | undefined>;
  /** Each brings the next calls to fail, reads or writes. */
  troubles: [what: string, cause: () => Promise<void>, code: RotationFailure][];
  /** A write that gets as far as it can without effect, in a process that dies there. */
  killedWrite: (slot: Slot, value: Buffer) => Promise<void>;
  heal: () => Promise<void>;
  close: () => Promise<void>;
}

const slots = ['live', 'next', 'previous'] as const;
const [first, second] = ['hvs.CAESIJ-the-first/value+=', 'hvs.CAESIK-the-second?value&%'] as const;

export function storeSinkContract(
  kind: string,
  troubles: string[],
  start: () => Promise<StoreSinkUnderTest>,
): void {
  describe(`a ${kind} that holds values`, () => {
    let under: StoreSinkUnderTest;
    beforeEach(async () => {
      under = await start();
    });
    afterEach(async () => {
      await under.heal();
      await under.close();
    });

    const write = async (slot: Slot, value: string): Promise<string> =>
      done(await under.sink().write(slot, Buffer.from(value), stamp));
    const read = async (slot: Slot): Promise<string | undefined> =>
      done(await under.sink().read(slot))?.toString();
    const all = async () =>
      Promise.all(slots.map(async (slot) => [await read(slot), await under.found(slot)]));

    it('is empty before anything is written', async () => {
      expect(await all()).toEqual(slots.map(() => [undefined, undefined]));
    });

    it('keeps its three slots apart', async () => {
      for (const slot of slots) await write(slot, `${first} of ${slot}`);
      await write('next', second);
      expect(await all()).toEqual([
        [`${first} of live`, `${first} of live`],
        [second, second],
        [`${first} of previous`, `${first} of previous`],
      ]);
    });

    it.each([
      first,
      'a',
      ' white space around it \n',
      'ünï ✓ 𝄞',
      'x'.repeat(4096),
      '~ab8Q~with"quotes\\and\ttabs',
    ])('gives back exactly what it was given: %j', async (value) => {
      await write('live', value);
      expect(await read('live')).toBe(value);
      expect(await under.found('live')).toBe(value);
    });

    it('says where a value is, and leaves its giver the value', async () => {
      const value = Buffer.from(first);
      const where = done(await under.sink().write('live', value, stamp));
      expect(where).not.toBe('');
      expect(leaks(where, [first])).toEqual([]);
      expect(value.toString()).toBe(first);
    });

    it('takes the same value twice, also in another run, and says the same of it', async () => {
      const sink = under.sink();
      const where = done(await sink.write('live', Buffer.from(first), stamp));
      expect(done(await sink.write('live', Buffer.from(first), stamp))).toBe(where);
      expect(await write('live', first)).toBe(where);
      expect(await read('live')).toBe(first);
    });

    it('goes back to the value before', async () => {
      for (const value of [first, second, first]) await write('live', value);
      expect([await read('live'), await under.found('live')]).toEqual([first, first]);
    });

    it('clears one slot, twice as well as once, and fills it again', async () => {
      for (const slot of slots) await write(slot, `${first} of ${slot}`);
      done(await under.sink().clear('next'));
      done(await under.sink().clear('next'));
      expect(await all()).toEqual([
        [`${first} of live`, `${first} of live`],
        [undefined, undefined],
        [`${first} of previous`, `${first} of previous`],
      ]);
      await write('next', `${first} of next`);
      expect(await read('next')).toBe(`${first} of next`);
    });

    it('hands out copies: one that is zeroed changes no other', async () => {
      await write('live', first);
      const sink = under.sink();
      done(await sink.read('live'))?.fill(0);
      expect(done(await sink.read('live'))?.toString()).toBe(first);
    });

    it('refuses an empty value', async () => {
      await write('live', first);
      expect(await under.sink().write('live', Buffer.alloc(0), stamp)).toMatchObject({
        ok: false,
        code: 'wrong',
      });
      expect(await read('live')).toBe(first);
    });

    it.each(slots)('shows the old value of %s after a run that was killed in its write', async (slot) => {
      await write(slot, first);
      await under.killedWrite(slot, Buffer.from(second));
      await under.heal();
      expect([await read(slot), await under.found(slot)]).toEqual([first, first]);
      await write(slot, second);
      expect([await read(slot), await under.found(slot)]).toEqual([second, second]);
    });

    it('was killed in the first write ever, and is empty', async () => {
      await under.killedWrite('live', Buffer.from(first));
      await under.heal();
      expect([await read('live'), await under.found('live')]).toEqual([undefined, undefined]);
      done(await under.sink().clear('next'));
      expect(await write('live', first)).not.toBe('');
    });

    it.each(troubles)('%s: says so in closed words, changes nothing and tells no value', async (what) => {
      await write('live', first);
      const trouble = under.troubles.find(([name]) => name === what);
      if (!trouble) throw new Error(`no trouble "${what}"`);
      const [, cause, code] = trouble;
      await cause();
      const failed = await under.sink().write('live', Buffer.from(second), stamp);
      expect(failed).toMatchObject({
        ok: false,
        code,
        detail: expect.stringMatching(/^sink "\S+": .{10}/) as string,
      });
      expect(leaks(failed, [first, second])).toEqual([]);
      await under.heal();
      expect([await read('live'), await under.found('live')]).toEqual([first, first]);
      await write('live', second);
      expect(await read('live')).toBe(second);
    });
  });
}

export interface NoticeSinkUnderTest {
  sink: NoticeSink;
  /** What came, whatever was answered: the id of the delivery and all of the request. */
  received: () => { id: string; whole: unknown; body: string }[];
  troubles: [what: string, cause: () => void, code: RotationFailure][];
  heal: () => void;
  /** What no word of it may hold: signing keys, the secret part of an address. */
  secrets: string[];
  close: () => Promise<void>;
}

const reference =
  'keyvault:https://kv-seals.vault.azure.net/secrets/payments/0123456789abcdef0123456789abcdef';
const wrappingToken = 'hvs.CAESIL-a-wrapping-token';

export function noticeSinkContract(
  kind: string,
  troubles: string[],
  start: () => Promise<NoticeSinkUnderTest>,
): void {
  describe(`a ${kind} that is told`, () => {
    let under: NoticeSinkUnderTest;
    beforeEach(async () => {
      under = await start();
    });
    afterEach(() => under.close());

    it('is told once where the credential is, whose it is and when it ends', async () => {
      const told = await under.sink.tell({ reference }, stamp, 'payments-1');
      expect(told).toMatchObject({ ok: true });
      expect(under.received()).toMatchObject([{ id: 'payments-1' }]);
      const body = under.received()[0]?.body ?? '';
      for (const part of [reference, stamp.rotation, 'payments', 'transit-token', '2027-01-31T12:00:00.000Z'])
        expect(body).toContain(part);
    });

    it('is given a wrapping token with its TTL, and tells it to nobody else', async () => {
      const told = await under.sink.tell({ wrappingToken, ttlSeconds: 900 }, stamp, 'payments-2');
      expect(told).toMatchObject({ ok: true });
      expect(under.received()[0]?.body).toContain(wrappingToken);
      expect(under.received()[0]?.body).toContain('900');
      expect(leaks(told, [wrappingToken, ...under.secrets])).toEqual([]);
    });

    it('is told the same under the same id at each try', async () => {
      await under.sink.tell({ reference }, stamp, 'payments-3');
      await under.sink.tell({ reference }, stamp, 'payments-3');
      const [one, two] = under.received();
      expect(one).toMatchObject({ id: 'payments-3', body: two?.body });
      expect(two).toMatchObject({ id: 'payments-3' });
    });

    it.each(troubles)('%s: says so in closed words, after one try, and tells no secret', async (what) => {
      const trouble = under.troubles.find(([name]) => name === what);
      if (!trouble) throw new Error(`no trouble "${what}"`);
      const [, cause, code] = trouble;
      cause();
      const failed = await under.sink.tell({ wrappingToken, ttlSeconds: 900 }, stamp, 'payments-4');
      expect(failed).toMatchObject({
        ok: false,
        code,
        detail: expect.stringMatching(/^sink "\S+": .{10}/) as string,
      });
      expect(leaks(failed, [wrappingToken, ...under.secrets])).toEqual([]);
      const tries = under.received().length;
      expect(tries).toBeLessThanOrEqual(1);
      under.heal();
      expect(await under.sink.tell({ wrappingToken, ttlSeconds: 900 }, stamp, 'payments-4')).toMatchObject({
        ok: true,
      });
      expect(under.received().map(({ id }) => id)).toEqual(Array<string>(tries + 1).fill('payments-4'));
    });
  });
}

/** What was done, or a failed test with the reason. */
export function done<T>(did: Did<T>): T {
  if (did.ok) return did.value;
  throw new Error(`${did.code}: ${did.detail}`);
}
