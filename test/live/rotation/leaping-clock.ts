/** The real clock, put ahead at once: what took place before stays before it, also what nodes tell of themselves. */
import type { Clock } from '../../../shared/clock.ts';
import { systemClock } from '../../../shared/compose/clock.ts';
import type { ConsumerSight } from '../../../shared/rotation/rotation.ts';

export class LeapingClock implements Clock {
  readonly elapsed = () => systemClock.elapsed();
  readonly sleep: Clock['sleep'] = (...given) => systemClock.sleep(...given);
  readonly after: Clock['after'] = (...given) => systemClock.after(...given);
  readonly #leaps: { at: number; ms: number }[] = [];

  now(): number {
    return this.told(systemClock.now());
  }

  goAhead(ms: number): void {
    this.#leaps.push({ at: systemClock.now(), ms });
  }

  /** @param sight by the real clock. */
  tell({ nodes, leaderSince, ...rest }: ConsumerSight): ConsumerSight {
    return {
      ...rest,
      nodes: nodes.map((node) =>
        node.startedAt === undefined ? node : { ...node, startedAt: this.told(node.startedAt) },
      ),
      ...(leaderSince !== undefined && { leaderSince: this.told(leaderSince) }),
    };
  }

  /** Of a moment by the real clock, what this one showed then. */
  told(real: number): number {
    return this.#leaps.reduce((sum, { at, ms }) => (at <= real ? sum + ms : sum), real);
  }
}
