/**
 * Which shares the set that is joined has from this machine, by its files: sent again, they would not count, and the
 * node's answer would look like somebody else's doing.
 */
import type { Intent, NodeSight } from '../../../recovery/recovery.ts';
import type { Glass } from '../deps.ts';
import type { Held, JournalEntry } from '../journal.ts';
import { resumeLines } from './resume.ts';
import type { Contribution, Target } from './targets.ts';

export type Files = readonly (readonly JournalEntry[])[];
type Word = { intent: Intent } | { held: Held };

/** @param files of this cluster, each in the order in which it was written. @returns indexes, sorted. */
export function givenBefore(
  files: Files,
  generation: number,
  targets: readonly Pick<Target, 'node' | 'join'>[],
): number[] {
  const given = targets.flatMap(({ node, join }) =>
    join ? files.flatMap((entries) => inFile(wordsOn(entries, node, generation), join)) : [],
  );
  return [...new Set(given)].sort((a, b) => a - b);
}

function wordsOn(entries: readonly JournalEntry[], node: string, generation: number): Word[] {
  return entries.flatMap((entry): Word[] => {
    if (entry.kind === 'held') {
      return entry.value.filter((held) => held.node === node).map((held) => ({ held }));
    }
    if (entry.kind !== 'intents') return [];
    const own = entry.value.filter((intent) => intent.node === node && intent.generation === generation);
    return own.map((intent) => ({ intent }));
  });
}

function inFile(words: Word[], { nonce, progress }: NonNullable<Target['join']>): number[] {
  // A look at the end of a run tells which of its intents the node took; those after it were never looked at.
  const lastLook = words.findLastIndex((word) => 'held' in word);
  const seen = words.flatMap((word) => ('held' in word && word.held.nonce === nonce ? word.held.given : []));
  const unseen = words.slice(lastLook + 1).flatMap((word) => ('intent' in word ? [word.intent] : []));
  const taken = unseen.filter((intent, at) => {
    // The first of a set knows no nonce yet: it is that of the next one.
    const known = intent.nonce ?? unseen.slice(at + 1).find((later) => later.nonce)?.nonce ?? nonce;
    return known === nonce && intent.position <= progress;
  });
  return [...seen, ...taken.map(({ index }) => index)];
}

/** What was asked, with shares of this machine that the person did not name as given. */
export function withOwn({ say }: Glass, asked: Contribution, own: number[]): Contribution {
  const forgotten = own.filter((index) => !asked.given.includes(index));
  if (forgotten.length === 0) return asked;
  say(
    `This set has ${forgotten.length === 1 ? 'share' : 'shares'} ${forgotten.join(', ')} from this machine, by its files: not sent again.`,
  );
  return { ...asked, given: [...asked.given, ...forgotten].sort((a, b) => a - b) };
}

/** A contribution that was killed printed nothing to go on with: the file knows what it sent. */
export function sayOwn(glass: Glass, sights: NodeSight[], asked: Contribution, files: Files): void {
  const { generation } = glass.envelopes.generation;
  const held = sights.flatMap(({ node, state }): Held[] => {
    if (state.kind !== 'sealed') return [];
    const { progress, nonce } = state.seal;
    if (!nonce || progress === 0) return [];
    const given = givenBefore(files, generation, [{ node, join: { progress, nonce } }]);
    return given.length === progress ? [{ node, nonce, progress, given }] : [];
  });
  if (held.length === 0) return;
  glass.say(
    `By its files, this machine sent what ${held.map(({ node }) => node).join(', ')} hold. To go on with it:`,
  );
  for (const line of resumeLines(glass, held, asked)) glass.say(line);
}
