/** That a field of fleet.yaml changes something: shown here, or by a test that is named. */
export type Proof =
  | (() => Promise<void> | void)
  /** A test file, and words of the title of the test in it that proves the field. */
  | { file: string; title: string }
  /** Only holds fields. */
  | 'holds fields';
