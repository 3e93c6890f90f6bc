/** The demo as a person runs it: a process with a terminal's process group, its output and all its descendants. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import { until } from '../servers/until.ts';

const main = resolve(import.meta.dirname, '../../demo/main.ts');

export interface DemoProcess {
  /** Standard output and error, as far as they came. */
  output: () => string;
  /** Until the output holds this; the process must not end before. */
  says: (text: string, seconds?: number) => Promise<void>;
  /** `group`: as the terminal's Ctrl-C, to every process of the foreground group. */
  signal: (name: 'SIGINT' | 'SIGTERM', to: 'process' | 'group') => void;
  /** Processes that it and its children have started and that run now. */
  descendants: () => number[];
  /** 128 + signal where a signal ended it. */
  exit: Promise<number>;
  /** Paths in the temporary folder that it was given. */
  leftFiles: () => string[];
}

export function startDemo(args: string[], env: Record<string, string> = {}): DemoProcess {
  const folder = mkdtempSync(join(tmpdir(), 'sealwatch-demo-test-'));
  const child = spawn(process.execPath, [main, ...args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: folder, ...env },
  });
  const pid = child.pid ?? 0;
  let text = '';
  for (const pipe of [child.stdout, child.stderr])
    pipe.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const ended = Promise.withResolvers<number>();
  child.once('close', (code, signal) => ended.resolve(code ?? (signal === null ? -1 : 128)));
  const running = (): boolean => child.exitCode === null && child.signalCode === null;
  onTestFinished(() => {
    for (const left of [pid, ...descendantsOf(pid)]) if (isAlive(left)) process.kill(left, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    output: () => text,
    says: async (wanted, seconds = 90) => {
      await until(
        `the demo says "${wanted}"`,
        seconds,
        async () => {
          if (text.includes(wanted)) return true;
          if (!running()) throw new Error(`the demo ended before it said "${wanted}":\n${text}`);
          return undefined;
        },
        () => text,
      );
    },
    signal: (name, to) => void process.kill(to === 'group' ? -pid : pid, name),
    descendants: () => descendantsOf(pid),
    exit: ended.promise,
    leftFiles: () => readdirSync(folder, { recursive: true, encoding: 'utf8' }),
  };
}

/** Until none of these processes runs. */
export async function allGone(pids: number[]): Promise<void> {
  let left = pids;
  await until(
    'every process is gone',
    20,
    async () => {
      left = left.filter(isAlive);
      return left.length === 0 ? true : undefined;
    },
    () => execFileSync('ps', ['-o', 'pid,ppid,stat,args', '-p', left.join(',')]).toString(),
  );
}

interface Row {
  pid: number;
  parent: number;
  state: string;
}

function processes(): Row[] {
  return execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='])
    .toString()
    .trim()
    .split('\n')
    .map((line) => {
      const [pid, parent, state = ''] = line.trim().split(/\s+/);
      return { pid: Number(pid), parent: Number(parent), state };
    });
}

function descendantsOf(pid: number): number[] {
  const rows = processes();
  const childrenOf = (parent: number): number[] =>
    rows.filter((row) => row.parent === parent).flatMap((row) => [row.pid, ...childrenOf(row.pid)]);
  return childrenOf(pid);
}

/** A zombie has ended; only its parent has not asked yet. */
function isAlive(pid: number): boolean {
  return processes().some((row) => row.pid === pid && !row.state.startsWith('Z'));
}
