import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const terminal = join(import.meta.dirname, '../../../cli/recover/terminal.ts');

/** A process that waits for Ctrl-C, and then for ever. */
async function waiting() {
  const script = `
    const { stopByHand } = await import(${JSON.stringify(terminal)});
    const { stop } = stopByHand((line) => console.log(line));
    const alive = setInterval(() => undefined, 1000);
    stop.addEventListener('abort', () => console.log('aborted'));
    console.log('ready');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const says = async (word: string) => {
    while (!output.includes(word)) await once(child.stdout, 'data');
  };
  await says('ready');
  return { child, says };
}

describe.each(['SIGINT', 'SIGTERM'] as const)('%s', (signal) => {
  it('stops before the next request; a second one ends the process', async () => {
    const { child, says } = await waiting();
    child.kill(signal);
    await says('nothing more is sent');
    await says('aborted');
    expect(child.exitCode).toBeNull();
    child.kill(signal);
    const [, by] = (await once(child, 'exit')) as [number | null, string | null];
    expect(by).toBe(signal);
  });
});
