#!/usr/bin/env node
/** `sealwatch`: what people do by hand. */
import { nodeTooOld } from './node-version.ts';

const complaint = nodeTooOld(process.version);
if (complaint === undefined) {
  const { run } = await import('./run.ts');
  const { processTerminal } = await import('./terminal/process-terminal.ts');
  const context = { env: process.env, terminal: processTerminal(process), world: {} };
  process.exitCode = await run(process.argv.slice(2), context);
} else {
  process.stderr.write(`${complaint}\n`);
  process.exitCode = 1;
}
