/** One command, from its arguments to its exit code: 0 done, 1 refused or failed, 2 not understood. */
import { SettingsInvalid } from '../shared/compose/settings.ts';
import { FleetInvalid } from '../shared/fleet/source.ts';
import { StateError } from '../shared/state/errors.ts';
import { plain } from './api/client.ts';
import { type Command, type Context, Refused, Usage } from './context.ts';
import { usage } from './usage.ts';

/** Loaded when called: each brings its own SDKs. */
const commands: Record<string, () => Promise<Command>> = {
  'escrow import': async () => (await import('./escrow/import.ts')).importEscrow,
  'escrow list': async () => (await import('./escrow/commands.ts')).list,
  'escrow verify': async () => (await import('./escrow/commands.ts')).verify,
  'escrow rewrap': async () => (await import('./escrow/commands.ts')).rewrap,
  'escrow rebind': async () => (await import('./escrow/commands.ts')).rebind,
  'escrow go-back': async () => (await import('./escrow/commands.ts')).goBack,
  'escrow export': async () => (await import('./escrow/commands.ts')).exportTo,
  status: async () => (await import('./status/status.ts')).status,
  readiness: async () => (await import('./readiness/readiness.ts')).readiness,
  request: async () => (await import('./people/recoveries.ts')).request,
  show: async () => (await import('./people/recoveries.ts')).show,
  approve: async () => (await import('./people/recoveries.ts')).approve,
  reject: async () => (await import('./people/recoveries.ts')).reject,
  'rotation list': async () => (await import('./rotation/look.ts')).list,
  'rotation show': async () => (await import('./rotation/look.ts')).show,
  'rotation run': async () => (await import('./rotation/act.ts')).rotate,
  'rotation confirm': async () => (await import('./rotation/act.ts')).confirm,
  'rotation rollback': async () => (await import('./rotation/act.ts')).rollBack,
  'rotation forget': async () => (await import('./rotation/act.ts')).forget,
  'rotation approve': async () => (await import('./rotation/act.ts')).approve,
  hold: async () => (await import('./people/hold.ts')).hold,
  token: async () => (await import('./people/token.ts')).token,
  recover: async () => {
    const { recover } = await import('./recover/run.ts');
    return (args, { env, terminal }) => recover(args, env, terminal);
  },
};

/** Their commands have two words. */
const groups = new Set(['escrow', 'rotation']);

export async function run(args: string[], context: Context): Promise<number> {
  const { complain, say } = context.terminal;
  const words = groups.has(args[0] ?? '') ? 2 : 1;
  const name = args.slice(0, words).join(' ');
  const rest = args.slice(words);
  // Break-glass explains itself.
  if (['help', '--help', '-h'].includes(name) || (name !== 'recover' && args.includes('--help'))) {
    say(usage);
    return 0;
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!load) {
    complain(args.length === 0 ? usage : 'There is no such command. sealwatch --help lists them.');
    return 2;
  }
  try {
    return await (await load())(rest, context);
  } catch (error) {
    if (error instanceof Usage) {
      complain(`sealwatch ${name}: ${error.message}. See sealwatch --help.`);
      return 2;
    }
    complain(wordsOf(error));
    return 1;
  }
}

/** Errors of ours are written for people; of others only what names them: their texts may quote what was sent. */
function wordsOf(error: unknown): string {
  const ours = [Refused, StateError, FleetInvalid, SettingsInvalid];
  if (error instanceof Error && ours.some((kind) => error instanceof kind)) return error.message;
  const name = error instanceof Error ? error.name : typeof error;
  const code = error instanceof Error && 'code' in error ? ` ${String(error.code)}` : '';
  return `It failed unexpectedly (${plain(`${name}${code}`)}): tell the maintainers what you ran, without its secrets.`;
}
