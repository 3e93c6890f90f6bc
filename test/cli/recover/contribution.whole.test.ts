/** Several people, each with a custodian of their own, each at their own laptop. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Custodian } from '../../../shared/escrow/custodian.ts';
import { Laptop, type Outcome, strangersShare } from '../../work/break-glass/laptop.ts';

let laptop: Laptop;
const holdings = [
  { name: 'alpha', shares: [1, 2] },
  { name: 'beta', shares: [2, 3] },
  { name: 'gamma', shares: [4, 5] },
];
beforeEach(async () => {
  laptop = await Laptop.open({ holdings, shares: 5, threshold: 4 });
  await laptop.restart();
});
afterEach(() => laptop.close());

/** Who holds one custodian's key and no other. */
function person(name: string, extra: string[] = []): Promise<Outcome> {
  const own = laptop.custodians.get(name);
  const custodians = async () => new Map<string, Custodian>(own ? [[name, own]] : []);
  return laptop.recover(['--custodian', name, ...extra], {
    person: { user: name, host: `laptop-of-${name}` },
    world: { custodians },
  });
}

/** What the person before read out, as they would type it. */
function readOut({ text }: Outcome): string[] {
  const line = text.split('\n').find((one) => one.includes('--custodian NAME')) ?? '';
  return [...line.matchAll(/--(?:nonce|progress|given) \S+/g)].flatMap(([pair]) => pair.split(' '));
}

describe('three people', () => {
  it('unseal together: each gives their shares, the last one waits until the cluster serves', async () => {
    const first = await person('alpha');
    expect(first.code).toBe(0);
    expect(first.text).toContain('2 more to go. Read this out to the next person:');
    expect(laptop.sealed).toEqual(laptop.names);
    // Beta holds share 2 too, and it was given: only share 3 is sent.
    const second = await person('beta', readOut(first));
    expect(second.text).toContain('Sends share 3 to payments-1');
    expect(second.code).toBe(0);
    const third = await person('gamma', readOut(second));
    expect(third.text).toContain('Sends share 4 to payments-1');
    expect(third.text).toMatch(/Done: 3 of 3 nodes serving, after \d+ s/);
    expect(third.code).toBe(0);
    expect(laptop.sealed).toEqual([]);
    expect(Object.values(laptop.distinct())).toEqual([4, 4, 4]);
  });

  it('each leave who, which key and which intents in a file of their own', async () => {
    const first = await person('alpha');
    await laptop.wait(1000);
    await person('beta', readOut(first));
    const files = await laptop.journals();
    expect(files).toHaveLength(2);
    const entries = await laptop.entries(files[1]);
    const audit = entries.flatMap((entry) => (entry.kind === 'audit' ? [entry.value] : []));
    expect(new Set(audit.map(({ who }) => who))).toEqual(new Set(['break-glass:beta@laptop-of-beta']));
    expect(audit.filter(({ what }) => what === 'key-opened')).toMatchObject([
      { facts: { custodian: 'beta', index: 3 } },
    ]);
    const intents = entries.flatMap((entry) => (entry.kind === 'intents' ? entry.value : []));
    expect(intents.map(({ index, position, nonce }) => [index, position, typeof nonce])).toEqual([
      [3, 3, 'string'],
      [3, 3, 'string'],
      [3, 3, 'string'],
    ]);
  });

  it('may read out the first 8 characters of a nonce', async () => {
    const words = readOut(await person('alpha')).map((word) =>
      /^[0-9a-f]{8}-/.test(word) ? word.slice(0, 8) : word,
    );
    expect((await person('beta', words)).code).toBe(0);
  });
});

