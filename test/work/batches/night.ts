/** A fleet above its threshold: ticks of the timer, messages on the queue, and as many workers as a test likes. */
import { batchOfNudge } from '../../../shared/work/batches/batch-name.ts';
import { runBatches } from '../../../shared/work/batches/run-batch.ts';
import type { WatchDeps } from '../../../shared/work/deps.ts';
import type { SweepResult } from '../../../shared/work/record.ts';
import { sweep } from '../../../shared/work/sweep.ts';
import { FleetUnderTest, intervalMs } from '../fleet-under-test.ts';

export { intervalMs };

export interface LargeOptions {
  /** Of one node each, called c00, c01 … */
  clusters?: number;
  /** Within `probe.batches`. */
  batches?: string;
  top?: string;
  /** Name of a cluster → lines of its entry. */
  yaml?: Record<string, string>;
}

export function largeFleet({
  clusters = 8,
  batches = 'from: 3, clusters: 3',
  top = '',
  yaml = {},
}: LargeOptions = {}) {
  const names = Array.from({ length: clusters }, (_, n) => `c${String(n).padStart(2, '0')}`);
  const lines = [
    'heartbeat: {url: "https://127.0.0.1/beat"}',
    `probe: {batches: {${batches}}}`,
    channels,
    top,
  ];
  return new LargeFleet({
    top: lines.join('\n'),
    clusters: Object.fromEntries(names.map((name) => [name, { nodes: 1, yaml: yaml[name] ?? '' }])),
    env: { SECRET_CHAT: 'https://hooks.slack.com/services/T/B/X' },
  });
}

const channels = 'channels: {chat: {kind: slack, url: "env:SECRET_CHAT"}}';

export class LargeFleet extends FleetUnderTest {
  /** What is on the queue; a test may lose or repeat some. */
  get queue(): string[] {
    return this.state.nudgedBatches.map(({ name }) => name);
  }

  /** Takes all that is on the queue off it. */
  take(): string[] {
    const names = this.queue;
    this.state.nudgedBatches.length = 0;
    return names;
  }

  /** One message, run by one worker. */
  run(name: string, deps: WatchDeps = this.main): Promise<void> {
    const batch = batchOfNudge(name);
    if (!batch) throw new Error(`${name}: no batch`);
    return runBatches(deps, batch);
  }

  /** One tick of the timer, then all of its batches at once. */
  async round(afterMs: number = intervalMs, workers: WatchDeps[] = [this.main]): Promise<SweepResult> {
    const result = await this.tick(afterMs);
    await this.work(this.take(), workers);
    return result;
  }

  async tick(afterMs: number = intervalMs, timer: WatchDeps = this.main): Promise<SweepResult> {
    await this.clock.advance(afterMs);
    return this.passTime(sweep(timer));
  }

  async work(names: string[], workers: WatchDeps[] = [this.main]): Promise<void> {
    const runs = names.map((name, index) => this.run(name, workers[index % workers.length]));
    await this.passTime(Promise.all(runs));
  }

  /** How often each node's health was asked since then. */
  askedSince(from: number): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { node, what } of this.asked.slice(from))
      if (what === 'GET sys/health') counts[node] = (counts[node] ?? 0) + 1;
    return counts;
  }

  /** Messages about findings: "fired cluster-sealed c03". */
  told(): string[] {
    return this.taken('chat').flatMap(({ cluster, changes }) =>
      changes.map(({ change, finding: { code, subject } }) => {
        const of = cluster === 'fleet' && 'name' in subject ? subject.name : cluster;
        return `${change} ${code} ${of}`;
      }),
    );
  }
}
