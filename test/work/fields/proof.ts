/** Shows that a field of fleet.yaml changes something: what is asked, judged, told or sent. */
export type Proof =
  | (() => Promise<void> | void)
  /** Only holds fields. */
  | 'holds fields';
