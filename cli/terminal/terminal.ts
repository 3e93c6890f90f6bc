/** What a command may do with the person before it; tests give one of their own. */

export interface Terminal {
  /** What was asked for: to standard output. */
  say: (line: string) => void;
  /** What went wrong, and what a person should know besides: to standard error. */
  complain: (line: string) => void;
  /** Whether a person can be asked. */
  interactive: boolean;
  /** One line, as typed, without the spaces around it. Undefined: nobody answers, or the input ended. */
  ask(question: string): Promise<string | undefined>;
  /**
   * Lines that nobody sees, as bytes that are the caller's to zero. Undefined: nobody can type them, or stopped.
   *
   * @param prompts one a line.
   */
  hidden(prompts: string[]): Promise<Buffer[] | undefined>;
  /** All of standard input, for the caller to zero; at most 1 MiB and one byte of it. */
  input(): Promise<Buffer>;
}
