import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openRecovery, readJournal } from '../../../shared/work/break-glass/journal.ts';
import { journalName, openJournal } from '../../../shared/work/break-glass/journal-file.ts';
import { readRaft } from '../../../shared/work/break-glass/raft-file.ts';
import { recovery } from '../../recovery/build.ts';

const line = (entry: object) => `${JSON.stringify(entry)}\n`;
const row = (over: Parameters<typeof recovery>[0] = {}) => ({
  kind: 'recovery',
  value: recovery({ way: 'break-glass', ...over }),
});

describe('a journal', () => {
  it('gives back what was written, with fields of the row that its schema does not name', () => {
    const entry = row({ sets: { 'vault-1': 2 }, since: { restart: 5 } });
    expect(readJournal(Buffer.from(line(entry)))).toEqual({
      ok: true,
      entries: [entry],
      bytes: line(entry).length,
    });
  });

  it('ends before a line that was not written to its end, wherever it was cut', () => {
    const whole = line(row());
    const second = line(row({ passes: 2 }));
    for (let cut = 0; cut < second.length; cut += 1) {
      const read = readJournal(Buffer.from(whole + second.slice(0, cut)));
      expect(read).toMatchObject({ ok: true, bytes: whole.length });
    }
  });

  it.each([
    ['no JSON', 'x\n'],
    ['an unknown kind', line({ kind: 'approval', value: {} })],
    ['a row without its intents', line({ kind: 'recovery', value: { ...recovery(), intents: undefined } })],
    ['an intent without its node', line(row({ intents: [{ pass: 1 } as never] }))],
    ['an empty line', '\n'],
  ])('with %s in its middle is damaged, and says where', (_what, bad) => {
    expect(readJournal(Buffer.from(line(row()) + bad + line(row())))).toEqual({ ok: false, line: 2 });
  });

  it('of a newer version says so, whichever run wrote that', () => {
    const run = { kind: 'run', id: 'a', host: 'laptop', pid: 7, cluster: 'payments', at: 1 };
    const text = (...entries: object[]) => Buffer.from(entries.map(line).join(''));
    expect(readJournal(text(run, { ...run, v: 1 }))).toMatchObject({ ok: true });
    expect(readJournal(text(run, { ...run, v: 2 }))).toEqual({ ok: false, line: 2, newer: 2 });
    expect(readJournal(text(run, { kind: 'of-later' }, { ...run, v: 3 }))).toEqual({
      ok: false,
      line: 2,
      newer: 3,
    });
  });

  it('of a newer version is refused by name and fix, and stays as it is', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sealwatch-journal-'));
    try {
      const path = join(folder, journalName('payments', 1));
      const written = line({ kind: 'run', v: 2, id: 'a', cluster: 'payments', at: 1 });
      await writeFile(path, written, { mode: 0o600 });
      const owner = { id: 'b', host: 'laptop', pid: 7, lives: () => false };
      const opened = await openJournal(path, 'payments', 1, owner);
      const message = `${path} was written by a newer Sealwatch (v2): upgrade this one, or name another file`;
      expect(opened).toMatchObject({ ok: false, message: expect.stringContaining(message) });
      expect(await readFile(path, 'utf8')).toBe(written);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('holds an open recovery until that one has ended', () => {
    const ended = row({ status: 'ended', ended: { at: 1, outcome: 'failed', summary: 'no' } });
    const entries = (...rows: object[]) => {
      const read = readJournal(Buffer.from(rows.map(line).join('')));
      return read.ok ? read.entries : [];
    };
    expect(openRecovery(entries(row()), 'payments')?.id).toBe('payments.r1');
    expect(openRecovery(entries(row()), 'orders')).toBeUndefined();
    expect(openRecovery(entries(row(), ended), 'payments')).toBeUndefined();
  });

  it('is named by cluster and time, in the order of time', () => {
    expect(journalName('payments', Date.UTC(2026, 10, 22, 2, 0, 0, 7))).toBe(
      'sealwatch-recovery-payments-20261122T020000007Z.jsonl',
    );
  });
});

describe('a raft configuration from before', () => {
  it('is read as vault prints it', () => {
    const servers = [
      { node_id: 'raft-1', address: '10.0.0.1:8201', leader: true, protocol_version: '3', voter: true },
    ];
    const text = JSON.stringify({ request_id: 'r', data: { config: { index: 7, servers } } });
    expect(readRaft(text, 5)).toEqual({
      ok: true,
      raft: { at: 5, servers: [{ nodeId: 'raft-1', address: '10.0.0.1:8201', voter: true }] },
    });
  });

  it.each(['', '{}', '{"data":{"config":{"servers":[]}}}', '[1]'])(
    'that is something else is named: %j',
    (text) => {
      expect(readRaft(text, 5)).toMatchObject({
        ok: false,
        problem: expect.stringContaining('raft list-peers'),
      });
    },
  );
});
