/** The recover app's state as one command has it: over a journal alone, or over storage with a journal beside it. */
import type { Recovery } from '../../recovery/recovery.ts';
import { StateError } from '../../state/errors.ts';
import type { RecoverState } from '../../state/recover-ports.ts';

export interface HandState extends RecoverState {
  /** When the next pass is due, as the last one left it: ms from then; undefined: it left none. */
  takeNudge(): number | undefined;
  /** The recovery that this command began or goes on with, open or ended. */
  own(): Promise<Recovery | undefined>;
  /** Whether its row is still this command's; where others could take it, its lease begins anew. */
  renew(): Promise<boolean>;
  /** The row stays this command's as long as `work` runs, whatever it waits for. */
  keeping<T>(work: () => Promise<T>): Promise<T>;
}

/** What a laptop does not do, with storage or without. */
export const leftToTheApp = {
  // Rule 8: break-glass is outside of approvals, and knows of none.
  approvals: { save: () => notHere('nothing can be approved'), of: async () => [] },
  prepare: async () => undefined,
} satisfies Partial<RecoverState>;

export function notHere(what: string): Promise<never> {
  return Promise.reject(new StateError('refused', `in break-glass ${what}: use the recover app`));
}
