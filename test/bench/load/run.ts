/** How long an app takes from its process's start until the worker knows all its functions, against an empty app. */
import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { transform } from 'esbuild';
import { type App, apps, mainFile } from '../../../package/apps.ts';
import { buildPackage } from '../../../package/build.ts';
import { bundle } from '../../../package/bundle.ts';
import { writePackage } from '../../../package/write.ts';

const run = promisify(execFile);

export interface LoadTimes {
  /** An app's time by the empty one's. */
  ratio: Record<App, number>;
  /** ms since the process began: the mean of the fastest quarter, as whatever else the machine does only adds. */
  startMs: Record<App | 'empty', number>;
  /** What loading the handler adds to an app's first trigger, ms: nothing is saved by that, it is put off. */
  firstTriggerMs: Record<App, number>;
}

/** The trigger that comes first on Azure: what it loads is most of each app. */
const busiest: Record<App, string> = { watch: 'probe', rotate: 'turn', recover: 'pass' };

/** One empty handler, bundled by the same settings. */
const empty = `import { app } from '@azure/functions';
app.timer('nothing', { schedule: '0 0 * * * *', runOnStartup: false, useMonitor: false, handler: () => undefined });`;

export async function benchLoad(rounds: number, say: (line: string) => void): Promise<LoadTimes> {
  const folder = await mkdtemp(join(tmpdir(), 'sealwatch-load-'));
  try {
    const program = join(folder, 'start.mjs');
    // As JavaScript: Node's own stripping of types would be added to both sides.
    const source = await readFile(join(import.meta.dirname, 'start.ts'), 'utf8');
    await writeFile(program, (await transform(source, { loader: 'ts', format: 'esm' })).code);
    const mains: Record<string, string[]> = { empty: [await writeEmpty(folder)] };
    for (const app of apps) {
      const built = await writePackage(await buildPackage(app), folder);
      const [handler = ''] = globSync(`chunks/${busiest[app]}-*.mjs`, { cwd: built });
      mains[app] = [join(built, mainFile), join(built, handler)];
    }
    say(`built; ${rounds} rounds, the apps in turn`);
    const taken: Record<string, { startMs: number; triggerMs: number }[]> = {};
    // The first round warms the file cache and counts for nothing.
    for (let round = 0; round <= rounds; round += 1)
      for (const [name, args] of turned(Object.entries(mains), round)) {
        const { stdout } = await run(process.execPath, [program, ...args], { env: {} });
        if (round > 0)
          (taken[name] ??= []).push(JSON.parse(stdout) as { startMs: number; triggerMs: number });
      }
    return timesOf((name, part) => undisturbed((taken[name] ?? []).map((each) => each[part])));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Why these times are not good enough; undefined: they are. */
export function tooSlow({ ratio }: LoadTimes, limit: number): string | undefined {
  const slow = Object.entries(ratio).filter(([, times]) => times > limit);
  if (slow.length === 0) return undefined;
  return slow
    .map(([app, times]) => `${app} starts in ${times} × an empty app's time: at most ${limit}`)
    .join('; ');
}

type TimeOf = (name: App | 'empty', part: 'startMs' | 'triggerMs') => number;

function timesOf(of: TimeOf): LoadTimes {
  const each = (value: (app: App) => number) =>
    Object.fromEntries(apps.map((app) => [app, value(app)])) as Record<App, number>;
  return {
    ratio: each((app) => rounded(of(app, 'startMs') / of('empty', 'startMs'), 100)),
    startMs: {
      empty: rounded(of('empty', 'startMs'), 10),
      ...each((app) => rounded(of(app, 'startMs'), 10)),
    },
    firstTriggerMs: each((app) => rounded(of(app, 'triggerMs'), 10)),
  };
}

async function writeEmpty(folder: string): Promise<string> {
  const { files } = await bundle(empty);
  for (const [path, bytes] of files) {
    const file = join(folder, 'empty', path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytes);
  }
  return join(folder, 'empty', mainFile);
}

function undisturbed(values: number[]): number {
  const fastest = values.toSorted((a, b) => a - b).slice(0, Math.ceil(values.length / 4));
  return fastest.reduce((sum, value) => sum + value, 0) / fastest.length;
}

/** Each round begins with another one, so that none is always the one after a certain other. */
function turned<T>(all: T[], by: number): T[] {
  const first = by % all.length;
  return [...all.slice(first), ...all.slice(0, first)];
}

const rounded = (value: number, parts: number): number => Math.round(value * parts) / parts;
