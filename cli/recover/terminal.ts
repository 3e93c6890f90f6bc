/** Where a person reads, answers, and presses Ctrl-C. */
import type { Terminal as Whole } from '../terminal/terminal.ts';

export type Terminal = Pick<Whole, 'say' | 'complain'> & Partial<Pick<Whole, 'ask'>>;

/** Aborts with the first Ctrl-C; a second one ends the process as it would without us. */
export function stopByHand(say: (line: string) => void): { stop: AbortSignal; forget: () => void } {
  const controller = new AbortController();
  const end = () => {
    forget();
    say('Stops: what is being sent is waited for, nothing more is sent.');
    controller.abort();
  };
  const forget = () => {
    process.off('SIGINT', end);
    process.off('SIGTERM', end);
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  return { stop: controller.signal, forget };
}
