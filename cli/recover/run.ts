/** `sealwatch recover`: break-glass, from its arguments to its end. */
import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { type BreakGlassReplacements, composeBreakGlass } from '../../shared/compose/break-glass.ts';
import { StateError } from '../../shared/state/errors.ts';
import type { Contributed } from '../../shared/work/break-glass/contribute/serving.ts';
import { contribute, contributionNeedless } from '../../shared/work/break-glass/contribute.ts';
import type { Glass } from '../../shared/work/break-glass/deps.ts';
import type { Journal } from '../../shared/work/break-glass/journal.ts';
import {
  JournalBroken,
  journalName,
  type OpenedJournal,
  openJournal,
  unfinished,
} from '../../shared/work/break-glass/journal-file.ts';
import { dryRun, lookFirst } from '../../shared/work/break-glass/look.ts';
import { recoverByHand, standing } from '../../shared/work/break-glass/recover.ts';
import { trustLines } from '../../shared/work/break-glass/sight-words.ts';
import { type Asked, parseArguments, usage } from './arguments.ts';
import { normalWay } from './normal-way.ts';
import { type Person, prepare, thisPerson } from './prepare.ts';
import { stopByHand, type Terminal } from './terminal.ts';

/** What tests put in place of parts of the world. */
export interface Replacements extends BreakGlassReplacements {
  person?: Person;
  /** Where the file of a recovery is looked for and made. */
  folder?: string;
  stop?: AbortSignal;
  aroundJournal?: (journal: Journal) => Journal;
}

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
  const composed = composeBreakGlass(env, complain, replacements);
  if (!composed.ok) {
    for (const problem of composed.problems) complain(problem);
    return 1;
  }
  const { app } = composed;
  if (!asked.withoutState && !asked.dryRun) {
    for (const line of await normalWay(app, asked.cluster)) complain(line);
    return 1;
  }
  const byHand = replacements.stop ? undefined : stopByHand(complain);
  const stop = replacements.stop ?? byHand?.stop ?? new AbortController().signal;
  try {
    const person = replacements.person ?? thisPerson();
    const prepared = await prepare(app, asked, person, say, stop);
    if (!prepared.ok) {
      complain(prepared.problem);
      return 1;
    }
    const { glass } = prepared;
    for (const line of trustLines(glass)) say(line);
    if (asked.dryRun) return (await dryRun(glass)) ? 0 : 1;
    return await act(glass, asked, person, terminal, replacements);
  } catch (error) {
    complain(wordsOf(error));
    return 1;
  } finally {
    byHand?.forget();
  }
}

/** Errors of ours are written for people; of others only what names them: their texts may quote what was sent. */
function wordsOf(error: unknown): string {
  if (error instanceof JournalBroken || error instanceof StateError) return `It ended: ${error.message}.`;
  const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
  return `It ended by an unexpected error: ${error instanceof Error ? error.name : typeof error}${code}. Run the same command again to go on.`;
}

async function act(
  glass: Glass,
  asked: Asked,
  person: Person,
  terminal: Terminal,
  replacements: Replacements,
): Promise<number> {
  const { cluster, world } = glass;
  const { say, complain } = terminal;
  say(
    'Without state: this cannot be kept apart from a recovery that runs elsewhere. Holds and approvals are not known here.',
  );
  const connected = await world.connect(cluster, glass.envelopes.generation.trust);
  let journal: Journal | undefined;
  try {
    const { sights } = await lookFirst(glass, connected.nodes);
    const needless = asked.contribution && contributionNeedless(glass, sights);
    if (needless) return tell(needless, say, complain);
    if (!asked.yes && !(await confirmed(cluster.name, terminal))) {
      complain('Not confirmed: nothing was sent. Where nobody can be asked: --yes.');
      return 1;
    }
    const opened = await open(glass, asked, person, replacements);
    if (!opened.ok) {
      complain(opened.message);
      return 1;
    }
    journal = replacements.aroundJournal?.(opened.journal) ?? opened.journal;
    say(`Intents and audit: ${journal.path}. Ctrl-C stops before the next request.`);
    if (!asked.contribution) return await whole(glass, journal, say, complain);
    return tell(await contribute(glass, connected, sights, asked.contribution, journal), say, complain);
  } finally {
    await connected.close();
    await journal?.close(world.clock.now());
  }
}

function tell({ ok, summary }: Contributed, say: Terminal['say'], complain: Terminal['complain']): number {
  (ok ? say : complain)(`${ok ? 'Done' : 'Not done'}: ${summary}.`);
  return ok ? 0 : 1;
}

async function whole(
  glass: Glass,
  journal: Journal,
  say: (line: string) => void,
  complain: (line: string) => void,
): Promise<number> {
  const end = await recoverByHand(glass, journal);
  if (end.kind === 'ended') {
    const good = end.outcome === 'recovered' || end.outcome === 'nothing-to-do';
    (good ? say : complain)(`${good ? 'Done' : `Not done (${end.outcome})`}: ${end.summary}`);
    say(`Keep ${journal.path}: it is the record of this recovery; storage knows nothing of it.`);
    return good ? 0 : 1;
  }
  complain(`Not done: ${end.why}.`);
  for (const line of end.recovery ? standing(end.recovery) : []) complain(line);
  complain(`To go on: the same command again; it finds ${journal.path}.`);
  return 1;
}

async function confirmed(name: string, terminal: Terminal): Promise<boolean> {
  const answer = await terminal.ask?.(
    `Are these addresses and custodians yours? Type the name of the cluster (${name}): `,
  );
  return answer?.trim() === name;
}

async function open(
  { world, cluster }: Glass,
  asked: Asked,
  { host }: Person,
  { folder = '.' }: Replacements,
): Promise<OpenedJournal> {
  const at = world.clock.now();
  const left = asked.contribution ? undefined : await unfinished(folder, cluster.name);
  const path = resolve(folder, asked.file ?? left ?? journalName(cluster.name, at));
  return openJournal(path, cluster.name, at, {
    id: randomUUID(),
    host,
    pid: process.pid,
    lives,
  });
}

/** Our own id is that of a run of this process: where none of ours is open, it was another one's before. */
function lives(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and is somebody else's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
