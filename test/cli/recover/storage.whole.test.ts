/** Functions are down and storage is up: envelopes are read there, and the recovery's row keeps everybody else away. */
import { readdir } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { StateError } from '../../../shared/state/errors.ts';
import { nudgeOverdue } from '../../../shared/work/recover/overdue.ts';
import { runPass } from '../../../shared/work/recover/pass.ts';
import { requestRecovery } from '../../../shared/work/recover/request.ts';
import { Laptop, type LaptopOptions } from '../../work/break-glass/laptop.ts';
import { asked, storageWith } from '../../work/break-glass/stored.ts';

let laptop: Laptop;
const open = async (options: LaptopOptions = {}) => {
  laptop = await Laptop.open(options);
  return laptop;
};
afterEach(() => laptop.close());

const rows = () => laptop.state.everyRecovery();
const unwraps = () => [...laptop.custodians.values()].map((one) => 'unwraps' in one && one.unwraps);

/** What happens before each write of a recovery's row. */
const storage = (before: Parameters<typeof storageWith>[1]) => storageWith(laptop.state, before);

describe('a recovery while storage answers', () => {
  it('reads the newest accepted envelopes there, and leaves row, audit and proof there as the app does', async () => {
    await (await open()).restart();
    const { code, text } = await laptop.fromStorage();
    expect(text).toContain('Envelopes: generation 2.1 of payments');
    expect(text).toContain('no other one acts on the cluster meanwhile');
    expect(text).toMatch(/Done: 3 of 3 nodes serving, after \d+ s/);
    expect(code).toBe(0);
    expect(laptop.distinct()).toEqual({ 'payments-1': 3, 'payments-2': 3, 'payments-3': 3 });
    expect(rows()).toMatchObject([
      { way: 'break-glass', by: 'break-glass:ada@laptop', status: 'ended', ended: { outcome: 'recovered' } },
    ]);
    const kept = (await laptop.entries()).flatMap((entry) => (entry.kind === 'audit' ? [entry.value] : []));
    expect(laptop.state.audited.map(({ what }) => what)).toEqual(kept.map(({ what }) => what));
    expect(kept.map(({ what }) => what)).toEqual(
      expect.arrayContaining(['requested', 'key-opened', 'step', 'ended']),
    );
    expect((await laptop.state.generations.newest('payments'))?.value.provenAt).toBeDefined();
  });

  it('writes each intent to its file and to storage before its request', async () => {
    await (await open()).restart();
    const stored: number[] = [];
    await laptop.fromStorage([], {
      storage: storage(({ intents }) => {
        if (intents.length === 3 && laptop.sent.length === 0) stored.push(laptop.sent.length);
      }),
    });
    expect(stored.length).toBeGreaterThan(0);
    const entries = await laptop.entries();
    const most = entries.map((entry) => (entry.kind === 'recovery' ? entry.value.intents.length : 0));
    expect(Math.max(...most)).toBe(9);
  });

  it('no pass, timer or request of the app acts meanwhile, at whatever write it comes', async () => {
    await (await open()).restart();
    const logged: string[] = [];
    const app = laptop.app(logged);
    const said: unknown[] = [];
    await laptop.fromStorage([], {
      storage: storage(async () => {
        await nudgeOverdue(app);
        await runPass(app, 'payments');
        said.push(await requestRecovery(app, 'payments', asked));
      }),
    });
    expect(said.length).toBeGreaterThan(4);
    for (const one of said) expect(one).toMatchObject({ code: 'busy' });
    expect(logged.filter((line) => line.includes('recovery-busy'))).toHaveLength(said.length);
    expect(laptop.sealed).toEqual([]);
    expect(Object.values(laptop.distinct())).toEqual([3, 3, 3]);
    expect(rows()).toHaveLength(1);
  });

  it('a write that went through without its answer is its own, and no reason to stop', async () => {
    await (await open()).restart();
    const { recoveries } = laptop.state;
    let calls = 0;
    // As an SDK says that tried again after an answer got lost: 412.
    const save: typeof recoveries.save = async (stored) => {
      calls += 1;
      const saved = await recoveries.save(stored);
      return calls % 2 === 1 ? { saved: false } : saved;
    };
    const state = { ...laptop.state, recoveries: { ...recoveries, save } };
    const { code } = await laptop.fromStorage([], {
      storage: { state, facts: async () => undefined, time: async () => undefined },
    });
    expect(code).toBe(0);
    expect(Object.values(laptop.distinct())).toEqual([3, 3, 3]);
  });

  it('shows a hold, and is not stopped by it', async () => {
    await (await open()).restart();
    const at = laptop.clock.now();
    await laptop.state.holds.set({
      cluster: 'payments',
      by: 'Grace',
      reason: 'a look',
      until: at + 60_000,
      at,
    });
    const { code, text } = await laptop.fromStorage();
    expect(text).toMatch(/A hold stands until .*, by Grace: a look\./);
    expect(code).toBe(0);
  });

  it('takes the raft configuration that watch saw last, where nodes are lost', async () => {
    await open();
    for (const node of ['payments-2', 'payments-3']) laptop.simulation.apply({ kind: 'kill', node });
    await laptop.restart('payments-1');
    const servers = laptop.simulation.state.nodes.map(({ nodeId, clusterAddress }) => {
      return { nodeId, address: clusterAddress, voter: true };
    });
    const facts = async () => ({ nodes: {}, raft: { at: laptop.clock.now(), servers } });
    const { text } = await laptop.fromStorage(['--lost', 'payments-2', 'payments-3'], {
      storage: { state: laptop.state, facts, time: async () => undefined },
    });
    expect(text).toContain(`"id": "${servers[0]?.nodeId}"`);
  });
});

