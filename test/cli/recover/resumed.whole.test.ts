/** A contribution that ended in the middle: it is gone on with by its own words, and no share is sent twice. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StateError } from '../../../shared/state/errors.ts';
import { killing } from '../../work/break-glass/killing.ts';
import { Laptop, type Outcome } from '../../work/break-glass/laptop.ts';
import { storageWith } from '../../work/break-glass/stored.ts';

let laptop: Laptop;
const holdings = [
  { name: 'alpha', shares: [1, 2] },
  { name: 'beta', shares: [3, 4] },
  { name: 'gamma', shares: [4, 5] },
];
beforeEach(async () => {
  laptop = await Laptop.open({ holdings, shares: 5, threshold: 4 });
  await laptop.restart();
});
afterEach(() => laptop.close());

/** The words of the line that it says to go on with. */
function words({ lines }: Outcome): string[] {
  const [line = ''] = lines
    .flatMap((all) => all.split('\n'))
    .filter((one) => one.startsWith('  sealwatch recover '));
  return line
    .replace(/^.*?(?=--custodian)/, '')
    .replace(/ --reason.*$/, '')
    .split(' ');
}

/** What the hint about a node that is left alone says to join with. */
function hinted({ text }: Outcome): string[] {
  const hints = [...text.matchAll(/join with (--nonce \S+) (--progress \d+)\./g)];
  return [...hints.flatMap(([, nonce = '']) => nonce.split(' ')), ...(hints[0]?.[2] ?? '').split(' ')];
}

describe.each(['recover', 'fromStorage'] as const)('stopped after its first share (%s)', (way) => {
  let first: Outcome;
  beforeEach(async () => {
    const stop = new AbortController();
    laptop.before.set(2, () => stop.abort());
    first = await laptop[way](['--custodian', 'alpha'], { stop: stop.signal });
    expect(first.code).toBe(1);
    expect(first.text).toContain('Not done: stopped by hand.');
    expect(laptop.sent).toHaveLength(3);
    await laptop.wait(1000);
  });

  it('goes on by the line that it printed, to the end', async () => {
    expect(words(first)).toEqual(expect.arrayContaining(['alpha', '--progress', '1', '--given']));
    const second = await laptop[way](words(first));
    expect(second.text).toContain('Sends share 2 to payments-1');
    expect(second.code).toBe(0);
    const third = await laptop[way](words(second).with(1, 'beta'));
    expect(third.code).toBe(0);
    expect([laptop.sealed, Object.values(laptop.distinct()), laptop.sent.length]).toEqual([
      [],
      [4, 4, 4],
      12,
    ]);
  });

  it('goes on also without --given: its file knows what it sent', async () => {
    const again = await laptop[way](['--custodian', 'alpha']);
    expect(again.text).toContain(
      'By its files, this machine sent what payments-1, payments-2, payments-3 hold.',
    );
    expect(words(again)).toEqual(words(first));
    await laptop.wait(1000);
    const joined = await laptop[way](['--custodian', 'alpha', ...hinted(again)]);
    expect(joined.text).toContain('This set has share 1 from this machine, by its files: not sent again.');
    expect(joined.text).not.toContain('unseal-interference');
    expect(joined.code).toBe(0);
    expect(Object.values(laptop.distinct())).toEqual([2, 2, 2]);
    expect(laptop.sent).toHaveLength(6);
  });

  it('of a set that began anew since, its file says nothing', async () => {
    const { shares } = laptop.simulation.keys;
    for (const node of laptop.names) {
      laptop.stranger(node, { reset: true });
      laptop.stranger(node, { key: shares[4] });
    }
    const again = await laptop[way](['--custodian', 'alpha']);
    expect(again.text).not.toContain('By its files');
    await laptop.wait(1000);
    const joined = await laptop[way](['--custodian', 'alpha', ...hinted(again), '--given', '5']);
    expect(joined.text).toContain('Sends shares 1 2 to payments-1');
    expect(joined.code).toBe(0);
  });
});

describe('killed', () => {
  it.each([
    ['before', 'recover', []],
    ['after', 'recover', []],
    ['torn', 'recover', []],
    // Its row is open: nobody but the person knows that no process works on it any more.
    ['before', 'fromStorage', ['--take-over']],
    ['after', 'fromStorage', ['--take-over']],
  ] as const)(
    '%s any write of its file (%s), it is gone on with, and no share is sent twice to a node',
    async (when, way, takeOver) => {
      for (let n = 1; n < 30; n += 1) {
        await laptop.restart();
        laptop.sent.length = 0;
        const { killed, around, asItWas } = killing(n, when);
        const first = await laptop[way](['--custodian', 'alpha'], { aroundJournal: around });
        await asItWas();
        await laptop.wait(1000);
        if (!killed.file) {
          expect(first.code).toBe(0);
          expect(n).toBeGreaterThan(7);
          return;
        }
        const again = await laptop[way](['--custodian', 'alpha', ...takeOver]);
        await laptop.wait(1000);
        const left = laptop.sent.length > 0 && again.code !== 0;
        if (left) await laptop[way](words(again));
        await laptop.wait(1000);
        const keys = laptop.sent.map(({ node, key }) => `${node} ${key}`);
        expect(new Set(keys).size, `write ${n}`).toBe(keys.length);
        expect(Object.values(laptop.distinct()), `write ${n}`).toEqual([2, 2, 2]);
      }
      expect.unreachable('it never ended');
    },
  );
});

describe('storage that goes away in the middle', () => {
  it('leaves the envelopes and the words to go on without it', async () => {
    const first = await laptop.fromStorage(['--custodian', 'alpha'], {
      storage: storageWith(laptop.state, ({ intents }) => {
        if (intents.length > 3) throw new StateError('unavailable', 'table recoveries: no answer');
      }),
    });
    expect(first.code).toBe(1);
    const [, file = ''] = /kept in (\S+\.envelopes\.json)\./.exec(first.text) ?? [];
    expect(first.text).toContain(`--envelopes ${file} --without-state --custodian alpha --reason "…"`);
    expect(first.text).toContain('--envelopes FILE --without-state --custodian alpha --nonce');
    await laptop.wait(1000);
    const args = ['--cluster', 'payments', '--envelopes', file, '--without-state', '--reason', 'night'];
    const second = await laptop.run([...args, ...words(first)]);
    expect(second.text).toContain('Sends share 2 to payments-1');
    expect(second.code).toBe(0);
    expect(Object.values(laptop.distinct())).toEqual([2, 2, 2]);
  });
});
