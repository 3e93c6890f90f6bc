import { readdir, stat } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { Laptop, type LaptopOptions, strangersShare } from '../../work/break-glass/laptop.ts';

let laptop: Laptop;
const open = async (options: LaptopOptions = {}) => {
  laptop = await Laptop.open(options);
  return laptop;
};
afterEach(() => laptop.close());

describe('a whole recovery while storage is down', () => {
  it('brings three sealed nodes back, with a threshold of shares each and no more', async () => {
    await (await open()).restart();
    const { code, text } = await laptop.recover();
    expect(text).toContain('cannot be kept apart from a recovery that runs elsewhere');
    expect(text).toContain('sealed, holds 0 of 3 shares');
    expect(text).toMatch(/Done: 3 of 3 nodes serving, after \d+ s/);
    expect(code).toBe(0);
    expect(laptop.sealed).toEqual([]);
    expect(laptop.distinct()).toEqual({ 'payments-1': 3, 'payments-2': 3, 'payments-3': 3 });
  });

  it('keeps who, why, each key and each intent in a file that only its owner reads', async () => {
    await (await open()).restart('payments-2');
    await laptop.recover();
    const [path = ''] = await laptop.journals();
    expect(path).toMatch(/sealwatch-recovery-payments-\d{8}T\d{9}Z\.jsonl$/);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const entries = await laptop.entries();
    const audit = entries.flatMap((entry) => (entry.kind === 'audit' ? [entry.value] : []));
    expect(audit.map(({ what }) => what)).toEqual([
      'requested',
      'step',
      'key-opened',
      'key-opened',
      'key-opened',
      'ended',
    ]);
    expect(new Set(audit.map(({ who }) => who))).toEqual(new Set(['break-glass:ada@laptop']));
    expect(audit[0]?.why).toBe('region down');
    const rows = entries.flatMap((entry) => (entry.kind === 'recovery' ? [entry.value] : []));
    expect(Math.max(...rows.map(({ intents }) => intents.length))).toBe(3);
    expect(rows.at(-1)).toMatchObject({
      way: 'break-glass',
      status: 'ended',
      ended: { outcome: 'recovered' },
    });
  });

  it('goes on past a node that is away, and says so', async () => {
    await (await open()).restart();
    laptop.simulation.apply({ kind: 'kill', node: 'payments-3' });
    await laptop.served.settled();
    const { code, text } = await laptop.recover();
    expect(code).toBe(0);
    expect(text).toContain('payments-3 does not answer');
  });

  it('has nothing to do where all serve, and sends nothing', async () => {
    await open();
    const { code, text } = await laptop.recover();
    expect({ code, sent: laptop.sent }).toEqual({ code: 0, sent: [] });
    expect(text).toContain('Done: 3 of 3 nodes serving');
  });

  it('waits for somebody who unseals by hand, and then says who must be asked', async () => {
    await (await open()).restart();
    laptop.stranger('payments-1', { key: laptop.simulation.keys.shares[4] });
    const { code, text } = await laptop.recover();
    expect(text).toContain('somebody may be unsealing it');
    expect(text).toContain('vault operator unseal -reset');
    expect({ code, sealed: laptop.sealed }).toEqual({ code: 1, sealed: ['payments-1'] });
    expect(laptop.distinct()['payments-1']).toBe(0);
  });

  it('tells of somebody who sends in between, and marks no generation', async () => {
    await (await open()).restart();
    laptop.before.set(1, () => laptop.stranger('payments-1', { key: strangersShare() }));
    const { text } = await laptop.recover();
    expect(text).toContain('somebody else sends shares, or something stands in front of it');
    const marks = (await laptop.entries()).filter((entry) => entry.kind === 'generation' && entry.value.bad);
    expect(marks).toEqual([]);
  });

  it('ends at once, with the fix, where shares cannot be opened and no waiting helps', async () => {
    await (await open()).restart();
    for (const custodian of laptop.custodians.values()) {
      custodian.unwrap = async () => ({
        ok: false,
        error: {
          code: 'denied',
          message: `custodian "${custodian.name}": grant it unwrapKey`,
          recoverable: false,
        },
      });
    }
    const { code, text } = await laptop.recover();
    expect(code).toBe(1);
    expect(text).toContain('Not done (failed): 0 of 3 shares could be opened');
    expect(text).toContain('grant it unwrapKey');
    expect(laptop.sent).toEqual([]);
  });

  it('prints the exact peers.json for nodes that are lost, and touches nothing', async () => {
    await open();
    for (const node of ['payments-2', 'payments-3']) laptop.simulation.apply({ kind: 'kill', node });
    await laptop.restart('payments-1');
    const servers = laptop.simulation.state.nodes.map(({ nodeId, clusterAddress }) => ({
      node_id: nodeId,
      address: clusterAddress,
      voter: true,
    }));
    await laptop.write('raft.json', JSON.stringify({ data: { config: { servers } } }));
    const { code, text } = await laptop.recover([
      '--raft',
      `${laptop.folder}/raft.json`,
      '--lost',
      'payments-2',
      'payments-3',
    ]);
    expect(code).toBe(1);
    const [survivor] = servers;
    const peers = [{ id: survivor?.node_id, address: survivor?.address, non_voter: false }];
    expect(text).toContain(JSON.stringify(peers, undefined, 2));
    expect(laptop.sent).toEqual([]);
  });
});

