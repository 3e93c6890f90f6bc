/**
 * A rollback in real storage (Azurite): a newer Sealwatch wrote every row, the older one runs over them, and changes none
 * but those that hold nothing but the latest measurement. Once they are readable again, everything goes on.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Azurite, startAzurite } from '../../../cli/start/azurite.ts';
import { systemClock } from '../../../shared/compose/clock.ts';
import { connectState } from '../../../shared/state/azure/connect.ts';
import { connectRecoverState } from '../../../shared/state/azure/recover/connect.ts';
import { connectRotateState } from '../../../shared/state/azure/rotate/connect.ts';
import type { State, UnreadableRow } from '../../../shared/state/ports.ts';
import type { RecoverState } from '../../../shared/state/recover-ports.ts';
import type { RotateState } from '../../../shared/state/rotate-ports.ts';
import { runPass } from '../../../shared/work/recover/pass.ts';
import { requestRecovery } from '../../../shared/work/recover/request.ts';
import { noteStarts } from '../../../shared/work/recover/starts.ts';
import { watchFacts } from '../../../shared/work/recover/watch-facts.ts';
import { showRotations } from '../../../shared/work/rotate/show-rotations.ts';
import { takeTurns } from '../../../shared/work/rotate/turn.ts';
import { readStatus } from '../../../shared/work/status.ts';
import { sweep, sweepOne } from '../../../shared/work/sweep.ts';
import { aReadiness } from '../../fakes/state/rotate-examples.ts';
import { kinds } from '../../state/upgrade/kinds.ts';
import { committedOf, fromFile } from '../../state/upgrade/rows.ts';
import { FleetUnderTest } from '../../work/fleet-under-test.ts';
import { ada, RecoveryUnderTest } from '../../work/recover/recovery-under-test.ts';
import { World } from '../../work/rotate/world/world.ts';
import { Stored } from './stored.ts';

const why = 'written by a newer Sealwatch (v2): upgrade this app';
const day = 24 * 3_600_000;
const unavailable = {
  delivered: false,
  reason: 'unavailable',
  recoverable: true,
  detail: 'HTTP 503',
} as const;

let azurite: Azurite;
let stored: Stored;
let watch: State;
let recover: RecoverState;
let rotate: RotateState;
let told: UnreadableRow[] = [];

beforeAll(async () => {
  azurite = await startAzurite();
  stored = new Stored(azurite);
  const tell = (row: UnreadableRow) => void told.push(row);
  watch = connectState(azurite, systemClock, tell);
  recover = connectRecoverState(azurite, systemClock, randomUUID, tell);
  rotate = connectRotateState(azurite, systemClock, randomUUID, tell);
  await Promise.all([watch.prepare(), recover.prepare(), rotate.prepare()]);
});
afterAll(() => azurite?.close());

async function changed(before: Record<string, string>): Promise<string[]> {
  const after = await stored.all();
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => before[name] !== after[name]).sort();
}

async function clear(): Promise<void> {
  told = [];
  for (const name of Object.keys(await stored.all())) {
    const [table = '', partitionKey = '', ...rest] = name.split('/');
    if (!table.startsWith('blob')) await stored.table(table).deleteEntity(partitionKey, rest.join('/'));
  }
}

describe('the watch app', () => {
  const fleet = new FleetUnderTest({
    top: 'channels: {chat: {kind: slack, url: "env:SECRET_CHAT"}}',
    clusters: { payments: {}, orders: {} },
  });
  const process = () => fleet.process({ state: watch });
  /** The fleet's time must not run away from storage, which takes its own. */
  const paced = async <T>(work: Promise<T>): Promise<T> => {
    for (;;) {
      const [done] = await Promise.race([
        work.then(
          () => [true],
          () => [true],
        ),
        setTimeout(1, [false]),
      ]);
      if (done) return work;
      if (fleet.clock.sleeping > 0) await fleet.clock.advance(10);
    }
  };
  const swept = async () => {
    await fleet.clock.advance(30_000);
    return paced(sweep(process()));
  };

  it('sweeps nothing that it cannot read, says so, and changes none of it', async () => {
    await swept();
    fleet.simulation('orders').apply({ kind: 'seal', node: 'orders-2' });
    expect(await swept()).toMatchObject({ complete: true });
    fleet.answers.set('chat', unavailable);
    fleet.simulation('payments').apply({ kind: 'seal', node: 'payments-2' });
    expect(await swept()).toMatchObject({ complete: true });
    fleet.answers.delete('chat');
    const until = new Date(fleet.clock.now() + day);
    await stored.table('acknowledgements').createEntity({
      partitionKey: 'payments',
      rowKey: 'all',
      v: 1,
      kind: 'silence',
      by: 'Ada',
      at: until,
      until,
    });
    await recover.holds.set({ cluster: 'orders', by: 'Ada', reason: 'x', until: Date.now() + day, at: 1 });
    await rotate.readiness.save(aReadiness({ cluster: 'payments' }));
    await stored.becomes(2);
    const before = await stored.all();
    const posted = fleet.posted.filter((post) => post.taken).length;
    const result = await swept();
    expect(result.complete).toBe(false);
    expect(result.failed.map((one) => one.cluster).sort()).toEqual(['fleet', 'orders', 'payments']);
    expect(result.failed.every((one) => one.why.includes(why))).toBe(true);
    for (const cluster of ['orders', 'payments'])
      await paced(sweepOne(process(), cluster)).catch(() => undefined);
    // The record of the last sweep is that of this one: a watcher that is rolled back must not look dead.
    expect(await changed(before)).toEqual(['live/fleet/sweep']);
    const status = await readStatus(process());
    expect(status.notSwept).toHaveLength(3);
    expect(status.unreadable).toEqual(
      expect.arrayContaining([`orders/head: ${why}`, `payments/head: ${why}`]),
    );
    expect(JSON.stringify(status.clusters)).toContain(`table readiness, row latest: ${why}`);
    expect(told).toContainEqual({ partition: 'holds/hold', row: 'orders', why });
    expect(told).toContainEqual({ partition: 'acknowledgements/payments', row: 'all', why });
    expect(Object.keys(before).filter((name) => name.includes('/outbox-'))).not.toEqual([]);
    expect(fleet.posted.filter((post) => post.taken)).toHaveLength(posted);
    await expect(watchFacts(watch.live, 'payments')).rejects.toMatchObject({ code: 'unreadable' });
    expect(fleet.logged.join('\n')).toContain('"event":"row-unreadable"');
  });

  it('goes on once it can read them again', async () => {
    await stored.becomes(1);
    expect(await swept()).toMatchObject({ complete: true, failed: [] });
    await clear();
  });
});

