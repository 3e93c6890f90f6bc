/** Arguments of one command, by node:util parseArgs. What is wrong is told without repeating it: it may be a share. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { reasonProblem } from '../shared/people/reason.ts';
import { Refused, Usage } from './context.ts';

type Options = NonNullable<ParseArgsConfig['options']>;
type Parsed<O extends Options> = ReturnType<
  typeof parseArgs<{ options: O; allowPositionals: boolean; strict: true; args: string[] }>
>;

/**
 * @param positionals how many there must be. @param otherwise what to say where there are fewer or more.
 * @throws Usage
 */
export function parse<const O extends Options>(
  args: string[],
  options: O,
  positionals = 0,
  otherwise = 'name one recovery',
): Parsed<O> {
  const parsed = read(args, options);
  if (parsed.positionals.length === positionals) return parsed;
  throw new Usage(positionals === 0 ? 'an argument without its option' : otherwise);
}

function read<const O extends Options>(args: string[], options: O): Parsed<O> {
  try {
    return parseArgs({ args, options, strict: true, allowPositionals: true });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (typeof code !== 'string' || !code.startsWith('ERR_PARSE_ARGS_')) throw error;
    const unknown = args.find((arg) => /^--[a-z-]{1,30}$/.test(arg) && !(arg.slice(2) in options));
    throw new Usage(
      unknown === undefined ? 'an option is unknown, or misses its value' : `there is no option ${unknown}`,
    );
  }
}

/** @throws Usage */
export function required(value: string | undefined, option: string): string {
  if (value !== undefined && value.trim() !== '') return value;
  throw new Usage(`${option} is missing`);
}

/**
 * `--reason`, before it goes anywhere: a share pasted there must not leave this machine (rule 1).
 *
 * @throws Usage where it is missing; Refused where it must not be sent.
 */
export function reasonOf(value: string | undefined): string {
  const reason = required(value, '--reason');
  const problem = reasonProblem(reason);
  if (problem === undefined) return reason;
  throw new Refused(`--reason: ${problem}`);
}
