/** Several people, each with a custodian of their own, while storage answers: their part is on its record. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Custodian } from '../../../shared/escrow/custodian.ts';
import { StateError } from '../../../shared/state/errors.ts';
import { runPass } from '../../../shared/work/recover/pass.ts';
import { requestRecovery } from '../../../shared/work/recover/request.ts';
import { noteStarts } from '../../../shared/work/recover/starts.ts';
import { Laptop, type LaptopOptions, type Outcome, strangersShare } from '../../work/break-glass/laptop.ts';
import { asked, storageWith } from '../../work/break-glass/stored.ts';

let laptop: Laptop;
const open = async (options: LaptopOptions = {}) => {
  laptop = await Laptop.open({ holdings, shares: 5, threshold: 4, ...options });
  return laptop;
};
afterEach(() => laptop.close());

const rows = () => laptop.state.everyRecovery();
const newest = () => rows().at(-1);
/** What happens before each write of a recovery's row. */
const storage = (before: Parameters<typeof storageWith>[1]) => storageWith(laptop.state, before);

const holdings = [
  { name: 'alpha', shares: [1, 2] },
  { name: 'beta', shares: [2, 3] },
  { name: 'gamma', shares: [4, 5] },
];
const person = (name: string, extra: string[] = [], replacements = {}): Promise<Outcome> => {
  const own = laptop.custodians.get(name);
  const custodians = async () => new Map<string, Custodian>(own ? [[name, own]] : []);
  const about = { person: { user: name, host: `laptop-of-${name}` }, world: { custodians } };
  return laptop.fromStorage(['--custodian', name, ...extra], { ...about, ...replacements });
};
const readOut = ({ text }: Outcome) => {
  const line = text.split('\n').find((one) => one.includes('--custodian NAME')) ?? '';
  expect(line).not.toContain('--envelopes');
  return [...line.matchAll(/--(?:nonce|progress|given) \S+/g)].flatMap(([pair]) => pair.split(' '));
};