describe('the recover app', () => {
  let world: RecoveryUnderTest;
  let id = '';
  const process = () => world.process({ state: recover });

  beforeAll(async () => {
    world = await new RecoveryUnderTest().ready();
    const row = await world.state.generations.newest('payments');
    if (row) await recover.generations.save(row.value, undefined);
    for (const [name, bytes] of world.state.blobs) await recover.escrow.create(name, bytes);
    await recover.starts.note(await world.state.starts.of('payments'));
    await world.restart();
    const asked = { kind: 'unseal', way: 'automatic', by: ada.id, byName: ada.name, reason: 'x' } as const;
    const opened = await requestRecovery(process(), 'payments', { ...asked, dryRun: false, lost: [] });
    id = opened.ok ? opened.value.id : '';
  });

  it('sends nothing, opens nothing beside what it cannot read, says so, and changes none of it', async () => {
    await recover.holds.set({ cluster: 'orders', by: 'Ada', reason: 'x', until: Date.now() + day, at: 1 });
    await stored.becomes(2);
    const before = await stored.all();
    const refusal = { code: 'unreadable', message: expect.stringContaining(why) as string };
    await expect(runPass(process(), 'payments')).rejects.toMatchObject(refusal);
    const asked = { kind: 'unseal', way: 'manual', by: ada.id, byName: ada.name, reason: 'x' } as const;
    const again = requestRecovery(process(), 'payments', { ...asked, dryRun: false, lost: [] });
    await expect(again).rejects.toMatchObject(refusal);
    await expect(recover.recoveries.read('payments', id)).rejects.toMatchObject(refusal);
    await expect(recover.holds.end('orders')).rejects.toMatchObject(refusal);
    expect((await recover.recoveries.list('payments', 0)).unreadable).toEqual([
      { partition: 'payments', row: `r-${id}`, why },
    ]);
    expect(world.sent).toEqual([]);
    expect(await changed(before)).toEqual([]);
  });

  it('replaces notes of starts alone, which prove nothing until then', async () => {
    const before = await stored.all();
    world.simulation.apply({ kind: 'seal', node: 'payments-0' });
    await noteStarts(process());
    expect((await changed(before)).filter((name) => !name.startsWith('starts/'))).toEqual([]);
  });

  it('goes on once it can read them again', async () => {
    await stored.becomes(1);
    await recover.starts.note(await world.state.starts.of('payments'));
    for (let passes = 0; passes < 20; passes += 1) {
      await runPass(process(), 'payments');
      if ((await recover.recoveries.read('payments', id))?.value.status === 'ended') break;
      await world.clock.sleep(5_000);
    }
    const ended = await recover.recoveries.read('payments', id);
    expect(ended?.value.ended).toMatchObject({ outcome: 'recovered' });
    await clear();
  });
});

