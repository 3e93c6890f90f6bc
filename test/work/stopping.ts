/** A process that stops at one of its effects: killed before or after it, or with that one call lost. */
import type { WatchDeps } from '../../shared/work/deps.ts';
import { aroundPorts } from './around-ports.ts';

/** Killed: nothing of the process happens any more. Failed: this one effect rejects, the process goes on. */
export type Stop = 'is killed before' | 'is killed after' | 'fails at' | 'fails right after';

interface Stopping {
  deps: WatchDeps;
  /** Effects so far, in order. */
  effects: string[];
  killed: Promise<'killed'>;
}

const never = new Promise<never>(() => undefined);

/** @param stop at the effect with this number, from 1 on; without it the process goes on. */
export function stopping(deps: WatchDeps, stop?: { at: number; how: Stop }): Stopping {
  const effects: string[] = [];
  const { promise: killed, resolve } = Promise.withResolvers<'killed'>();
  let dead = false;
  const wrapped = aroundPorts(deps, async (call, run) => {
    if (dead) return never;
    if (call.effect) effects.push(call.name);
    if (!call.effect || effects.length !== stop?.at) {
      const result = await run();
      return dead ? never : result;
    }
    if (stop.how === 'is killed before' || stop.how === 'is killed after') {
      dead = true;
      if (stop.how === 'is killed after') await run();
      resolve('killed');
      return never;
    }
    if (stop.how === 'fails right after') await run();
    throw new Error(`${call.name}: no connection`);
  });
  return { deps: answering(wrapped), effects, killed };
}

/** Senders and the heartbeat never throw: what fails there is an answer. */
function answering(deps: WatchDeps): WatchDeps {
  const lost = { delivered: false, reason: 'network', recoverable: true, detail: 'cut' } as const;
  return {
    ...deps,
    heartbeat: (fleet) => deps.heartbeat(fleet).catch(() => undefined),
    sender(name, fleet) {
      const sender = deps.sender(name, fleet);
      return sender && { deliver: (...args) => sender.deliver(...args).catch(() => lost) };
    },
  };
}