describe('a dry run from storage', () => {
  it('says what is open there and what it would do, and writes nothing anywhere', async () => {
    await (await open()).restart();
    await requestRecovery(laptop.app(), 'payments', asked);
    const [before, audited] = [JSON.stringify(rows()), laptop.state.audited.length];
    const { code, text } = await laptop.run(['--cluster', 'payments', '--dry-run'], {
      storage: storageWith(laptop.state),
    });
    expect(code).toBe(0);
    expect(text).toMatch(
      /Recovery payments\.\w+ of this cluster is open, asked for by Grace \(manual\): patched/,
    );
    expect(text).toContain('  - unseal payments-1 at');
    expect(JSON.stringify(rows())).toBe(before);
    expect(laptop.state.audited).toHaveLength(audited);
    expect(await readdir(laptop.folder)).toEqual(['envelopes.json', 'fleet.yaml']);
    expect([laptop.sent, unwraps()]).toEqual([[], [0, 0, 0]]);
  });
});

describe('storage', () => {
  it.each<[string, () => Parameters<typeof laptop.fromStorage>[1], RegExp]>([
    [
      'that is not set',
      () => ({ storage: { problem: 'no storage is set here (SEALWATCH_STORAGE)' } }),
      /not set|no storage/,
    ],
    [
      'that does not answer',
      () => ({
        storage: broken(new StateError('unavailable', 'table generations: storage is unavailable.')),
      }),
      /storage is unavailable\./,
    ],
    [
      'that lets nobody read',
      () => ({
        storage: broken(new StateError('denied', 'table generations: access denied (403): give it a role.')),
      }),
      /access denied/,
    ],
    [
      'whose connection string is none',
      () => ({ storage: broken(new TypeError('AccountKey=secret')) }),
      /SEALWATCH_STORAGE cannot be used \(TypeError\)(?![^]*AccountKey)/,
    ],
  ])('%s: both ways on are named, and nothing is sent', async (_what, replacements, why) => {
    await (await open()).restart();
    const { code, text } = await laptop.fromStorage([], replacements());
    expect(code).toBe(1);
    expect(text).toMatch(why);
    expect(text).toContain('set SEALWATCH_STORAGE...');
    expect(text).toContain('--envelopes FILE --without-state --reason "…"');
    expect(laptop.sent).toEqual([]);
  });

  it('that goes away in the middle ends it before the next share, with the file to go on without it', async () => {
    await (await open()).restart();
    const { code, text } = await laptop.fromStorage([], {
      storage: storage(({ intents }) => {
        if (intents.length >= 6)
          throw new StateError('unavailable', 'table recoveries: storage is unavailable.');
      }),
    });
    expect(code).toBe(1);
    expect(laptop.sent).toHaveLength(3);
    const [, file = ''] = /kept in (\S+\.envelopes\.json)\./.exec(text) ?? [];
    expect(text).toContain(`--envelopes ${file} --without-state`);
    const alone = ['--cluster', 'payments', '--envelopes', file, '--without-state', '--reason', 'night'];
    expect((await laptop.run(alone)).code).toBe(0);
    expect(laptop.sealed).toEqual([]);
  });

  it('whose blob is not the accepted one, or that holds nothing, gives nothing to recover with', async () => {
    await (await open()).restart();
    laptop.state.blobs.set('payments/0002.0001.json', Buffer.from('{}'));
    const changed = await laptop.fromStorage();
    expect(changed.text).toContain('payments/0002.0001.json is not the one that was accepted');
    laptop.state.blobs.delete('payments/0002.0001.json');
    expect((await laptop.fromStorage()).text).toContain('payments/0002.0001.json is gone');
    const { text } = await laptop.run(['--cluster', 'orders', '--reason', 'night'], {
      storage: storageWith(laptop.state),
    });
    expect(text).toContain('nothing of orders is escrowed');
    expect(laptop.sent).toEqual([]);
  });

  it('that has another generation by now than the person was shown ends it without a share', async () => {
    await (await open()).restart();
    const row = await laptop.state.generations.newest('payments');
    if (!row) throw new Error('no row');
    const { code, text } = await laptop.fromStorage([], {
      aroundJournal: (journal) => ({
        ...journal,
        async append(entry) {
          if (entry.kind === 'recovery') {
            await laptop.state.generations.save(
              { ...row.value, revision: 2, digest: 'e'.repeat(64) },
              row.etag,
            );
          }
          await journal.append(entry);
        },
      }),
    });
    expect(code).toBe(1);
    expect(text).toContain('another generation of payments is in use by now');
    // What was read before is not what to go on with.
    expect(text).not.toContain('--without-state');
    expect(laptop.sent).toEqual([]);
  });
});

function broken(error: Error) {
  const newest = () => Promise.reject(error);
  const state = { ...laptop.state, generations: { ...laptop.state.generations, newest } };
  return { state, facts: async () => undefined, time: async () => undefined };
}
