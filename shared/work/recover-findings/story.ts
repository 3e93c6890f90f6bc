/** A recovery in one line each: how it began, what it waits for, how it ended. */
import { clip, oneLine } from '../../alert/text.ts';
import { duration } from '../../alert/time.ts';
import type { Recovery, Trouble } from '../../recovery/recovery.ts';

const lineLength = 300;
const reasonLength = 200;
const nameLength = 80;

/** "recovery by Ada Lovelace", "automatic recovery", "rebind of the escrow by Ada Lovelace" */
export function nameText({ kind, way, byName }: Recovery): string {
  const what = whatText(kind);
  if (way === 'automatic') return `automatic ${what}`;
  return `${way === 'break-glass' ? 'break-glass ' : ''}${what} by ${nameOf(byName)}`;
}

/** "recovery started by Ada Lovelace: vault restarted after patching" */
export function startedText({ kind, way, byName, reason }: Recovery): string {
  const what = whatText(kind);
  const why = clip(oneLine(reason), reasonLength);
  if (way === 'automatic') return `automatic ${what} started: ${why}`;
  return `${way === 'break-glass' ? 'break-glass ' : ''}${what} started by ${nameOf(byName)}: ${why}`;
}

/** "recovery by Ada Lovelace: 3 of 5 nodes unsealed, waiting for a leader"; before it waits, how it started. */
export function runningText(recovery: Recovery): string {
  const { waiting, reason } = recovery;
  // Automation that begins with a wait has no other reason.
  if (waiting === undefined || waiting.what === reason) return startedText(recovery);
  return line(`${nameText(recovery)}: ${waiting.what}`);
}

function whatText(kind: Recovery['kind']): string {
  return kind === 'rebind' ? 'rebind of the escrow' : 'recovery';
}

/** Of a person, as they are known. */
export function nameOf(byName: string): string {
  return clip(oneLine(byName), nameLength);
}

/** "done after 42 s: 3 of 3 nodes serving" */
export function endedText({ requestedAt, ended }: Recovery): string {
  if (!ended) return 'the recovery goes on';
  const { outcome, summary, refusal, at } = ended;
  const after = duration(at - requestedAt);
  switch (outcome) {
    case 'recovered':
      // It may say the time itself.
      return line(summary.includes(' after ') ? `done: ${summary}` : `done after ${after}: ${summary}`);
    case 'nothing-to-do':
    case 'dry-run':
      return line(`there was nothing to do: ${summary}`);
    case 'rejected':
      return line(summary.startsWith('rejected') ? summary : `rejected after ${after}: ${summary}`);
    case 'taken-over':
      return line(summary);
    case 'refused':
    case 'failed':
    case 'expired':
      return line(`stopped after ${after}: ${refusal?.why ?? summary}`);
  }
}

/** "vault-1: sys/unseal answered 500": most messages name it themselves. */
export function troubleText({ where, message }: Trouble): string {
  return message.includes(where) ? message : `${where}: ${message}`;
}

export function line(text: string): string {
  return clip(oneLine(text), lineLength);
}