describe('several people, while storage answers', () => {
  it('give their shares one after the other, each with the row as long as their part lasts', async () => {
    await (await open()).restart();
    const app = laptop.app();
    const first = await person('alpha', [], {
      storage: storage(async () => {
        expect(await requestRecovery(app, 'payments', asked)).toMatchObject({ code: 'busy' });
      }),
    });
    expect(newest()).toMatchObject({
      status: 'ended',
      ended: {
        outcome: 'failed',
        refusal: { why: 'custodian alpha gave its shares: the next person goes on' },
      },
    });
    const second = await person('beta', readOut(first));
    const third = await person('gamma', readOut(second));
    expect(third.text).toMatch(/Done: 3 of 3 nodes serving/);
    expect(newest()).toMatchObject({ ended: { outcome: 'recovered' } });
    expect(laptop.sealed).toEqual([]);
    expect(rows()).toHaveLength(3);
  });

  it('do not begin beside an open recovery, and one that is taken over sends no further share', async () => {
    await (await open()).restart();
    const first = await person('alpha', [], {
      storage: storage(async () => {
        if (rows().length > 1 || laptop.sent.length === 0) return;
        const by = { ...asked, takeOver: true, approver: true, reason: 'mine now' };
        await requestRecovery(laptop.app(), 'payments', by);
      }),
    });
    expect(first.code).toBe(1);
    expect(first.text).toContain('stopped before the next share: taken over by Grace: mine now');
    const sent = laptop.sent.length;
    expect(sent).toBe(3);
    const second = await person('beta');
    expect(second.code).toBe(1);
    expect(second.text).toContain('asked for by Grace (manual): mine now');
    expect(laptop.sent).toHaveLength(sent);
  });

  it('leave in storage who opened which key, what was sent, and what came of it', async () => {
    await (await open()).restart();
    const first = await person('alpha');
    const [row] = rows();
    expect(row?.intents.map(({ node, index, position }) => [node, index, position])).toEqual(
      [1, 2].flatMap((index) => laptop.names.map((node) => [node, index, index])),
    );
    const ofFirst = laptop.state.audited.filter(({ recovery }) => recovery === row?.id);
    expect(ofFirst.map(({ what }) => what)).toEqual([
      'requested',
      'key-opened',
      'key-opened',
      'step',
      'step',
      'step',
      'ended',
    ]);
    expect(ofFirst[1]).toMatchObject({
      who: 'break-glass:alpha@laptop-of-alpha',
      facts: { index: 1, custodian: 'alpha', generation: 2, revision: 1 },
    });
    await person('gamma', readOut(await person('beta', readOut(first))));
    expect(newest()).toMatchObject({ unsealed: laptop.names, unseals: { 'payments-1': 1 } });
  });

  it('prove a generation where one of them gave a whole set, and not where sets were joined', async () => {
    const provenAt = async () => (await laptop.state.generations.newest('payments'))?.value.provenAt;
    await (await open()).restart();
    await person('gamma', readOut(await person('beta', readOut(await person('alpha')))));
    expect(laptop.sealed).toEqual([]);
    expect(await provenAt()).toBeUndefined();
    await laptop.close();
    const whole = [
      { name: 'alpha', shares: [1, 2, 3, 4] },
      { name: 'beta', shares: [5] },
    ];
    await (await open({ holdings: whole })).restart();
    await person('alpha');
    expect(laptop.sealed).toEqual([]);
    expect(await provenAt()).toBeGreaterThan(0);
  });

  it('tell of somebody who sends in between', async () => {
    await (await open()).restart();
    laptop.before.set(1, () => laptop.stranger('payments-1', { key: strangersShare() }));
    const { code } = await person('alpha');
    expect(code).toBe(1);
    expect(newest()?.troubles).toMatchObject([{ code: 'unseal-interference', where: 'payments-1' }]);
  });

  it('act on a look that was made once nobody else could act: a recovery that was just done leaves nothing to do', async () => {
    await (await open()).restart();
    const { code, text } = await person('alpha', [], {
      aroundJournal: (journal: unknown) => {
        for (const node of laptop.names) {
          for (const key of laptop.simulation.keys.shares.slice(0, 4)) laptop.stranger(node, { key });
        }
        laptop.clock.time += 30_000;
        return journal;
      },
    });
    expect({ code, sent: laptop.sent }).toEqual({ code: 0, sent: [] });
    expect(text).not.toContain('Opened share');
    expect(newest()).toMatchObject({ status: 'ended', ended: { outcome: 'nothing-to-do' } });
  });

  it('do not give shares of a generation that is not in use any more', async () => {
    await (await open()).restart();
    const row = await laptop.state.generations.newest('payments');
    if (!row) throw new Error('no row');
    const later = { ...row.value, revision: 2, digest: 'e'.repeat(64) };
    const { code, text } = await person('alpha', [], {
      storage: storage(() => undefined),
      aroundJournal: (journal: unknown) => {
        void laptop.state.generations.save(later, row.etag);
        return journal;
      },
    });
    expect(code).toBe(1);
    expect(text).toContain('another generation of payments is in use by now');
    expect(text).not.toContain('--without-state');
    expect(laptop.sent).toEqual([]);
    expect(newest()).toMatchObject({ status: 'ended', ended: { outcome: 'refused' } });
  });

  it('that meet a recovery which began right after the look open and send nothing', async () => {
    await (await open()).restart();
    const connect = async (...about: Parameters<ReturnType<typeof laptop.app>['connect']>) => {
      if (rows().length === 0) await requestRecovery(laptop.app(), 'payments', asked);
      return laptop.app().connect(...about);
    };
    const { code, text } = await person('alpha', [], {
      world: { connect, custodians: async () => laptop.custodians },
    });
    expect(code).toBe(1);
    expect(text).toMatch(
      /Not done: recovery payments\.\w+ of payments is open: one at a time: nothing was sent/,
    );
    expect(laptop.sent).toEqual([]);
    expect(rows()).toMatchObject([{ way: 'manual', status: 'open' }]);
  });

  it('stopped by hand, leave a row that has ended: the same command is not in its own way', async () => {
    await (await open()).restart();
    const stop = new AbortController();
    const first = await person('alpha', [], {
      stop: stop.signal,
      storage: storage(({ intents }) => void (intents.length === 3 && stop.abort())),
    });
    expect(first.text).toContain('Not done: stopped by hand.');
    expect(laptop.sent).toEqual([]);
    expect(newest()).toMatchObject({ status: 'ended', ended: { outcome: 'failed' } });
    await laptop.wait(1000);
    expect((await person('alpha')).code).toBe(0);
  });
});

