/** What every command is given, and how it says no. */
import type { RecoverReplacements } from '../shared/compose/recover.ts';
import type { Environment } from '../shared/compose/settings.ts';
import type { Terminal } from './terminal/terminal.ts';

/** What tests put in place of parts of the world. */
export interface World extends Omit<RecoverReplacements, 'write'> {
  /** A token of the person's Azure login for a scope. */
  azureToken?: (scope: string) => Promise<string | undefined>;
}

export interface Context {
  env: Environment;
  terminal: Terminal;
  world: World;
}

/** @returns the exit code. */
export type Command = (args: string[], context: Context) => Promise<number>;

/** Exit code 1: one line that says what is wrong and the fix. */
export class Refused extends Error {
  override name = 'Refused';
}

/** Exit code 2: the command line cannot be understood. */
export class Usage extends Error {
  override name = 'Usage';
}
