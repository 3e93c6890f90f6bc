/** Sinks as compose makes them from an entry of fleet.yaml, with secrets of a test. */
import { systemClock } from '../../shared/compose/clock.ts';
import type { Resolve } from '../../shared/compose/secrets.ts';
import { type SinkOptions, type Sinks, sinksOf } from '../../shared/compose/sinks.ts';
import type { SecretReference, SinkEntry } from '../../shared/fleet/fleet.ts';
import type { Limits } from '../../shared/fleet/limits.ts';
import type { NoticeSink, Sink, StoreSink } from '../../shared/rotation/rotation.ts';
import { limits } from '../fleet/builders.ts';

export const secretOf = (name: string) => `env:SEALWATCH_SECRET_${name}` as SecretReference;

export class SinksUnderTest {
  secrets: Record<string, string> = {
    [secretOf('KEY')]: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
  };
  /** What was asked for, in order. */
  readonly resolved: string[] = [];

  readonly #resolve: Resolve = async (text) => {
    this.resolved.push(text);
    if (!text.startsWith('env:')) return { ok: true, value: text };
    const found = this.secrets[text];
    return found === undefined
      ? { ok: false, code: 'missing', recoverable: true, message: `${text}: the variable is not set` }
      : { ok: true, value: found };
  };

  of(entries: SinkEntry[] | undefined, over: Partial<Limits> = {}, more: Partial<SinkOptions> = {}): Sinks {
    const rotation = entries && { sinks: entries, stepDown: false, graceMs: 0, overdueMs: 1 };
    return sinksOf(
      { name: 'payments', ...(rotation && { rotation }) },
      {
        limits: limits(over),
        resolve: this.#resolve,
        credential: () => Promise.reject(new Error('nobody signs in here')),
        clock: systemClock,
        ...more,
      },
    );
  }

  store(...asked: Parameters<SinksUnderTest['of']>): StoreSink {
    const sink = this.#first(asked);
    if (sink.holds !== 'value') throw new Error(`${sink.name} holds no values`);
    return sink;
  }

  notice(...asked: Parameters<SinksUnderTest['of']>): NoticeSink {
    const sink = this.#first(asked);
    if (sink.holds !== 'notice') throw new Error(`${sink.name} is not told`);
    return sink;
  }

  #first(asked: Parameters<SinksUnderTest['of']>): Sink {
    const made = this.of(...asked);
    const sink = made.ok ? made.sinks[0] : undefined;
    if (!sink) throw new Error(made.ok ? 'no sink' : made.why);
    return sink;
  }
}

export const hook = (url: string): SinkEntry => ({
  name: 'hook',
  kind: 'webhook',
  url,
  signingKeys: [secretOf('KEY')],
  withinMs: 0,
});
