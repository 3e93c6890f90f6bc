/** What Azure Tables refuses, refused here first: Azurite accepts more, and the service's own words name no cluster. */
import type { Transition } from '../alert/alert.ts';
import { StateError } from './errors.ts';
import type { OutboxEntry } from './ports.ts';

/** A binary property holds 64 KiB; some room is left. */
export const columnBytes = 60 * 1024;
/** An entity holds 1 MiB, names and types included. */
export const rowBytes = 900 * 1024;
/** A transaction takes 4 MiB as sent: base64, with headers for each entity. */
export const transactionBytes = 2.8 * 1024 * 1024;
/** A transaction takes 100 entities; one is the head. */
const entriesPerCommit = 99;
/** Text of one column of history, in UTF-16 units: a string property holds 32 Ki. */
const historyText = 1000;
/** The end of the year 9999, the last moment of a DateTime column, ms. */
export const latestTime = 253_402_300_799_999;
/** Of the number of a batch: its row and blob have five digits. */
export const highestBatch = 99_999;
/** A key holds 512 UTF-16 characters; `outbox-` is part of one. */
const keyLength = 500;

// The service's own list, and control characters: https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
// oxlint-disable-next-line no-control-regex -- they are what it looks for
const illegalInKey = /[/\\#?\u0000-\u001f\u007f-\u009f]/;

/** @throws StateError `illegal-key` */
export function checkKey(what: string, key: string): void {
  if (key.length > 0 && key.length <= keyLength && !illegalInKey.test(key)) return;
  const why =
    key.length === 0 ? 'is empty' : key.length > keyLength ? 'is too long' : 'has an illegal character';
  throw new StateError(
    'illegal-key',
    `${what} ${JSON.stringify(key.slice(0, 80))} cannot be a table key: it ${why} (no / \\ # ? or control characters, at most ${keyLength}).`,
  );
}

/** A transition as history keeps it: names come from servers too, and one that is too long would never be written. */
export function bounded(transition: Transition): Transition {
  const { what, from, to } = transition;
  return {
    ...transition,
    what: clipped(what, historyText),
    from: clipped(from, historyText),
    to: clipped(to, historyText),
  };
}

/** @param length in UTF-16 units */
export function clipped(text: string, length: number): string {
  if (text.length <= length) return text;
  // Never half a character.
  return `${text.slice(0, length - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** Keys and number of the rows of one commit. @throws StateError */
export function checkCommit(cluster: string, outbox: OutboxEntry[]): void {
  checkKey('cluster', cluster);
  if (outbox.length > entriesPerCommit) {
    throw new StateError(
      'too-many-entries',
      `${cluster}: one commit has ${outbox.length} outbox entries, at most ${entriesPerCommit} fit: name fewer channels in its notify.`,
    );
  }
  const ids = new Set<string>();
  for (const { id } of outbox) {
    checkKey('outbox id', id);
    if (ids.has(id)) {
      throw new StateError(
        'duplicate-entry',
        `${cluster}: two outbox entries of one commit have the id ${id}.`,
      );
    }
    ids.add(id);
  }
}

/** @param bytes encoded size of the rows of one commit. @throws StateError `state-too-large` */
export function checkCommitSize(cluster: string, bytes: number): void {
  if (bytes <= transactionBytes) return;
  throw new StateError(
    'state-too-large',
    `${cluster}: one commit has ${Math.ceil(bytes / 1024)} KiB, at most ${Math.floor(transactionBytes / 1024)} KiB fit.`,
  );
}
