/** Timer triggers: by schedule, by hand, never two runs of one function at a time. */
import { Cron } from 'croner';
import type { Log } from '../shared/log/log.ts';
import { cronOptions, type HostedFunction } from './hosted-function.ts';
import type { Invoke } from './invoke.ts';

export interface Timer {
  name: string;
  /** What the schedule does at its times: runs the function, or skips and says so while it still runs. */
  tick(): Promise<void>;
  /** Runs it now, after a run that is under way. Rejects with what the function threw. */
  run(): Promise<void>;
  /** Its next time, ms. */
  next(): number | undefined;
  stop(): void;
}

/** A failed run was logged by the invocation; the next one comes by the schedule. */
const logged = (): void => undefined;

export function startTimer(hosted: HostedFunction, schedule: string, invoke: Invoke, log: Log): Timer {
  const { name } = hosted;
  let last = new Date(0);
  let pastDue = false;
  let running: { since: number; done: Promise<void> } | undefined;

  const begin = (): Promise<void> => {
    const isPastDue = pastDue;
    pastDue = false;
    const now = new Date();
    const times = { Last: last, LastUpdated: last, Next: cron.nextRun() ?? now };
    last = now;
    const data = { Schedule: { AdjustForDST: false }, ScheduleStatus: times, IsPastDue: isPastDue };
    const done = invoke(hosted, { json: JSON.stringify(data) })
      .then(() => undefined)
      .finally(() => {
        running = undefined;
      });
    running = { since: now.getTime(), done };
    return done;
  };

  const tick = async (): Promise<void> => {
    if (running) {
      pastDue = true;
      const ms = Date.now() - running.since;
      log.warn('timer-skipped', { function: name, why: `its last run is still going after ${ms} ms` });
      return;
    }
    await begin().catch(logged);
  };

  const cron = new Cron(schedule, cronOptions, tick);
  return {
    name,
    tick,
    async run() {
      for (let current = running; current; current = running) await current.done.catch(logged);
      await begin();
    },
    next: () => cron.nextRun()?.getTime(),
    stop: () => cron.stop(),
  };
}
