/** Rule 6: a seal can be deliberate. Whether a sealed node's process restarted since it was last seen unsealed. */
import type { NodeSight, PlanInput } from '../recovery.ts';

export interface Cause {
  kind: 'restarted' | 'in-process' | 'unknown';
  /** "vault-1 is sealed, and its process did not restart: somebody may have sealed it on purpose" */
  why: string;
}

/** Start times come from a clock that may be set a little: `process_start_time_seconds` is computed from uptime. */
const toleranceMs = 2000;

/** @param tookSet it got our whole set, and what came of that was never learnt: a pass was killed. */
export function causeOf(
  { notes, disproofs, recovery }: Pick<PlanInput, 'notes' | 'disproofs' | 'recovery'>,
  { node, start }: Pick<NodeSight, 'node' | 'start'>,
  tookSet = false,
): Cause {
  const disproof = disproofs.find((other) => other.node === node);
  const onPurpose = 'somebody may have sealed it on purpose';
  // Another app's word stops an action and never permits one: it outweighs our own proof (DESIGN, Three apps).
  if (disproof) {
    return {
      kind: 'in-process',
      why: `${node} is sealed, and its process did not restart (seen by watch): ${onPurpose}`,
    };
  }
  const note = newest(notes.filter((other) => other.node === node));
  if (start === undefined || !note) {
    return {
      kind: 'unknown',
      why: `${node} is sealed, and nothing tells whether it restarted (${start === undefined ? 'its start time cannot be read' : 'it was never noted unsealed'})`,
    };
  }
  const started = new Date(start).toISOString();
  if (Math.abs(start - note.start) <= toleranceMs) {
    return {
      kind: 'in-process',
      why: `${node} is sealed in the process that runs since ${started}: ${onPurpose}`,
    };
  }
  // This process was unsealed by us since that note, or may have been: a seal after that is not what the older start is
  // proof of.
  const sentAt = lastSent(recovery.intents, node);
  const unsealedSince =
    (recovery.unsealed.includes(node) || tookSet) && note.at < sentAt && start <= sentAt + toleranceMs;
  if (start < note.start || unsealedSince) {
    return {
      kind: 'unknown',
      why: `${node} is sealed, and the start times noted of it do not tell whether it restarted`,
    };
  }
  return { kind: 'restarted', why: `${node} restarted at ${started}` };
}

function newest<T extends { at: number }>(notes: T[]): T | undefined {
  return notes.reduce<T | undefined>((best, note) => (best && best.at >= note.at ? best : note), undefined);
}

function lastSent(intents: PlanInput['recovery']['intents'], node: string): number {
  return Math.max(0, ...intents.filter((intent) => intent.node === node).map(({ at }) => at));
}
