/** What the function files of an app register: name, trigger, options; nothing is run. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { App } from './apps.ts';
import type { Kind } from './runtime/app.ts';

export interface FunctionFile {
  /** functions/APP/NAME.ts */
  file: string;
  functions: { name: string; kind: Kind; options: Record<string, unknown> }[];
}

const run = promisify(execFile);

/** @throws Error with what the process that loads them printed: a file that throws stops its whole app. */
export async function readRegistrations(app: App): Promise<FunctionFile[]> {
  const program = join(import.meta.dirname, 'registrations.ts');
  // No setting of Sealwatch: what a package registers must not hang on who built it.
  const { stdout } = await run(process.execPath, [program, app], { env: {} });
  return JSON.parse(stdout) as FunctionFile[];
}
