/** What comes after the envelopes: who is there already, the person's word, the journal, and then the recovery. */
import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { StateError, type StateErrorCode } from '../../shared/state/errors.ts';
import { contributeFenced } from '../../shared/work/break-glass/contribute/fenced.ts';
import type { Contributed } from '../../shared/work/break-glass/contribute/serving.ts';
import { contributionNeedless } from '../../shared/work/break-glass/contribute.ts';
import type { Glass } from '../../shared/work/break-glass/deps.ts';
import type { Journal } from '../../shared/work/break-glass/journal.ts';
import {
  journalName,
  leftOpen,
  type OpenedJournal,
  openJournal,
  pastEntries,
  unfinished,
} from '../../shared/work/break-glass/journal-file.ts';
import { lookFirst } from '../../shared/work/break-glass/look.ts';
import { whyNotOpen } from '../../shared/work/break-glass/may-open.ts';
import { recoverByHand, standing } from '../../shared/work/break-glass/recover.ts';
import { clockProblem, openLines, type Standing } from '../../shared/work/break-glass/storage.ts';
import type { Asked } from './arguments.ts';
import { keepEnvelopes } from './keep-envelopes.ts';
import type { Person, Prepared } from './prepare.ts';
import type { Replacements } from './replacements.ts';
import type { Terminal } from './terminal.ts';

export async function act(
  { glass, standing: stored }: Extract<Prepared, { ok: true }>,
  asked: Asked,
  person: Person,
  terminal: Terminal,
  replacements: Replacements,
): Promise<number> {
  const { cluster, world } = glass;
  const { say, complain } = terminal;
  const { folder = '.' } = replacements;
  const path = await journalPath(glass, asked, folder);
  if (stored?.active && !(await isOurs(stored.active, path, asked))) {
    for (const line of openLines(stored.active, world.clock.now())) complain(line);
    if (!asked.takeOver) {
      complain(
        `Two at a time would spoil each other's sets: nothing was sent. See it: sealwatch show ${stored.active.id}. To end it and take its place, whoever works on it: add --take-over.`,
      );
      return 1;
    }
  }
  const wrongClock = stored && clockProblem(stored);
  if (wrongClock !== undefined) {
    complain(`${wrongClock} Nothing was opened, sent or written.`);
    return 1;
  }
  say(fenceWords(stored));
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
    const files = asked.contribution ? await pastEntries(folder, cluster.name) : [];
    const opened = await open(glass, path, person);
    if (!opened.ok) {
      complain(opened.message);
      return 1;
    }
    journal = replacements.aroundJournal?.(opened.journal) ?? opened.journal;
    say(`Intents and audit: ${journal.path}. Ctrl-C stops before the next request.`);
    const { contribution } = asked;
    const denied = asked.takeOver ? await whyNotOpen(glass, journal, contribution) : undefined;
    if (denied !== undefined) {
      complain(`Not done: nothing was taken over or sent: ${denied}.`);
      return 1;
    }
    if (!contribution) return await whole(glass, journal, say, complain);
    const done = await contributeFenced(glass, connected, contribution, journal, files);
    if (!glass.stored && done.serves) say(unknownToStorage);
    return tell(done, say, complain);
  } catch (error) {
    // What is in memory is the way on without it.
    if (glass.stored && error instanceof StateError && away.has(error.code)) {
      complain(await keepEnvelopes(glass.envelopes, folder, asked.contribution));
    }
    throw error;
  } finally {
    await connected.close();
    await journal?.close(world.clock.now());
  }
}

/** Storage does not answer any more, or not to this login. What it answers otherwise is no reason to do without it. */
const away: ReadonlySet<StateErrorCode> = new Set(['unavailable', 'denied', 'missing']);

/** docs/escrow.md, Break-glass. */
const unknownToStorage =
  'Storage knows nothing of it: until the recover app has seen these nodes unsealed for a minute, automation may take a seal that you set now for a restart. Set a hold before you seal one on purpose.';

function fenceWords(stored: Standing | undefined): string {
  return stored
    ? 'Storage answers: this recovery has its row there, and no other one acts on the cluster meanwhile. Approvals are not asked for.'
    : 'Without state: this cannot be kept apart from a recovery that runs elsewhere. Holds and approvals are not known here.';
}

/** What this very command began before, as its file says. */
async function isOurs(
  active: { id: string },
  path: string,
  { contribution, cluster }: Asked,
): Promise<boolean> {
  if (contribution) return false;
  try {
    const left = await leftOpen(path, cluster);
    return left !== undefined && left !== 'damaged' && left.id === active.id;
  } catch {
    // A file that is not there left nothing open; one that cannot be read is told when it is opened.
    return false;
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
    say(
      glass.stored
        ? `Keep ${journal.path}: it is this machine's record of this recovery; storage has one, too.`
        : `Keep ${journal.path}: it is the record of this recovery; storage knows nothing of it.`,
    );
    if (!glass.stored && end.outcome === 'recovered') say(unknownToStorage);
    return good ? 0 : 1;
  }
  complain(`Not done: ${end.why}.`);
  for (const line of end.recovery ? standing(end.recovery) : []) complain(line);
  complain(`To go on: the same command again; it finds ${journal.path}.`);
  if (glass.stored && end.recovery) {
    complain('Its row in storage keeps others away for a minute; after that the recover app ends it.');
  }
  return 1;
}

async function confirmed(name: string, terminal: Terminal): Promise<boolean> {
  const answer = await terminal.ask?.(
    `Are these addresses and custodians yours? Type the name of the cluster (${name}): `,
  );
  return answer?.trim() === name;
}

async function journalPath({ world, cluster }: Glass, asked: Asked, folder: string): Promise<string> {
  const left = asked.contribution ? undefined : await unfinished(folder, cluster.name);
  return resolve(folder, asked.file ?? left ?? journalName(cluster.name, world.clock.now()));
}

function open({ world, cluster }: Glass, path: string, { host }: Person): Promise<OpenedJournal> {
  const owner = { id: randomUUID(), host, pid: process.pid, lives };
  return openJournal(path, cluster.name, world.clock.now(), owner);
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
