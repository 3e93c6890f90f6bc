/** The row in storage is the fence: of a command on a laptop and the recover app, one acts at a time. */
import { afterEach, describe, expect, it } from 'vitest';
import { HeldRecovery, LostRow } from '../../../shared/work/recover/held.ts';
import { nudgeOverdue } from '../../../shared/work/recover/overdue.ts';
import { runPass } from '../../../shared/work/recover/pass.ts';
import { requestRecovery } from '../../../shared/work/recover/request.ts';
import { killing } from '../../work/break-glass/killing.ts';
import { Laptop, type LaptopOptions } from '../../work/break-glass/laptop.ts';
import { asked, storageWith } from '../../work/break-glass/stored.ts';
import { TickingClock } from '../../work/break-glass/ticking-clock.ts';

let laptop: Laptop;
const open = async (options: LaptopOptions = {}) => {
  laptop = await Laptop.open(options);
  return laptop;
};
afterEach(() => laptop.close());

const rows = () => laptop.state.everyRecovery();
const newest = () => rows().at(-1);
const unwraps = () => [...laptop.custodians.values()].map((one) => 'unwraps' in one && one.unwraps);
/** What happens before each write of a recovery's row. */
const storage = (before: Parameters<typeof storageWith>[1]) => storageWith(laptop.state, before);

describe('its lease', () => {
  it.each([
    ['waits for somebody else', [], 'somebody may be unsealing it'],
    ['waits for a leader that does not come', ['--custodian', 'alpha'], 'waiting for a leader'],
  ])('never runs out while it %s', async (_what, extra, waits) => {
    await open({ holdings: [{ name: 'alpha', shares: [1, 2, 3, 4, 5] }] });
    await laptop.restart();
    for (const node of extra.length > 0 ? ['payments-2', 'payments-3'] : []) {
      laptop.simulation.apply({ kind: 'kill', node });
    }
    if (extra.length === 0) laptop.stranger('payments-1', { key: laptop.simulation.keys.shares[4] });
    const clock = new TickingClock(laptop.clock);
    const left: number[] = [];
    clock.each = () => {
      const row = newest();
      if (row?.status === 'open') left.push((row.lease?.until ?? 0) - clock.now());
    };
    const { text } = await laptop.fromStorage(extra, { world: { clock } });
    expect(text).toContain(waits);
    expect(left.length).toBeGreaterThan(5);
    expect(Math.min(...left)).toBeGreaterThan(0);
  });
});

describe('beside a recovery that is open', () => {
  /** One of the app, with a pass that works on it. */
  async function worked() {
    const app = laptop.app();
    await requestRecovery(app, 'payments', asked);
    const active = await laptop.state.recoveries.active('payments');
    const held = active && (await HeldRecovery.take(app, active));
    if (!held) throw new Error('not taken');
    return held;
  }

  it('it refuses, names who works on it until when, and opens and sends nothing', async () => {
    await (await open()).restart();
    const { value } = await worked();
    const { code, text } = await laptop.fromStorage();
    expect(code).toBe(1);
    expect(text).toContain(
      `Recovery ${value.id} of this cluster is open, asked for by Grace (manual): patched`,
    );
    expect(text).toContain(`app has its lease until ${new Date(value.lease?.until ?? 0).toISOString()}`);
    expect(text).toContain('add --take-over');
    expect(rows()).toMatchObject([{ id: value.id, status: 'open', lease: { owner: 'app' } }]);
    expect([laptop.sent, unwraps(), await laptop.journals()]).toEqual([[], [0, 0, 0], []]);
  });

  it('it refuses also where nobody works on it now, and says so', async () => {
    await (await open()).restart();
    await worked();
    await laptop.wait(61_000);
    const { code, text } = await laptop.fromStorage();
    expect(code).toBe(1);
    expect(text).toMatch(/Nobody works on it now: the lease of app ran out at/);
    expect(rows()).toMatchObject([{ status: 'open' }]);
  });

  it('--take-over ends it, on record, and the pass that had it cannot send any more', async () => {
    await (await open()).restart();
    const held = await worked();
    const { code } = await laptop.fromStorage(['--take-over']);
    expect(code).toBe(0);
    expect(rows()).toMatchObject([
      { ended: { outcome: 'taken-over', summary: 'taken over by ada: functions are down' } },
      { way: 'break-glass', ended: { outcome: 'recovered' } },
    ]);
    await expect(held.update({})).rejects.toThrow(LostRow);
    expect(laptop.state.audited).toContainEqual(
      expect.objectContaining({ what: 'ended', recovery: held.value.id, who: 'break-glass:ada@laptop' }),
    );
  });

  it('--take-over of nothing is a recovery like any other', async () => {
    await (await open()).restart();
    expect((await laptop.fromStorage(['--take-over'])).code).toBe(0);
  });

  it('that begins right after the look it ends without a share', async () => {
    await (await open()).restart();
    const { code, text } = await laptop.run(['--cluster', 'payments', '--reason', 'night'], {
      storage: storageWith(laptop.state),
      world: {
        custodians: async () => laptop.custodians,
        connect: async (cluster, trust) => {
          if (rows().length === 0) await requestRecovery(laptop.app(), 'payments', asked);
          return laptop.app().connect(cluster, trust);
        },
      },
    });
    expect(code).toBe(1);
    expect(text).toMatch(/Not done: recovery payments\.\w+ of payments is open: one at a time/);
    expect(laptop.sent).toEqual([]);
  });

  it('a person who takes it over stops it before its next request', async () => {
    await (await open()).restart();
    let sent = -1;
    const { code, text } = await laptop.fromStorage([], {
      storage: storage(async ({ intents }) => {
        if (intents.length !== 6 || sent >= 0) return;
        sent = laptop.sent.length;
        const by = { ...asked, takeOver: true, approver: true, reason: 'mine now' };
        await requestRecovery(laptop.app(), 'payments', by);
      }),
    });
    expect(sent).toBe(3);
    expect(laptop.sent).toHaveLength(3);
    expect(code).toBe(1);
    expect(text).toContain('Not done (taken-over): taken over by Grace: mine now');
    expect(newest()).toMatchObject({ way: 'manual', status: 'open' });
  });
});

