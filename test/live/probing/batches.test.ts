/** A fleet in batches: real Vaults, real storage, and functions/watch in processes that come and go. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { batchKey } from '../../../shared/state/batch-rows.ts';
import { until } from '../../servers/until.ts';
import { type BatchedFleet, startBatchedFleet, type Worker } from './batched-fleet.ts';

const names = ['billing', 'orders', 'payments'];
const victim = 'orders';
const others = names.filter((name) => name !== victim);
const seconds = 45;
/** Of the log: what Sealwatch's own failures look like. */
const failures = ['function-failed', 'queue-message-poisoned', 'nudge-poisoned', 'batch-failed'];

let fleet: BatchedFleet;
/** Of the two, only this one has the timer. */
let timer: Worker;
let other: Worker;

beforeAll(async () => {
  fleet = await startBatchedFleet(names);
  [timer, other] = await Promise.all([
    fleet.startWorker({ timer: true }),
    fleet.startWorker({ timer: false }),
  ]);
});
afterAll(() => fleet?.close());

const soon = (what: string, holds: () => Promise<boolean> | boolean): Promise<true> =>
  until(
    what,
    seconds,
    async () => (await holds()) || undefined,
    () => [...fleet.told(), ...fleet.logged.slice(-60).map((record) => JSON.stringify(record))].join('\n'),
  );
const rowOf = async (cluster: string) => (await fleet.rows()).find((row) => row.cluster === cluster);
const observed = async () => [...(await fleet.blobs()).values()].flat();
/** When the newest observation of a cluster began, ms; 0 without one. */
const seenAt = async (cluster: string) =>
  Math.max(0, ...(await observed()).flatMap((each) => (each.cluster === cluster ? each.startedAt : [])));
const allSeenSince = async (time: number, clusters = names) =>
  (await Promise.all(clusters.map(seenAt))).every((at) => at > time);
/** Of a sweep in which its batch was taken later than that. */
const onlyVictimRuns = async (time: number) =>
  (await fleet.rows()).every(({ cluster, batch: { claim, result } }) =>
    cluster === victim ? claim && claim.at > time && !result : result,
  );
const failed = (mark = 0) => fleet.logged.slice(mark).filter(({ event }) => failures.includes(String(event)));
const toldSince = (mark: number) => fleet.told().slice(mark);

