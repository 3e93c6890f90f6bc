/** `sealwatch recover`: break-glass, from its arguments to its end. */
import { join } from 'node:path';
import { composeBreakGlass } from '../../shared/compose/break-glass.ts';
import { SettingsInvalid } from '../../shared/compose/settings.ts';
import { StateError } from '../../shared/state/errors.ts';
import { JournalBroken } from '../../shared/work/break-glass/journal-file.ts';
import { dryRun } from '../../shared/work/break-glass/look.ts';
import { trustLines } from '../../shared/work/break-glass/sight-words.ts';
import { clockProblem, holdLine, openLines } from '../../shared/work/break-glass/storage.ts';
import { storageFile, withStorage } from '../storage-file.ts';
import { act } from './act.ts';
import { parseArguments, usage } from './arguments.ts';
import { whyNotStorage } from './envelopes.ts';
import { prepare, thisPerson } from './prepare.ts';
import type { Replacements } from './replacements.ts';
import { stopByHand, type Terminal } from './terminal.ts';

/** @returns the exit code: 0 recovered or nothing to do, 1 failed or refused, 2 wrong arguments. */
export async function recover(
  args: string[],
  env: NodeJS.ProcessEnv,
  terminal: Terminal,
  replacements: Replacements = {},
): Promise<number> {
  const { say, complain } = terminal;
  const parsed = parseArguments(args);
  if (!parsed.ok) {
    if (parsed.help) say(usage);
    else complain(`${parsed.problem}\n\n${usage}`);
    return parsed.help ? 0 : 2;
  }
  const { asked } = parsed;
  const byHand = replacements.stop ? undefined : stopByHand(complain);
  const stop = replacements.stop ?? byHand?.stop ?? new AbortController().signal;
  try {
    const settings = await withStorage(env, join(replacements.folder ?? '.', storageFile));
    const composed = composeBreakGlass(settings, complain, replacements);
    if (!composed.ok) {
      for (const problem of composed.problems) complain(problem);
      return 1;
    }
    const { app } = composed;
    if (asked.envelopes !== undefined && !asked.withoutState && !asked.dryRun) {
      complain(await whyNotStorage(app, asked.cluster));
      return 1;
    }
    const person = replacements.person ?? thisPerson();
    const prepared = await prepare(app, asked, person, say, stop);
    if (!prepared.ok) {
      complain(prepared.problem);
      return 1;
    }
    const { glass, standing } = prepared;
    for (const line of trustLines(glass)) say(line);
    if (standing?.hold) say(holdLine(standing.hold));
    if (!asked.dryRun) return await act(prepared, asked, person, terminal, replacements);
    const wrongClock = standing && clockProblem(standing);
    if (wrongClock !== undefined) say(wrongClock);
    if (standing?.active) for (const line of openLines(standing.active, app.world.clock.now())) say(line);
    return (await dryRun(glass)) ? 0 : 1;
  } catch (error) {
    complain(wordsOf(error));
    return 1;
  } finally {
    byHand?.forget();
  }
}

/** Errors of ours are written for people; of others only what names them: their texts may quote what was sent. */
function wordsOf(error: unknown): string {
  if (error instanceof SettingsInvalid) return error.message;
  if (error instanceof JournalBroken || error instanceof StateError) {
    return `It ended: ${error.message.replace(/\.$/, '')}.`;
  }
  const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
  return `It ended by an unexpected error: ${error instanceof Error ? error.name : typeof error}${code}. Run the same command again to go on.`;
}
