/** Tells a person what the pass does, by what it writes: nothing is told that is not on the disk. */
import type { Recovery } from '../../recovery/recovery.ts';
import type { Journal, JournalEntry } from './journal.ts';

export function narrating(journal: Journal, say: (line: string) => void): Journal {
  let last: Pick<Recovery, 'waiting' | 'troubles' | 'unsealed'> = { troubles: [], unsealed: [] };
  for (const entry of journal.before) if (entry.kind === 'recovery') last = entry.value;
  return {
    ...journal,
    async append(entry) {
      await journal.append(entry);
      for (const line of linesOf(entry, last)) say(line);
      if (entry.kind === 'recovery') last = entry.value;
    },
  };
}

function linesOf(entry: JournalEntry, last: Pick<Recovery, 'waiting' | 'troubles' | 'unsealed'>): string[] {
  if (entry.kind === 'audit') return auditLines(entry.value);
  if (entry.kind === 'generation') {
    const { bad, generation, revision } = entry.value;
    return bad
      ? [`Generation ${generation}.${revision} opens nothing: ${bad.node} refused the whole set.`]
      : [];
  }
  if (entry.kind !== 'recovery') return [];
  const { waiting, troubles, unsealed } = entry.value;
  const known = last.troubles.map((trouble) => JSON.stringify(trouble));
  return [
    ...troubles.filter((one) => !known.includes(JSON.stringify(one))).map(({ message }) => `! ${message}`),
    ...unsealed.filter((node) => !last.unsealed.includes(node)).map((node) => `${node} took its shares.`),
    ...(waiting && waiting.what !== last.waiting?.what ? [`Waits: ${waiting.what}.`] : []),
  ];
}

type Audited = Extract<JournalEntry, { kind: 'audit' }>['value'];

function auditLines({ what, facts }: Audited): string[] {
  if (what === 'step') return [`Unseals ${facts['node']} at ${facts['address']}.`];
  if (what === 'key-opened') return [`Opened share ${facts['index']} by custodian ${facts['custodian']}.`];
  return [];
}
