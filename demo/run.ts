/** One run of the demo, from its arguments to its end; however it ends, nothing is left. */
import { readArguments, usage } from './arguments.ts';
import { NoSuchVault } from './choose-vault.ts';
import { Cleanup, Stopped } from './cleanup.ts';
import { performDemo } from './perform.ts';

const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Returns the exit code: 0, 1 when something did not go as it should, 2 for wrong arguments, 128 + signal. */
export async function run(words: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const args = readArguments(words);
  if ('wrong' in args) {
    console.error(`${args.wrong}\n\n${usage}`);
    return 2;
  }
  if (args.help) {
    console.log(usage);
    return 0;
  }

  const cleanup = new Cleanup();
  const stop = new AbortController();
  const ending = untilStopped(stop);
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  let lastLine = '';
  const performing = performDemo({
    args,
    env,
    cleanup,
    signal: stop.signal,
    say,
    lastLine: (line) => {
      lastLine = line;
    },
  });
  let code: number;
  try {
    // Whatever fails after the race is over is no news.
    code = await Promise.race([performing, ending]);
  } catch (error) {
    stop.abort(error);
    // The screen is given back first: what follows is to be read.
    const problems = await cleanup.run();
    for (const problem of problems) console.error(problem);
    console.error(explain(error));
    if (lastLine) say(lastLine);
    return 1;
  }
  const problems = await cleanup.run();
  for (const problem of problems) console.error(problem);
  if (stop.signal.aborted) say(`Stopped.${problems.length === 0 ? ' Nothing is left behind.' : ''}`);
  if (lastLine) say(lastLine);
  return problems.length === 0 ? code : Math.max(code, 1);
}

/**
 * Resolves with the exit code at the first signal; rejects with an error that nobody caught. The handlers stay: a
 * second Ctrl-C must not cut the cleanup short.
 */
function untilStopped(stop: AbortController): Promise<number> {
  return new Promise((resolve, reject) => {
    const end = (why: string, code: number): void => {
      resolve(code);
      stop.abort(new Stopped(why));
    };
    for (const [signal, code] of Object.entries(signals)) process.on(signal, () => end(signal, code));
    // `npm run demo | head`: nobody reads on.
    for (const stream of [process.stdout, process.stderr]) {
      stream.on('error', () => end('nobody reads the output', 1));
    }
    // Host and functions run in this process: what they let fall must not take the cleanup with it.
    process.on('uncaughtException', reject);
  });
}

function explain(error: unknown): string {
  if (error instanceof NoSuchVault)
    return `${error.message}: set it to a Vault, or unset it, or run npm run demo -- --sim`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
