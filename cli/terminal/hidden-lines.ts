/** Lines typed without echo, kept as bytes: a string of JavaScript cannot be zeroed (rule 1). */

/** What is used of a terminal's standard input. */
export interface RawInput {
  setRawMode(raw: boolean): unknown;
  on(event: 'data', take: (chunk: Buffer) => void): unknown;
  on(event: 'end', ended: () => void): unknown;
  off(event: 'data', take: (chunk: Buffer) => void): unknown;
  off(event: 'end', ended: () => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

/** A share is 88 characters at most, a PGP-encrypted one a few thousand. */
const longestLine = 16 * 1024;
const [interrupt, endOfInput, backspace, lineFeed, carriageReturn, eraseLine, del] = [
  3, 4, 8, 10, 13, 21, 127,
];

/**
 * One line a prompt. Pasting several lines at once fills several prompts. Undefined: Ctrl-C, Ctrl-D, or the input
 * ended; what was typed is zeroed then.
 *
 * @param write shows the prompts; never what is typed.
 */
export function readHiddenLines(
  input: RawInput,
  write: (text: string) => void,
  prompts: string[],
): Promise<Buffer[] | undefined> {
  if (prompts.length === 0) return Promise.resolve([]);
  const lines: Buffer[] = [];
  const typing = Buffer.alloc(longestLine);
  let length = 0;
  return new Promise((resolve) => {
    const end = (result: Buffer[] | undefined): void => {
      typing.fill(0);
      if (!result) for (const line of lines) line.fill(0);
      input.off('data', take);
      input.off('end', ended);
      input.setRawMode(false);
      input.pause();
      write('\n');
      resolve(result);
    };
    const ended = () => end(undefined);
    /** True: the last line is there, or the person stopped. */
    const typed = (byte: number): boolean => {
      if (byte === interrupt || byte === endOfInput) {
        end(undefined);
        return true;
      }
      if (byte === carriageReturn || byte === lineFeed) {
        // A pasted line ends in both.
        if (length === 0) return false;
        lines.push(Buffer.from(typing.subarray(0, length)));
        typing.fill(0, 0, length);
        length = 0;
        if (lines.length < prompts.length) write(`\n${prompts[lines.length]}`);
        else end(lines);
        return lines.length === prompts.length;
      }
      if (byte === backspace || byte === del) length = Math.max(0, length - 1);
      else if (byte === eraseLine) length = 0;
      else if (length < longestLine) typing[length++] = byte;
      return false;
    };
    const take = (chunk: Buffer): void => {
      for (const byte of chunk) if (typed(byte)) break;
      chunk.fill(0);
    };
    input.setRawMode(true);
    input.on('data', take);
    input.on('end', ended);
    input.resume();
    write(prompts[0] ?? '');
  });
}
