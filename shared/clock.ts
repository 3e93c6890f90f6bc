/** Time as an argument: pure files and rooms never read the globals. */
export interface Clock {
  /** Wall-clock time, ms since the epoch. */
  now(): number;
  /** Monotonic time in ms; only differences mean anything. */
  elapsed(): number;
  /** Resolves after `ms`, or rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls back once after `ms`, unless the returned function is called first. Costs next to nothing: one per request. */
  after(ms: number, callback: () => void): () => void;
}
