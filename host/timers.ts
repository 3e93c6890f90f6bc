/** Timer triggers: by schedule, by hand, never two runs of one function at a time. */
import { Cron } from 'croner';
import type { Log } from '../shared/log/log.ts';
import type { Invoke } from './functions-core.ts';
import { cronOptions, type HostedFunction } from './hosted-function.ts';

export function startTimer(hosted: HostedFunction, schedule: string, invoke: Invoke, log: Log) {
  let last = new Date(0);
  let isPastDue = false;
  let running: Promise<unknown> | undefined;

  /** Runs it now, after a run that is under way. Rejects with what the function threw. */
  async function run(): Promise<void> {
    for (let other = running; other; other = running) await other.catch(() => undefined);
    const now = new Date();
    const status = { Last: last, LastUpdated: last, Next: cron.nextRun() ?? now };
    const data = { Schedule: { AdjustForDST: false }, ScheduleStatus: status, IsPastDue: isPastDue };
    last = now;
    isPastDue = false;
    running = invoke(hosted, { json: JSON.stringify(data) }).finally(() => void (running = undefined));
    await running;
  }

  /** What the schedule does at its times: runs the function, or skips and says so while it still runs. */
  async function tick(): Promise<void> {
    // A failed run was logged by the invocation; the next one comes by the schedule.
    if (!running) return run().catch(() => undefined);
    isPastDue = true;
    const why = `its last run is still going after ${Date.now() - last.getTime()} ms`;
    log.warn('timer-skipped', { function: hosted.name, why });
  }

  const cron = new Cron(schedule, cronOptions, tick);
  return { run, tick, next: () => cron.nextRun()?.getTime(), stop: () => cron.stop() };
}
