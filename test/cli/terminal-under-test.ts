import type { Terminal } from '../../cli/terminal/terminal.ts';

/** A terminal that nobody sits at, and what was written to it. */
export function terminalUnderTest(): { terminal: Terminal; out: string[]; err: string[] } {
  const out: string[] = [];
  const err: string[] = [];
  const terminal: Terminal = {
    say: (line) => void out.push(line),
    complain: (line) => void err.push(line),
    interactive: false,
    ask: async () => undefined,
    hidden: async () => undefined,
    input: async () => Buffer.alloc(0),
  };
  return { terminal, out, err };
}
