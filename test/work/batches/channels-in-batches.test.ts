/** Channels that take nothing, as batches see them: what each owes, and what they find out at the same time. */
import { describe, expect, it } from 'vitest';
import type { Delivery } from '../../../shared/alert/channel.ts';
import type { Batch } from '../../../shared/state/ports.ts';
import { aroundPorts } from '../around-ports.ts';
import { intervalMs, type LargeFleet, largeFleet } from './night.ts';
import { never, rowsOf, updatingOnly, workerWith } from './workers.ts';

const gone: Delivery = { delivered: false, reason: 'gone', recoverable: false, detail: 'HTTP 410' };

const seal = (fleet: LargeFleet, cluster: string) =>
  fleet.simulation(cluster).apply({ kind: 'seal', node: `${cluster}-1` });
const undeliverable = async (fleet: LargeFleet) =>
  ((await fleet.state.live.read('fleet')).head?.value.alerts ?? [])
    .filter(({ finding, resolvedAt }) => finding.code === 'alert-undeliverable' && resolvedAt === undefined)
    .map(({ key }) => key);

describe('a channel whose message waits in a batch', () => {
  /** It is told nothing but what is critical, so that the fleet owes it nothing. */
  async function owing(): Promise<LargeFleet> {
    const fleet = largeFleet();
    fleet.yaml = fleet.yaml.replace('kind: slack,', 'kind: slack, minimumSeverity: critical,');
    fleet.answers.set('chat', gone);
    await fleet.round(0);
    seal(fleet, 'c04');
    for (let n = 0; n < 3; n += 1) await fleet.round();
    expect(await undeliverable(fleet)).toEqual(['alert-undeliverable channel:chat']);
    return fleet;
  }
  const stays = async (fleet: LargeFleet) => {
    expect(await undeliverable(fleet)).toEqual(['alert-undeliverable channel:chat']);
    for (let n = 0; n < 4; n += 1) await fleet.round();
    expect(await undeliverable(fleet)).toEqual(['alert-undeliverable channel:chat']);
    fleet.answers.delete('chat');
    await fleet.round(3_600_000);
    for (let n = 0; n < 2; n += 1) await fleet.round();
    expect(await undeliverable(fleet)).toEqual([]);
  };

  it.each([
    { fate: 'is not taken', afterMs: intervalMs },
    { fate: 'still runs', afterMs: intervalMs },
    { fate: 'died', afterMs: 100_000 },
    { fate: 'could not run', afterMs: intervalMs },
  ])('is well by no sweep in which that batch $fate', async ({ fate, afterMs }) => {
    const fleet = await owing();
    await fleet.tick();
    const { batches } = await fleet.state.batches.list();
    const its = batches.find(({ value }) => 'from' in value.share && value.share.from === 'c03')?.value
      .number;
    const [owes, others] = [true, false].map((isIts) =>
      fleet.queue.filter((name) => name.endsWith(`.${its}`) === isIts),
    );
    fleet.take();
    await fleet.work(others ?? [], [fleet.process()]);
    const worker = aroundPorts(fleet.process(), (call, run) => {
      if (call.name !== 'live.scan') return run();
      return fate === 'could not run' ? Promise.reject(new Error('cut')) : never();
    });
    const runs = fate === 'is not taken' ? [] : (owes ?? []).map((name) => fleet.run(name, worker));
    await fleet.passTime(Promise.race([Promise.all(runs), fleet.clock.sleep(10_000)]));
    await fleet.tick(afterMs);
    await stays(fleet);
  });

  it('is well in the end, though one batch or another has no result at any tick: what those owe is read', async () => {
    const fleet = await owing();
    fleet.answers.delete('chat');
    await fleet.round(3_600_000);
    const isLast = ({ number }: Batch) => number === 2;
    const taken = updatingOnly(fleet, isLast, () => Promise.resolve('conflict'));
    for (let n = 0; n < 3; n += 1) {
      await fleet.tick();
      await fleet.work(fleet.take(), [workerWith(fleet, { batches: taken })]);
    }
    expect((await rowsOf(fleet)).filter(({ result }) => !result)).toMatchObject([{ number: 2 }]);
    expect(await undeliverable(fleet)).toEqual([]);
  });

  it('is not well where what such a batch owes cannot be read', async () => {
    const fleet = await owing();
    const { live } = fleet.state;
    const scan: typeof live.scan = () => Promise.reject(new Error('throttled'));
    const timer = workerWith(fleet, { live: { scan } });
    await fleet.tick();
    fleet.take();
    await fleet.tick(intervalMs, timer);
    expect(await undeliverable(fleet)).toEqual(['alert-undeliverable channel:chat']);
    expect(fleet.logged.join()).toContain('owed-not-read');
  });

  it('is well by no plan that is the first', async () => {
    const fleet = await owing();
    const { yaml } = fleet;
    fleet.yaml = yaml.replace('from: 3', 'from: 100');
    await fleet.tick();
    fleet.yaml = yaml;
    await fleet.tick();
    await stays(fleet);
  });

  it('is well by no row that cannot be read', async () => {
    const fleet = await owing();
    const { batches } = await fleet.state.batches.list();
    const its = batches.find(({ value }) => 'from' in value.share && value.share.from === 'c03')?.value
      .number;
    fleet.state.batches.damage(its ?? -1, 'damaged: share: wrong');
    await fleet.tick();
    await stays(fleet);
  });
});

describe('channels whose fallbacks took their messages', () => {
  const url = 'kind: slack, minimumSeverity: critical, url: "env:SECRET_CHAT"';
  const channels = `channels: {a: {${url}, fallback: p}, b: {${url}, fallback: p}, p: {${url}}}`;

  it('are findings, each of them, though all batches end at once', async () => {
    const fleet = largeFleet({ yaml: { c00: 'notify: [a]', c04: 'notify: [a]', c07: 'notify: [b]' } });
    fleet.yaml = fleet.yaml.replace(/^channels: .*$/m, channels);
    for (const channel of ['a', 'b']) fleet.answers.set(channel, gone);
    await fleet.round(0);
    for (const cluster of ['c00', 'c04', 'c07']) seal(fleet, cluster);
    let reading = 0;
    const { promise: all, resolve: go } = Promise.withResolvers<void>();
    const worker = workerWith(fleet, {
      live: {
        async read(cluster) {
          const found = await fleet.state.live.read(cluster);
          if (cluster === 'fleet') {
            reading += 1;
            if (reading === 3) go();
            await all;
          }
          return found;
        },
      },
    });
    await fleet.round(intervalMs, [worker]);
    for (let n = 0; n < 3; n += 1) await fleet.round();
    expect((await undeliverable(fleet)).toSorted()).toEqual([
      'alert-undeliverable channel:a',
      'alert-undeliverable channel:b',
    ]);
  });
});
