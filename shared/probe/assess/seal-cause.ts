/** Why a node is sealed: rule 6. A seal can be deliberate; only a proven restart explains one by itself. */
import { isSame } from '../connection.ts';
import type { NodeFacts } from '../head-facts.ts';
import type { NodeObservation } from '../observation.ts';
import { connectionsOf, startedAsBefore } from './facts.ts';
import { wasUnsealed } from './node-state.ts';
import { iso } from './words.ts';

export type SealCause =
  /** The process that was last seen unsealed is still the one that runs. */
  | { cause: 'in-process'; proof: string }
  | { cause: 'restarted'; proof: string }
  | { cause: 'unknown'; why: string };

/**
 * Compares a sealed node's observation with what was remembered of it. Where proofs contradict each other,
 * "in process" wins: taking a deliberate seal for a restart is the mistake that hurts.
 */
export function sealCause(observed: NodeObservation, before: NodeFacts | undefined): SealCause {
  const start = observed.processStart?.ok ? observed.processStart.body : undefined;
  const last = before?.unsealedConnection;
  const connections = connectionsOf(observed);
  if (before?.unsealedStart !== undefined && startedAsBefore(observed, before)) {
    return { cause: 'in-process', proof: `same start time, ${iso(before.unsealedStart)}` };
  }
  if (last && connections.some((one) => isSame(last, one))) {
    return { cause: 'in-process', proof: `same connection, open since ${iso(last.openedAt)}` };
  }
  if (last && connections.some((one) => one.resumed)) {
    return { cause: 'in-process', proof: 'it resumed the TLS session of the process that was unsealed' };
  }
  if (start !== undefined && before?.unsealedStart !== undefined && start > before.unsealedStart) {
    return { cause: 'restarted', proof: `started ${iso(start)}, before that ${iso(before.unsealedStart)}` };
  }
  const seen = before && (last || before.unsealedStart !== undefined || wasUnsealed(before.state));
  if (!seen) return { cause: 'unknown', why: 'no proof of a restart, and none against one' };
  if (start === undefined)
    return { cause: 'unknown', why: 'its start time cannot be read and its connection is a new one' };
  return { cause: 'unknown', why: 'its start time when it was unsealed is not known' };
}