describe('a dry run', () => {
  it('says what it would do and who can be reached; it opens, sends and writes nothing', async () => {
    await (await open()).restart();
    const { code, text } = await laptop.recover(['--dry-run']);
    expect(code).toBe(0);
    expect(text).toContain('  - unseal payments-1 at http://127.0.0.1');
    expect(text).toContain('custodian alpha (shares 1, 2): reached, its key is enabled');
    expect(laptop.sent).toEqual([]);
    expect([...laptop.custodians.values()].map((one) => 'unwraps' in one && one.unwraps)).toEqual([0, 0, 0]);
    expect(await readdir(laptop.folder)).toEqual(['envelopes.json', 'fleet.yaml']);
  });

  it('needs no word about storage, and fails where a recovery would refuse', async () => {
    await open({ seal: 'transit' });
    await laptop.restart();
    for (const node of ['payments-1', 'payments-2', 'payments-3'])
      laptop.simulation.apply({ kind: 'seal', node });
    const args = ['--cluster', 'payments', '--envelopes', `${laptop.folder}/envelopes.json`, '--dry-run'];
    const { code, text } = await laptop.run(args);
    expect(text).toContain('It would refuse (auto-unseal)');
    expect(code).toBe(1);
  });
});

describe('Ctrl-C', () => {
  it('at any moment sends nothing more, says what stands, and the same command goes on', async () => {
    await open();
    for (let n = 1; n < 40; n += 1) {
      await laptop.restart();
      laptop.sent.length = 0;
      const stop = new AbortController();
      let writes = 0;
      let sentBefore = 0;
      const first = await laptop.recover([], {
        stop: stop.signal,
        aroundJournal: (journal) => ({
          ...journal,
          async append(entry) {
            await journal.append(entry);
            writes += 1;
            if (writes !== n) return;
            sentBefore = laptop.sent.length;
            stop.abort();
          },
        }),
      });
      if (writes < n) {
        expect(n).toBeGreaterThan(10);
        return;
      }
      // Nothing is being sent while something is written.
      expect(laptop.sent.length - sentBefore, `at write ${n}`).toBe(0);
      if (first.code === 1) {
        expect(first.text, `at write ${n}`).toContain('Not done: stopped by hand.');
        const again = await laptop.recover();
        expect(again.text, `at write ${n}`).toContain('Done: 3 of 3 nodes serving');
      }
      expect(laptop.sealed, `at write ${n}`).toEqual([]);
      for (const count of Object.values(laptop.distinct())) expect(count).toBeLessThanOrEqual(3);
      await laptop.wait(60_000);
    }
    expect.unreachable('it never ended');
  });
});
