import { expect, it } from 'vitest';
import { paced } from '../../../shared/escrow/custodians/pace.ts';
import { InstantClock } from '../build.ts';

it('lets a burst through at once, and never more than 1,000 calls in any ten seconds', async () => {
  const clock = new InstantClock();
  const at: number[] = [];
  const note = async () => {
    at.push(clock.elapsed());
    return new Uint8Array();
  };
  const calls = paced({ getKey: async () => ({}), wrapKey: note, unwrapKey: note }, clock);
  const started = clock.elapsed();
  const { signal } = new AbortController();
  for (let call = 0; call < 3000; call += 1) await calls.unwrapKey('key', Buffer.alloc(1), signal);
  expect(at.filter((time) => time - started < 1).length).toBe(400);
  const most = Math.max(
    ...at.map((from) => at.filter((time) => time >= from && time < from + 10_000).length),
  );
  expect(most).toBeLessThanOrEqual(1001);
  expect(most).toBeGreaterThan(900);
});

it('ends its waiting with the caller’s signal', async () => {
  const clock = new InstantClock();
  const calls = paced(
    {
      getKey: async () => ({}),
      wrapKey: async () => new Uint8Array(),
      unwrapKey: async () => new Uint8Array(),
    },
    clock,
  );
  const stopped = new AbortController();
  for (let call = 0; call < 420; call += 1)
    void calls.getKey('key', undefined, stopped.signal).catch(() => undefined);
  stopped.abort();
  await expect(calls.getKey('key', undefined, stopped.signal)).rejects.toThrow();
});
