/** The terminal that this process was started from. */
import { createInterface } from 'node:readline/promises';
import { readHiddenLines } from './hidden-lines.ts';
import type { Terminal } from './terminal.ts';

const mostInput = 1024 * 1024;

/** @param streams standard input, output and error. */
export function processTerminal({
  stdin,
  stdout,
  stderr,
}: Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr'>): Terminal {
  const interactive = stdin.isTTY && stderr.isTTY;
  return {
    say: (line) => void stdout.write(`${line}\n`),
    complain: (line) => void stderr.write(`${line}\n`),
    interactive,
    async ask(question) {
      if (!interactive) return undefined;
      // Questions go where complaints go: standard output may be a pipe.
      const lines = createInterface({ input: stdin, output: stderr });
      const stop = new AbortController();
      lines.once('close', () => stop.abort());
      try {
        return (await lines.question(question, { signal: stop.signal })).trim();
      } catch (error) {
        if (stop.signal.aborted) return undefined;
        throw error;
      } finally {
        lines.close();
      }
    },
    async hidden(prompts) {
      if (!interactive) return undefined;
      return readHiddenLines(stdin, (text) => void stderr.write(text), prompts);
    },
    input: () => allOf(stdin),
  };
}

async function allOf(stream: AsyncIterable<Buffer | string>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
    chunks.push(bytes);
    size += bytes.length;
    if (size > mostInput) break;
  }
  const all = Buffer.concat(chunks);
  for (const chunk of chunks) chunk.fill(0);
  return all;
}
