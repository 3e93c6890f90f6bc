import { chmod, readFile, symlink, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JournalBroken } from '../../../shared/work/break-glass/journal-file.ts';
import { recovery } from '../../recovery/build.ts';
import { killing } from '../../work/break-glass/killing.ts';
import { Laptop } from '../../work/break-glass/laptop.ts';

let laptop: Laptop;
beforeEach(async () => {
  laptop = await Laptop.open();
});
afterEach(() => laptop.close());

describe('a recovery that is killed', () => {
  it.each(['before', 'after', 'torn'] as const)(
    '%s any write of its file goes on from it, with no share too many, and ends serving',
    async (when) => {
      for (let n = 1; n < 60; n += 1) {
        await laptop.restart();
        laptop.sent.length = 0;
        const { killed, around, asItWas } = killing(n, when);
        const first = await laptop.recover([], { aroundJournal: around });
        if (!killed.file) {
          expect(first.code).toBe(0);
          expect(n).toBeGreaterThan(12);
          return;
        }
        await asItWas();
        const files = await laptop.journals();
        const again = await laptop.recover();
        expect(again.text, `write ${n}`).toContain('Done: 3 of 3 nodes serving');
        expect(again.code).toBe(0);
        // Nobody waits for the lease of a process that is gone.
        expect(again.text).not.toContain('Another machine');
        expect(laptop.sealed).toEqual([]);
        // Before its first write there is nothing to go on with; then it is the same file, at once.
        if (laptop.sent.length > 0 && first.code === 1 && again.text.includes('Goes on with')) {
          expect(await laptop.journals()).toEqual(files);
        }
        for (const [node, count] of Object.entries(laptop.distinct())) {
          expect(count, `${node}, write ${n}`).toBeLessThanOrEqual(3);
        }
        await laptop.wait(60_000);
      }
      expect.unreachable('it never ended');
    },
  );

  it('does not send before the intent of it is on the disk', async () => {
    await laptop.restart();
    await laptop.recover([], {
      aroundJournal: (journal) => ({
        ...journal,
        async append(entry) {
          const sent = laptop.sent.length;
          if (entry.kind === 'recovery' && entry.value.intents.length === 3) expect(sent).toBe(0);
          await journal.append(entry);
          const text = await readFile(journal.path, 'utf8');
          expect(text).toContain(`${JSON.stringify(entry)}\n`);
        },
      }),
    });
    expect(laptop.sealed).toEqual([]);
  });

  it('sends nothing where the intent of it cannot be written', async () => {
    await laptop.restart();
    const { code } = await laptop.recover([], {
      aroundJournal: (journal) => ({
        ...journal,
        async append(entry) {
          if (entry.kind === 'recovery' && entry.value.intents.length > 0) throw new JournalBroken('full');
          await journal.append(entry);
        },
      }),
    });
    expect(code).toBe(1);
    expect(laptop.sent).toEqual([]);
  });

  it('ends before the next request where its file cannot be written any more', async () => {
    await laptop.restart();
    let writes = 0;
    const { code, text } = await laptop.recover([], {
      aroundJournal: (journal) => ({
        ...journal,
        async append(entry) {
          writes += 1;
          if (writes > 3) throw new JournalBroken(`${journal.path} cannot be written (ENOSPC)`);
          await journal.append(entry);
        },
      }),
    });
    expect(code).toBe(1);
    expect(text).toContain('cannot be written (ENOSPC)');
    expect(laptop.sent).toEqual([]);
  });
});

describe('the file of a recovery', () => {
  const named = () => `${laptop.folder}/named.jsonl`;

  it('is named by --file, also for the next time', async () => {
    await laptop.recover(['--file', 'named.jsonl']);
    await laptop.recover(['--file', 'named.jsonl']);
    expect((await laptop.entries(named())).filter(({ kind }) => kind === 'run')).toHaveLength(2);
  });

  it.each([
    ['others can write it', async () => chmod(named(), 0o660), 'chmod 600'],
    ['a line of it was changed', async () => damage(named()), 'is damaged in line 1'],
    [
      'it is something else',
      async () => writeFile(named(), 'hello', { mode: 0o600 }),
      'no file of a recovery',
    ],
  ])('is refused when %s, and nothing is sent', async (_when, change, why) => {
    await laptop.recover(['--file', 'named.jsonl']);
    await laptop.restart();
    await change();
    const before = await readFile(named());
    const { code, text } = await laptop.recover(['--file', 'named.jsonl']);
    expect(code).toBe(1);
    expect(text).toContain(why);
    expect(laptop.sent).toEqual([]);
    expect(await readFile(named())).toEqual(before);
  });

  it('is no link to another one', async () => {
    await symlink(`${laptop.folder}/fleet.yaml`, named());
    const { code, text } = await laptop.recover(['--file', 'named.jsonl']);
    expect(code).toBe(1);
    expect(text).toContain('cannot be written (ELOOP)');
  });

  it('is of one process at a time', async () => {
    await laptop.restart();
    const run = { kind: 'run', id: 'other', host: 'laptop', pid: process.ppid, cluster: 'payments', at: 1 };
    // The other one is just writing its next line.
    const theirs = `${JSON.stringify(run)}\n{"kind":`;
    await writeFile(named(), theirs, { mode: 0o600 });
    const { code, text } = await laptop.recover(['--file', 'named.jsonl']);
    expect(code).toBe(1);
    expect(await readFile(named(), 'utf8')).toBe(theirs);
    expect(text).toContain(`another sealwatch recover (process ${process.ppid})`);
    expect(laptop.sent).toEqual([]);
  });

  it('of a process that is gone is free at once', async () => {
    await laptop.restart();
    // Above the largest process id of Linux and macOS.
    const run = { kind: 'run', id: 'other', host: 'laptop', pid: 99_999_999, cluster: 'payments', at: 1 };
    await writeFile(named(), `${JSON.stringify(run)}\n`, { mode: 0o600 });
    expect((await laptop.recover(['--file', 'named.jsonl'])).code).toBe(0);
  });

  it('that another machine works with is waited for, until its time is up', async () => {
    await laptop.restart();
    const at = laptop.clock.now();
    const run = { kind: 'run', id: 'theirs', host: 'other', pid: 1, cluster: 'payments', at };
    const lease = { owner: 'theirs', pass: 1, until: at + 40_000 };
    const value = recovery({ way: 'break-glass', lease, requestedAt: at });
    const lines = [run, { kind: 'recovery', value }].map((entry) => `${JSON.stringify(entry)}\n`);
    await writeFile(named(), lines.join(''), { mode: 0o600 });
    const { code, text } = await laptop.recover(['--file', 'named.jsonl']);
    expect(text).toContain('Another machine began with this file: waits 40 s');
    expect(code).toBe(0);
    expect(laptop.sealed).toEqual([]);
  });

  it('of another cluster is left alone', async () => {
    const run = { kind: 'run', id: 'other', host: 'laptop', pid: 99_999_999, cluster: 'orders', at: 1 };
    await writeFile(named(), `${JSON.stringify(run)}\n`, { mode: 0o600 });
    const { code, text } = await laptop.recover(['--file', 'named.jsonl']);
    expect(code).toBe(1);
    expect(text).toContain('is of another cluster');
  });
});

async function damage(path: string): Promise<void> {
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.replace('"pid":', '"pid":-'));
}
