/** Rule 6: a seal can be deliberate. Whether a sealed node's process restarted since it was last seen unsealed. */
import { sameStartMs } from '../../process-start.ts';
import { lastSent } from '../intents.ts';
import type { NodeSight, PlanInput } from '../recovery.ts';
import { refusedSince } from './progress.ts';

export interface Cause {
  kind: 'restarted' | 'in-process' | 'unknown';
  /** "vault-1 is sealed in the process that runs since 2026-11-22T01:58:00Z: somebody may have sealed it on purpose" */
  why: string;
  /** Of a restart: when, as people read it. */
  at?: string;
}

/** @param tookSet it got our whole set, and what came of that was never learnt: a pass was killed. */
export function causeOf(
  {
    notes,
    disproofs,
    recovery,
    earlier = [],
  }: Pick<PlanInput, 'notes' | 'disproofs' | 'recovery' | 'earlier'>,
  { node, start }: Pick<NodeSight, 'node' | 'start'>,
  tookSet = false,
): Cause {
  const disproof = disproofs.find((other) => other.node === node);
  const onPurpose = 'somebody may have sealed it on purpose';
  // Another app's word stops an action and never permits one: it outweighs our own proof (DESIGN, Three apps).
  if (disproof) {
    return { kind: 'in-process', why: `${node} is sealed, and ${disproof.proof}: ${onPurpose}` };
  }
  const note = newest(notes.filter((other) => other.node === node));
  if (start === undefined || !note) {
    return {
      kind: 'unknown',
      why: `${node} is sealed, and nothing tells whether it restarted (${start === undefined ? 'its start time cannot be read' : 'it was never noted unsealed'})`,
    };
  }
  const started = new Date(start).toISOString().replace(/\.\d+/, '');
  if (Math.abs(start - note.start) <= sameStartMs) {
    return {
      kind: 'in-process',
      why: `${node} is sealed in the process that runs since ${started}: ${onPurpose}`,
    };
  }
  // This process was unsealed by us since that note, or may have been: a seal after that is not what the older start is
  // proof of.
  const ours = recovery.unsealed.includes(node) || tookSet ? lastSent(recovery.intents, node) : undefined;
  const sentAt = Math.max(ours ?? 0, ...earlier.map((one) => mayHaveUnsealed(one, node) ?? 0));
  const unsealedSince = note.at < sentAt && start <= sentAt + sameStartMs;
  // A process that ran when the node was last seen unsealed is the one that was seen, or nobody can tell: the boot time
  // that start times stand on moves when a machine's clock is set, and a later start is then no restart.
  if (start < note.start || start <= note.at - sameStartMs || unsealedSince) {
    return {
      kind: 'unknown',
      why: `${node} is sealed, and the start times noted of it do not tell whether it restarted`,
    };
  }
  return { kind: 'restarted', why: `${node} restarted at ${started}`, at: started };
}

function newest<T extends { at: number }>(notes: T[]): T | undefined {
  return notes.reduce<T | undefined>((best, note) => (best && best.at >= note.at ? best : note), undefined);
}

/** When an earlier recovery was about to send it shares which, as far as was learnt, it did not refuse. */
function mayHaveUnsealed(
  earlier: NonNullable<PlanInput['earlier']>[number],
  node: string,
): number | undefined {
  const sentAt = lastSent(earlier.intents, node);
  if (sentAt === undefined) return undefined;
  return earlier.unsealed.includes(node) || !refusedSince(earlier, node, sentAt) ? sentAt : undefined;
}
