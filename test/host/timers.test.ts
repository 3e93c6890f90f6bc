import { expect, test } from 'vitest';
import type { TypedData } from '../../host/core-types.ts';
import type { HostedFunction } from '../../host/hosted-function.ts';
import { startTimer } from '../../host/timers.ts';
import { createLog } from '../../shared/log/log.ts';

const never = '0 0 0 1 1 *';
const probe: HostedFunction = {
  name: 'probe',
  triggerName: 'timer',
  registration: { name: 'probe', bindings: {}, callback: () => undefined },
  trigger: { kind: 'timer', schedule: never },
};

function timerOf(run: () => Promise<void>) {
  const records: Record<string, unknown>[] = [];
  const inputs: { IsPastDue: boolean }[] = [];
  const log = createLog({ write: (line) => records.push(JSON.parse(line)), clock: { now: () => 0 } });
  const invoke = async (_: HostedFunction, input: TypedData) => {
    inputs.push(JSON.parse(input.json ?? ''));
    await run();
    return {};
  };
  return { timer: startTimer(probe, never, invoke, log), records, inputs };
}

test('a tick while the last run is still going is skipped and logged; the next run knows', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { timer, records, inputs } = timerOf(() => promise);
  const first = timer.tick();
  await timer.tick();
  expect(records).toMatchObject([{ level: 'warn', event: 'timer-skipped', function: 'probe' }]);
  expect(inputs).toHaveLength(1);
  resolve();
  await first;
  await timer.tick();
  await timer.tick();
  expect(inputs.map(({ IsPastDue }) => IsPastDue)).toEqual([false, true, false]);
  timer.stop();
});

test('a run that fails does not end the schedule', async () => {
  let runs = 0;
  const { timer, inputs } = timerOf(() => {
    runs += 1;
    return runs === 1 ? Promise.reject(new Error('once')) : Promise.resolve();
  });
  await timer.tick();
  await timer.tick();
  expect(inputs).toHaveLength(2);
  timer.stop();
});

test('after stop there is no next time', () => {
  const { timer } = timerOf(() => Promise.resolve());
  expect(timer.next()).toBeGreaterThan(0);
  timer.stop();
  expect(timer.next()).toBeUndefined();
});
