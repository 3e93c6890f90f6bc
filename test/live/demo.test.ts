import { expect, it } from 'vitest';
import { allGone, startDemo } from '../demo/demo-process.ts';
import { machineWithoutVault } from '../demo/machine.ts';

const longMs = 300_000;
const steps = 7;

const linesOf = (output: string): string[] => output.trimEnd().split('\n');
const count = (output: string, beginning: string): number =>
  linesOf(output).filter((line) => line.startsWith(beginning)).length;

it(
  'plays the whole story on real Vault servers, asserts each step and leaves nothing',
  async () => {
    const demo = startDemo(['--check']);
    await demo.says('ok     everything is well');
    const pids = demo.descendants();
    expect(await demo.exit, demo.output()).toBe(0);
    expect(count(demo.output(), 'ok     ')).toBe(steps);
    expect(count(demo.output(), 'FAILED')).toBe(0);
    expect(linesOf(demo.output())[0]).toContain('on real servers: Vault');
    expect(demo.output()).not.toContain('\u001b');
    await allGone(pids);
    expect(demo.leftFiles()).toEqual([]);
  },
  longMs,
);

it(
  'plays it on the simulated Vault where there is neither Vault nor Go, and says so first and last',
  async () => {
    const demo = startDemo(['--check'], machineWithoutVault('none').env);
    expect(await demo.exit, demo.output()).toBe(0);
    expect(count(demo.output(), 'ok     ')).toBe(steps);
    const lines = linesOf(demo.output());
    for (const line of [lines[0], lines.at(-1)]) {
      expect(line).toContain('the simulated Vault, for want of a real one');
    }
    expect(demo.leftFiles()).toEqual([]);
  },
  longMs,
);

it.each([
  { when: 'the nodes start', args: [], says: 'on real servers', signal: 'SIGINT', to: 'group' },
  { when: 'the cluster is initialised', args: [], says: '3 nodes run', signal: 'SIGINT', to: 'process' },
  { when: 'a step is played', args: [], says: 'payments-2: standby -> ', signal: 'SIGINT', to: 'group' },
  { when: 'storage starts', args: ['--sim'], says: 'fleet.yaml:', signal: 'SIGINT', to: 'process' },
  { when: 'the host runs', args: ['--sim'], says: 'everything is well', signal: 'SIGTERM', to: 'process' },
] as const)(
  'leaves no process and no folder when $signal comes to its $to while $when',
  async ({ args, says, signal, to }) => {
    const demo = startDemo(['--check', ...args]);
    await demo.says(says);
    const pids = demo.descendants();
    demo.signal(signal, to);
    expect(await demo.exit, demo.output()).toBe(signal === 'SIGINT' ? 130 : 143);
    await allGone(pids);
    expect(demo.output()).toContain('Nothing is left behind');
    expect(demo.output()).not.toContain('FAILED');
    expect(demo.leftFiles()).toEqual([]);
  },
  longMs,
);

it(
  'takes its time to clean up, even when Ctrl-C is pressed again and again',
  async () => {
    const demo = startDemo(['--check', '--sim']);
    await demo.says('everything is well');
    const pids = demo.descendants();
    for (let i = 0; i < 5; i += 1) demo.signal('SIGINT', 'group');
    expect(await demo.exit).toBe(130);
    await allGone(pids);
    expect(demo.leftFiles()).toEqual([]);
  },
  longMs,
);