describe('a seal on purpose, after people brought the cluster back (rule 6)', () => {
  /** They were noted unsealed; Functions went down; machines restarted; people came. */
  async function broughtBack(by: 'one person' | 'two people') {
    await open({
      telemetry: true,
      policy: 'automatic',
      holdings: [
        { name: 'alpha', shares: [1, 2] },
        { name: 'beta', shares: [3, 4] },
        { name: 'gamma', shares: [4, 5] },
      ],
    });
    await noteStarts(laptop.app());
    expect(await laptop.state.starts.of('payments')).toHaveLength(3);
    await laptop.wait(600_000);
    await laptop.restart();
    await laptop.wait(10_000);
    if (by === 'one person') expect((await laptop.fromStorage()).code).toBe(0);
    else expect((await person('beta', readOut(await person('alpha')))).code).toBe(0);
  }
  async function sealedLater() {
    await laptop.wait(300_000);
    for (const node of laptop.names) laptop.simulation.apply({ kind: 'seal', node });
    await laptop.served.settled();
    const sent = laptop.sent.length;
    await laptop.wait(30_000);
    const app = laptop.app();
    await noteStarts(app);
    await runPass(app, 'payments');
    return laptop.sent.length - sent;
  }

  it('and automation would take a restart for one: what it is kept from', async () => {
    await open({ telemetry: true, policy: 'automatic' });
    await noteStarts(laptop.app());
    await laptop.wait(600_000);
    await laptop.restart();
    await runPass(laptop.app(), 'payments');
    expect(laptop.sealed).toEqual([]);
  });

  it.each(['one person', 'two people'] as const)('is left alone by automation: %s', async (by) => {
    await broughtBack(by);
    const notes = await laptop.state.starts.of('payments');
    expect(notes.every(({ at }) => at > laptop.clock.now() - 60_000)).toBe(true);
    expect(laptop.sealed).toEqual([]);
    expect(await sealedLater()).toBe(0);
    expect(laptop.sealed).toEqual(laptop.names);
  });

  it('is left alone after a recovery without storage, once the app has seen the nodes unsealed', async () => {
    await open({ policy: 'automatic', telemetry: true });
    await noteStarts(laptop.app());
    await laptop.wait(600_000);
    await laptop.restart();
    const { code, text } = await laptop.recover();
    expect(code).toBe(0);
    expect(text).toContain('Storage knows nothing of it');
    expect(text).toContain('Set a hold before you seal one on purpose');
    await noteStarts(laptop.app());
    expect(await sealedLater()).toBe(0);
  });

  it('is known as one also where it comes right after the last share', async () => {
    await open({ policy: 'automatic', telemetry: true });
    await noteStarts(laptop.app());
    await laptop.wait(600_000);
    await laptop.restart();
    const second = await person('beta', readOut(await person('alpha')));
    await person('gamma', readOut(second), {
      storage: storage(({ unsealed }) => {
        if (unsealed.length === 0) return;
        for (const node of laptop.names) laptop.simulation.apply({ kind: 'seal', node });
      }),
    });
    await runPass(laptop.app(), 'payments');
    expect(laptop.sealed).toEqual(laptop.names);
    expect(newest()?.needs?.why).toContain('is sealed in the process that runs since');
  });

  it('is left alone also where start times could not be noted: the row says what was sent', async () => {
    laptop = await open({ policy: 'automatic', telemetry: true });
    const { starts } = laptop.state;
    await noteStarts(laptop.app());
    const note = () => Promise.reject(new StateError('unavailable', 'table starts: no answer'));
    laptop.state.starts = { ...starts, note };
    await laptop.wait(600_000);
    await laptop.restart();
    await laptop.wait(10_000);
    const second = await person('beta', readOut(await person('alpha')));
    expect((await person('gamma', readOut(second))).code).toBe(0);
    laptop.state.starts = starts;
    expect(await sealedLater()).toBe(0);
  });
});