/** Stops a Vault as a machine does that swaps: its port is open, and nothing comes back. */
async function whileHung(cluster: string, act: () => Promise<void>): Promise<void> {
  const pid = fleet.clusters.get(cluster)?.nodes[0]?.pid;
  if (pid === undefined) throw new Error(`${cluster} does not run`);
  process.kill(pid, 'SIGSTOP');
  try {
    await act();
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

test('two workers watch every cluster, sweep after sweep: each has its batch, its blob and its part of a complete sweep', async () => {
  const first = await until('a complete sweep', seconds, async () => {
    const last = await fleet.state.sweeps.last();
    return last?.complete ? last : undefined;
  });
  expect(first).toMatchObject({ clusters: 3, nodes: 3 });
  const rows = await fleet.rows();
  expect(rows.map(({ cluster }) => cluster).sort()).toEqual(names);

  await soon('each cluster is watched again', () => allSeenSince(first.plannedAt ?? Infinity));
  await soon('that is on record', async () => {
    const last = await fleet.state.sweeps.last();
    return (last?.turn ?? 0) > (first.turn ?? 0) && last?.complete === true;
  });
  expect([...(await fleet.blobs()).keys()].sort()).toEqual(
    rows.map(({ batch }) => `${batchKey(batch.number)}.json`).sort(),
  );
  await soon('each Vault is seen unsealed', async () => {
    const unsealed = (await observed()).filter(({ nodes }) =>
      nodes.every(({ health }) => health.ok && health.status === 200),
    );
    return names.every((name) => unsealed.some(({ cluster }) => cluster === name));
  });
  expect(failed()).toEqual([]);
});

test('a Vault that is sealed is told, and its end', async () => {
  const mark = fleet.told().length;
  const cluster = fleet.clusters.get(victim);
  await cluster?.seal(`${victim}-1`);
  await soon('told', () => toldSince(mark).includes(`${victim} fired cluster-sealed cluster`));
  await cluster?.whole();
  await soon('told', () => toldSince(mark).includes(`${victim} resolved cluster-sealed cluster`));
  expect(toldSince(mark).filter((line) => others.some((name) => line.startsWith(`${name} `)))).toEqual([]);
});

test('a worker that is killed with a batch: its cluster is told, the others are watched on, then all are again', async () => {
  timer.away = true;
  await soon('the other worker runs all batches', async () =>
    (await fleet.rows()).every(({ batch }) => batch.claim?.by === other.id && batch.result),
  );
  const mark = fleet.told().length;
  const stoppedAt = Date.now();
  await whileHung(victim, async () => {
    await soon('it is in the middle of one, and the others ended', () => onlyVictimRuns(stoppedAt));
    await other.kill();
  });
  const killedAt = Date.now();
  timer.away = false;

  await soon('told', () => toldSince(mark).includes(`fleet fired sweep-gap ${victim}`));
  await soon('the others are watched', () => allSeenSince(killedAt, others));
  // Nobody takes what another may have yet.
  expect(await seenAt(victim)).toBeLessThan(killedAt);
  const { batch, etag } = (await rowOf(victim)) ?? {};
  if (!batch?.claim || !etag) throw new Error(`${victim} has no claimed batch`);
  expect(batch).toMatchObject({ claim: { by: other.id } });
  expect(batch).not.toHaveProperty('result');

  // The lease of a minute ends by hand.
  const ended = { ...batch, claim: { ...batch.claim, until: batch.claim.at } };
  expect(await fleet.state.batches.update({ value: ended, etag })).toMatchObject({ value: ended });
  await soon('all are watched', () => allSeenSince(killedAt));
  await soon('told', () => toldSince(mark).includes(`fleet resolved sweep-gap ${victim}`));
  await soon('a complete sweep', async () => {
    const last = await fleet.state.sweeps.last();
    return last?.complete === true && last.startedAt > killedAt;
  });
  expect(failed()).toEqual([]);
});

test('messages that come twice, that were forged, and rubbish change nothing, and none is poison', async () => {
  await timer.stop();
  // Messages that the killed worker held would be hidden for minutes; those of the last plan go, too.
  await fleet.clear('probe');
  const [worker] = await Promise.all([
    fleet.startWorker({ timer: false }),
    fleet.startWorker({ timer: false }),
  ]);
  const sweepId = async () => (await fleet.rows())[0]?.batch.sweep.id ?? '';
  /** A tick that comes too early plans nothing. */
  const planAnew = async (): Promise<string> => {
    const before = await sweepId();
    await soon('a plan', async () => {
      await worker.tick();
      return (await sweepId()) !== before;
    });
    return sweepId();
  };
  const left = (messages: number) =>
    soon(`${messages} messages are left`, async () => (await fleet.waiting('probe')) <= messages);
  const allEnd = async (): Promise<void> => {
    await soon('batches end', async () => (await fleet.rows()).every(({ batch }) => batch.result));
    await left(0);
  };
  const sendAll = async (): Promise<void> => {
    for (const message of [...named(sweep), ...named(sweep), ...forged, ...rubbish])
      await fleet.put('probe', message);
  };
  const claims = async () => (await fleet.rows()).map(({ batch }) => batch.claim);
  const stored = async () => [await fleet.rows(), await fleet.state.live.scan(), await fleet.blobs()];

  // Whoever plans now finds that nobody took the last plan: that run fails, and others before the next plan.
  let sweep = await planAnew();
  await allEnd();
  let begun = 0;
  await whileHung(victim, async () => {
    sweep = await planAnew();
    await soon('one batch runs, and the others ended', () => onlyVictimRuns(0));
    begun = fleet.logged.length;
    const before = await claims();
    await sendAll();
    await left(1);
    expect(await claims()).toEqual(before);
  });
  await allEnd();

  const before = await stored();
  const mark = fleet.logged.length;
  await sendAll();
  await left(0);
  expect(await stored()).toEqual(before);
  const wanted = [...forged.map(() => 'batch-outdated'), ...rubbish.map(() => 'nudge-malformed')];
  const answers = () =>
    fleet.logged.slice(mark).flatMap(({ event }) => (wanted.includes(String(event)) ? String(event) : []));
  await soon('what names no batch is in the log', () => answers().length >= wanted.length);
  expect(answers().sort()).toEqual(wanted.sort());
  expect(failed(begun)).toEqual([]);
  expect(await fleet.waiting('probe-poison')).toBe(0);

  await planAnew();
  expect(await fleet.state.sweeps.last()).toMatchObject({ id: sweep, complete: true });
  await allEnd();
});

/** The last one was never planned. */
const named = (sweep: string) => [0, 1, 2, 99_999].map((number) => `batch.${sweep}.${number}`);
const forged = ['batch.x.1', 'batch.6f1c0b9e-9d3c-4b58-a6a8-6a0a1d5a7c11.0'];
const rubbish = [
  '{"batch":"x"}',
  'batch.x.1.1',
  'BATCH.x.1',
  'batch.x.100000',
  'batch..1',
  '../fleet',
  '<&>',
  'x'.repeat(40_000),
];
