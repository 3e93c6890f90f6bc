import { createVitest, parseCLI, type Vitest } from 'vitest/node';
import { type Counts, countingReporter, countLine, exitCode } from './reporter.ts';
import { findVault } from './servers/find-vault.ts';

/** Runs the suites and prints the counts. Returns the exit code. Under `CI=true` nothing may be skipped. */
export async function runSuites(args: string[], env: NodeJS.ProcessEnv): Promise<0 | 1> {
  const unitOnly = args.includes('--unit');
  const { filter, options } = parseCLI(['vitest', 'run', ...args.filter((arg) => arg !== '--unit')]);
  const skipsAllowed = env.CI !== 'true';
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };

  const open = (project: string) =>
    createVitest({
      ...options,
      project: [project],
      watch: false,
      reporters: ['default', countingReporter(counts)],
    });

  await runProject(await open('unit'), filter);
  await runProject(await open('alone'), filter);
  if (!unitOnly) await runProject(await open('whole'), filter);
  const untested = unitOnly ? undefined : await runLive(() => open('live'), filter, counts, env);
  if (untested) console.log(box(untested));
  if (counts.passed + counts.failed + counts.skipped === 0) console.log('no test matches the arguments');
  console.log(countLine(counts, skipsAllowed));
  return exitCode(counts, skipsAllowed);
}

async function runProject(vitest: Vitest, filter: string[]): Promise<void> {
  try {
    // `start` throws when no file matches, and a filter may well name files of the other project only.
    if ((await vitest.globTestSpecifications(filter)).length > 0) await vitest.start(filter);
  } finally {
    await vitest.close();
  }
}

/** The lines to show when no Vault could be had. The live tests then count as skipped, one by one. */
async function runLive(
  open: () => Promise<Vitest>,
  filter: string[],
  counts: Counts,
  env: NodeJS.ProcessEnv,
): Promise<string[] | undefined> {
  const vitest = await open();
  const files = await vitest.globTestSpecifications(filter);
  if (files.length === 0) {
    await vitest.close();
    return undefined;
  }
  const vault = await findVault({ env, progress: (line) => console.log(line) });
  if (vault.found) {
    console.log(`live suites on Vault ${vault.version} (${vault.how}: ${vault.path})`);
    // vitest's workers inherit this process's environment.
    process.env.SEALWATCH_VAULT_BIN = vault.path;
    await runProject(vitest, filter);
    return undefined;
  }

  const { testModules } = await vitest.collectTests(files);
  const tests = testModules.flatMap((module) => [...module.children.allTests()]).length;
  // A file that cannot even be read without a server still stands for one test.
  const unread = testModules.filter((module) => module.children.size === 0).length;
  await vitest.close();
  counts.skipped += tests + unread;
  return [
    `NOT TESTED: ${tests + unread} live tests in ${files.length} files, for want of a Vault server.`,
    ...vault.why.split('\n'),
    'Put vault or bao on PATH, or set SEALWATCH_VAULT_BIN, or install Go 1.25 or newer',
    '(go.dev/dl) and run this again: it then builds Vault once, in 3 to 7 minutes.',
  ];
}

function box(lines: string[]): string {
  const width = Math.max(...lines.map((line) => line.length));
  const bar = '═'.repeat(width + 2);
  return [`╔${bar}╗`, ...lines.map((line) => `║ ${line.padEnd(width)} ║`), `╚${bar}╝`].join('\n');
}