describe('a contribution', () => {
  it('without words of another one leaves nodes alone that hold shares, and names the way to join', async () => {
    await person('alpha');
    const sent = laptop.sent.length;
    const { code, text } = await person('beta');
    expect(code).toBe(1);
    expect(text).toMatch(
      /payments-1 holds 2 shares already: left alone\..*--nonce [0-9a-f-]{36} --progress 2/,
    );
    expect(text).toContain('nothing was opened or sent');
    expect(laptop.sent).toHaveLength(sent);
  });

  it('leaves a node alone that somebody else has sent to since, and goes on with the others', async () => {
    const first = await person('alpha');
    laptop.stranger('payments-1', { key: strangersShare() });
    const { text } = await person('beta', readOut(first));
    expect(text).toContain('payments-1 holds 3 shares and not the 2 that were read out');
    expect(text).toContain('Sends share 3 to payments-2');
    expect(laptop.sent.filter(({ node }) => node === 'payments-1')).toHaveLength(2);
  });

  it('leaves a node alone whose set began anew', async () => {
    const first = await person('alpha');
    laptop.stranger('payments-1', { reset: true });
    laptop.stranger('payments-1', { key: laptop.simulation.keys.shares[0] });
    laptop.stranger('payments-1', { key: laptop.simulation.keys.shares[1] });
    const { text } = await person('beta', readOut(first));
    expect(text).toMatch(/payments-1 holds 2 shares under [0-9a-f-]{36}, which was not read out: left alone/);
  });

  it('that somebody spoils while it is sent stops there, tells, and marks nothing', async () => {
    const first = await person('alpha');
    laptop.before.set(laptop.sent.length + 1, () => {
      for (const node of laptop.names) laptop.stranger(node, { key: strangersShare() });
    });
    const { code, text } = await person('gamma', readOut(first));
    expect(code).toBe(1);
    expect(text).toContain('payments-1: unseal-interference');
    expect(laptop.sent.filter(({ node }) => node === 'payments-1')).toHaveLength(3);
    for (const path of await laptop.journals()) {
      expect((await laptop.entries(path)).filter(({ kind }) => kind === 'generation')).toEqual([]);
    }
  });

  it('whose set is refused at its end marks nothing: the wrong share may be of anybody', async () => {
    for (const number of [200, 201]) laptop.stranger('payments-1', { key: strangersShare(number) });
    const seal = laptop.simulation.request('payments-1', { method: 'GET', path: 'sys/seal-status' });
    const { nonce } = JSON.parse('body' in seal ? seal.body : '{}') as { nonce: string };
    const { code, text } = await person('gamma', ['--nonce', nonce, '--progress', '2']);
    expect(code).toBe(1);
    expect(text).toContain('No generation is marked by this');
    expect((await laptop.entries()).filter(({ kind }) => kind === 'generation')).toEqual([]);
  });

  it('opens no other custodian, and no more than the set still needs', async () => {
    const first = await person('alpha');
    const second = await person('beta', readOut(first));
    await person('gamma', readOut(second));
    const unwraps = [...laptop.custodians.values()].map((one) => 'unwraps' in one && one.unwraps);
    expect(unwraps).toEqual([2, 1, 1]);
  });

  it('of a custodian whose shares were all given sends nothing', async () => {
    const { code, text } = await person('beta', [...readOut(await person('alpha')), '--given', '1,2,3']);
    expect(code).toBe(1);
    expect(text).toContain('custodian beta holds no share that was not given yet');
    expect(laptop.sent).toHaveLength(6);
  });

  it.each([
    ['a name that the envelopes do not know', () => 'delta'],
    ['a share', () => laptop.simulation.keys.shares[0] ?? ''],
  ])('of %s is refused before anything is opened, and the word is nowhere', async (_what, word) => {
    const { code, text } = await person(word());
    expect(code).toBe(1);
    expect(text).toContain('no custodian of that name; theirs are alpha, beta, gamma');
    expect(text).not.toContain(word());
    expect([laptop.sent, await laptop.journals()]).toEqual([[], []]);
  });

  it('looks again after the question: what somebody did meanwhile is left alone, and no key is opened', async () => {
    const [one = '', two = '', three = ''] = laptop.names;
    const { shares } = laptop.simulation.keys;
    const { code, text } = await laptop.recover(['--custodian', 'alpha'], {
      aroundJournal: (journal) => {
        for (const node of [one, two]) {
          for (const key of shares.slice(0, 4)) laptop.stranger(node, { key });
        }
        laptop.stranger(three, { key: shares[4] });
        return journal;
      },
    });
    expect(code).toBe(1);
    expect(text).toContain(`${three} holds 1 shares already: left alone`);
    expect(laptop.sent).toEqual([]);
    expect([...laptop.custodians.values()].map((each) => 'unwraps' in each && each.unwraps)).toEqual([
      0, 0, 0,
    ]);
  });

  it('has nothing to do where somebody unsealed all of it meanwhile', async () => {
    const { code, text } = await laptop.recover(['--custodian', 'alpha'], {
      aroundJournal: (journal) => {
        for (const node of laptop.names) {
          for (const key of laptop.simulation.keys.shares.slice(0, 4)) laptop.stranger(node, { key });
        }
        laptop.clock.time += 30_000;
        return journal;
      },
    });
    expect({ code, sent: laptop.sent }).toEqual({ code: 0, sent: [] });
    expect(text).toContain('Done: ');
  });

  it('is not confirmed by anything but the name of the cluster', async () => {
    const { code, text } = await laptop.recover(['--custodian', 'alpha'], { answer: 'yes' });
    expect(code).toBe(1);
    expect(text).toContain('Not confirmed: nothing was sent.');
    expect(laptop.sent).toEqual([]);
    expect(await laptop.journals()).toEqual([]);
  });

  it('stopped by Ctrl-C sends no further share, and what it sent is in the file', async () => {
    const stop = new AbortController();
    const { code, text } = await laptop.recover(['--custodian', 'alpha'], {
      stop: stop.signal,
      aroundJournal: (journal) => ({
        ...journal,
        async append(entry) {
          await journal.append(entry);
          if (entry.kind === 'intents') stop.abort();
        },
      }),
    });
    expect(code).toBe(1);
    expect(text).toContain('stopped by hand');
    expect(laptop.sent).toEqual([]);
  });
});
