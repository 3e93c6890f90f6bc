/**
 * What storage can answer besides a value.
 *
 * - `state-too-large`, `too-many-entries`, `duplicate-entry`, `illegal-key`: the caller's data; nothing was written;
 * - `insecure`: plain HTTP to another machine; `denied`: no token, or no permission; `missing`: table, container
 *   or queue does not exist; `unavailable`: no answer in time, throttled or failing; `unreadable`: the row is damaged
 *   or newer than this app; `refused`: anything else.
 */
export type StateErrorCode =
  | 'state-too-large'
  | 'too-many-entries'
  | 'duplicate-entry'
  | 'illegal-key'
  | 'insecure'
  | 'denied'
  | 'missing'
  | 'unavailable'
  | 'unreadable'
  | 'refused';

/** Names the row, table or queue and the fix. Has no `cause`: SDK errors carry requests with signatures. */
export class StateError extends Error {
  override readonly name = 'StateError';
  readonly code: StateErrorCode;
  /** Whether the same call may go through later. */
  readonly recoverable: boolean;

  constructor(code: StateErrorCode, message: string) {
    super(message);
    this.code = code;
    this.recoverable = code === 'unavailable';
  }
}
