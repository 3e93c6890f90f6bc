import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { until } from './until.ts';

// A process of its own that starts a long child and a folder, prints the child's pid, and waits to be ended.
const program = `
import { spawn } from 'node:child_process';
import { ownFolder, ownProcess } from ${JSON.stringify(join(import.meta.dirname, 'owned-processes.ts'))};
ownFolder(process.argv[1]);
const child = spawn('sleep', ['300'], { stdio: 'ignore' });
ownProcess(child);
console.log(child.pid);
process.stdin.once('data', () => process.exit(0));
`;

describe.each([
  ['ends by itself', (parent: ReturnType<typeof spawn>) => parent.stdin?.write('end\n')],
  ['is told to end', (parent: ReturnType<typeof spawn>) => parent.kill('SIGTERM')],
  ['is killed', (parent: ReturnType<typeof spawn>) => parent.kill('SIGKILL')],
])('when a process that owns servers %s', (_how, finish) => {
  it('its servers end and its folders go', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sealwatch-owned-'));
    const parent = spawn(process.execPath, ['--input-type=module-typescript', '-e', program, folder], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const gone = once(parent, 'exit');
    const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
    const pid = Number(line);
    expect(isAlive(pid)).toBe(true);
    finish(parent);
    await gone;
    await until('the child is gone', 10, async () => (isAlive(pid) ? undefined : true));
    await until('the folder is gone', 10, async () => (existsSync(folder) ? undefined : true));
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
