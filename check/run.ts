/** `npm run check`: types, lint, format, unused code, duplicates, generated files; all at once, under 20 s. */
import { spawn } from 'node:child_process';
import { requireNode } from '../cli/node-version.ts';

requireNode();

const checks: Record<string, string[]> = {
  types: ['tsc', '--noEmit'],
  lint: ['oxlint', '--type-aware', '--deny-warnings'],
  format: ['biome', 'check', '.'],
  unused: ['knip', '--no-progress'],
  duplicates: [
    'jscpd',
    '--config',
    '.jscpd.json',
    'shared',
    'functions',
    'host',
    'cli',
    'demo',
    'check',
    'package',
  ],
  schema: ['node', 'check/schema.ts', '--check'],
  lock: ['node', 'check/lock.ts', '--check'],
};

interface Result {
  name: string;
  ok: boolean;
  seconds: number;
  output: string;
}

function run(name: string, [command = '', ...args]: string[]): Promise<Result> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const end = (ok: boolean): void =>
      resolve({ name, ok, seconds: (performance.now() - startedAt) / 1000, output });
    child.on('error', (error) => {
      output += `${error.message}: run this through npm (npm run check)\n`;
      end(false);
    });
    child.on('close', (code) => end(code === 0));
  });
}

const results = await Promise.all(Object.entries(checks).map(([name, words]) => run(name, words)));
for (const { name, ok, seconds, output } of results) {
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds.toFixed(1)} s)`);
  if (!ok) console.log(output);
}
process.exitCode = results.every((result) => result.ok) ? 0 : 1;