describe('Ctrl-C', () => {
  it.each([
    ['while intents are written', 3, 0, 3],
    ['while shares are sent', 0, 3, 3],
  ])('%s stops before the next request', async (_when, at, sends, intents) => {
    await (await open()).restart();
    const stop = new AbortController();
    if (at === 0) laptop.before.set(2, () => stop.abort());
    const { code, text } = await laptop.fromStorage([], {
      stop: stop.signal,
      storage: storage((row) => void (row.intents.length === at && at > 0 && stop.abort())),
    });
    expect(code).toBe(1);
    expect(text).toContain('Not done: stopped by hand.');
    expect(laptop.sent).toHaveLength(sends);
    expect(newest()?.intents).toHaveLength(intents);
    expect((await laptop.fromStorage()).code).toBe(0);
  });
});

describe('an answer of storage that was lost', () => {
  it('to the opening of its row: the row is its own, and it goes on', async () => {
    await (await open()).restart();
    const { recoveries } = laptop.state;
    // As an SDK says that tried again: the id is there already.
    const opening: typeof recoveries.open = async (recovery) => {
      await recoveries.open(recovery);
      return { opened: false, busy: recovery.id };
    };
    const { state, ...parts } = storageWith(laptop.state);
    const { code } = await laptop.fromStorage([], {
      storage: { ...parts, state: { ...state, recoveries: { ...state.recoveries, open: opening } } },
    });
    expect(code).toBe(0);
    expect(rows()).toMatchObject([{ way: 'break-glass', ended: { outcome: 'recovered' } }]);
  });
});

describe('a command that is killed', () => {
  it.each(['before', 'after'] as const)(
    '%s any write of its file goes on with its row at once, with no share too many',
    async (when) => {
      await open();
      for (let n = 1; n < 60; n += 1) {
        await laptop.restart();
        laptop.sent.length = 0;
        const from = rows().length;
        const { killed, around, asItWas } = killing(n, when);
        const first = await laptop.fromStorage([], { aroundJournal: around });
        if (!killed.file) {
          expect(first.code).toBe(0);
          expect(n).toBeGreaterThan(12);
          return;
        }
        await asItWas();
        const isOver = rows().length > from && newest()?.status === 'ended';
        const again = await laptop.fromStorage();
        expect(again.text, `write ${n}`).toContain('Done: 3 of 3 nodes serving');
        expect(rows().length - from, `write ${n}`).toBe(isOver ? 2 : 1);
        expect(laptop.sealed).toEqual([]);
        for (const [node, count] of Object.entries(laptop.distinct())) {
          expect(count, `${node}, write ${n}`).toBeLessThanOrEqual(3);
        }
        await laptop.wait(60_000);
      }
      expect.unreachable('it never ended');
    },
  );

  it('leaves a row that the app ends once its lease ran out, and acts on by no authority of its own', async () => {
    await (await open()).restart();
    const { around } = killing(9, 'after');
    await laptop.fromStorage([], { aroundJournal: around });
    const sent = laptop.sent.length;
    const opened = unwraps();
    await runPass(laptop.app(), 'payments');
    expect(newest()).toMatchObject({ status: 'open', way: 'break-glass' });
    await laptop.wait(61_000);
    await nudgeOverdue(laptop.app());
    expect(laptop.state.nudged.at(-1)).toMatchObject({ queue: 'steps', cluster: 'payments' });
    await runPass(laptop.app(), 'payments');
    expect(newest()).toMatchObject({
      status: 'ended',
      ended: { outcome: 'failed', summary: expect.stringContaining('lease ran out') as string },
    });
    expect([laptop.sent.length, unwraps()]).toEqual([sent, opened]);
  });

  it('on another machine waits for the lease of the first, and goes on with its file after it', async () => {
    await (await open()).restart();
    const { around, asItWas } = killing(9, 'after');
    await laptop.fromStorage([], { aroundJournal: around });
    await asItWas();
    const sent = laptop.sent.length;
    const other = { person: { user: 'ada', host: 'another-laptop' } };
    const early = await laptop.fromStorage([], other);
    expect(early.code).toBe(1);
    expect(early.text).toMatch(/Not done: recovery payments\.\w+ of payments is open: one at a time/);
    expect(laptop.sent).toHaveLength(sent);
    await laptop.wait(61_000);
    const late = await laptop.fromStorage([], other);
    expect(late.text).toContain('Goes on with what');
    expect(late.code).toBe(0);
    expect(rows()).toHaveLength(1);
  });

  it('by Ctrl-C keeps its row for the same command, which goes on', async () => {
    await (await open()).restart();
    const stop = new AbortController();
    const first = await laptop.fromStorage([], {
      stop: stop.signal,
      storage: storage(({ intents }) => void (intents.length === 3 && stop.abort())),
    });
    expect(first.text).toContain('Not done: stopped by hand.');
    expect(first.text).toContain('keeps others away for a minute');
    const again = await laptop.fromStorage();
    expect(again.text).toContain('Goes on with what');
    expect(again.code).toBe(0);
    expect(rows()).toHaveLength(1);
  });
});
