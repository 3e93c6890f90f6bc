/** What every adapter of the recover app's state holds to: which rows may be written, and the order of what is read. */
import type { Hold } from '../alert/alert.ts';
import type { GenerationRow } from '../escrow/generation.ts';
import type { Recovery } from '../recovery/recovery.ts';
import { StateError } from './errors.ts';
import { checkKey, latestTime } from './limits.ts';

/** A text property holds 32 Ki UTF-16 units; far more than a person's word needs. */
const holdText = 4000;

interface Openable {
  cluster: string;
  id: string;
  status: 'open' | 'ended';
  ended?: object;
}

/**
 * `active` names a recovery or rotation exactly as long as it is open: `open` and `save` take open ones, `end` an ended one.
 *
 * @throws StateError `refused`
 */
export function checkStatus(
  { cluster, id, status, ended }: Openable,
  expected: Openable['status'],
  what: 'recovery' | 'rotation' = 'recovery',
): void {
  if (status === expected && (ended !== undefined) === (expected === 'ended')) return;
  const fix = expected === 'open' ? 'end it by `end`' : 'set its status and outcome';
  throw new StateError('refused', `${cluster}: ${what} ${id} is not written as ${expected}: ${fix}.`);
}

export function newestFirst(recoveries: Recovery[], since: number): Recovery[] {
  return recoveries
    .filter(({ requestedAt }) => requestedAt > since)
    .sort((a, b) => b.requestedAt - a.requestedAt || (a.id < b.id ? 1 : -1));
}

/**
 * Whether it may not follow `stored`: it is older, or another blob under the same name. The one way back is to the
 * very generation that `stored` remembers as proven, and only while `stored` is not proven itself.
 */
export function isOlder(row: GenerationRow, stored: GenerationRow): boolean {
  if (stored.provenAt === undefined && isOf(row, stored.previous)) return false;
  const difference = row.generation - stored.generation || row.revision - stored.revision;
  return difference < 0 || (difference === 0 && row.digest !== stored.digest);
}

function isOf({ generation, revision, digest }: GenerationRow, previous: GenerationRow['previous']): boolean {
  return previous?.generation === generation && previous.revision === revision && previous.digest === digest;
}

/** @throws StateError `illegal-key`, `state-too-large`, `refused` */
export function checkHold({ cluster, by, reason, until, at }: Hold & { at: number }): void {
  checkKey('cluster', cluster);
  if (by.length + reason.length > holdText) {
    throw new StateError(
      'state-too-large',
      `${cluster}: the hold's reason is too long: say it in ${holdText / 4} characters.`,
    );
  }
  if (![until, at].every((time) => time >= 0 && time <= latestTime)) {
    throw new StateError('refused', `${cluster}: the hold is not written: its times are not dates.`);
  }
}