describe('the rotate app', () => {
  const world = new World('ours');
  const process = () => ({ ...world.deps(), state: rotate });

  it('makes nothing, delivers nothing, says so, and changes none of what it cannot read', async () => {
    await world.clock.advance(91 * day);
    await takeTurns(process(), 'payments');
    const { rows } = await rotate.rotations.allActive();
    expect(rows).toMatchObject([{ cluster: 'payments', status: 'open' }]);
    await stored.becomes(2);
    const before = await stored.all();
    const made = world.provider.made.length;
    await world.clock.advance(3_600_000);
    await takeTurns(process(), 'payments');
    expect(world.provider.made).toHaveLength(made);
    expect(world.logged.join('\n')).toContain(why);
    expect(await changed(before)).toEqual([]);
    const shown = await showRotations(process(), 'payments');
    expect(JSON.stringify(shown)).toContain(why);
    expect((await watch.rotate.rotations()).unreadable.map((row) => row.why)).toEqual([why]);
  });

  it('goes on once it can read them again', async () => {
    await stored.becomes(1);
    const stageOf = async () => (await rotate.rotations.allActive()).rows[0]?.stage;
    for (let turns = 0; turns < 10 && (await stageOf()) !== 'verified'; turns += 1) {
      await world.clock.advance(600_000);
      await takeTurns(process(), 'payments');
    }
    expect(await stageOf()).toBe('verified');
    await clear();
  });
});

describe('rows that version 1 once wrote', () => {
  const inTables = kinds.filter(({ name }) => name !== 'envelopes' && name !== 'break-glass-journal');

  it.each(inTables.map((kind) => [kind.name, kind] as const))(
    '%s: stored and read back',
    async (_name, kind) => {
      for (const { row, value } of committedOf(kind)) {
        const client = stored.table('live');
        const { partitionKey, rowKey, ...columns } = fromFile(row);
        await client.upsertEntity({ partitionKey, rowKey, ...columns }, 'Replace');
        const back = await client.getEntity(partitionKey, rowKey);
        expect(kind.read({ ...back, partitionKey, rowKey })).toEqual({ ok: true, value });
      }
    },
  );
});
