/** What the status page says of a cluster's recovery and escrow. */
import type { Cluster } from '../fleet/fleet.ts';
import { runningText } from './recover-findings/story.ts';
import type { RecoverRows } from './recover-findings.ts';

export interface RecoveryLine {
  policy: 'manual' | 'automatic';
  unknownSealCause: 'approval' | 'automatic';
  /** The one that is open. */
  open?: { id: string; since: string; summary: string; needs?: 'approval'; why?: string };
  /** The newest accepted generation; `none` where nothing is escrowed. */
  escrow: { generation: number; revision: number; proven: boolean; bad: boolean } | 'none' | 'unknown';
  /** Why rows of it cannot be read. */
  unread?: string[];
}

export function recoveryLine(
  { recovery, unknownSealCause }: Cluster,
  { recoveries, generation }: RecoverRows,
): RecoveryLine {
  const open = recoveries.read ? recoveries.value.find(({ status }) => status === 'open') : undefined;
  const unread = [recoveries, generation].flatMap((rows) => (rows.read ? [] : [rows.why]));
  return {
    policy: recovery.policy,
    unknownSealCause,
    ...(open && {
      open: {
        id: open.id,
        since: new Date(open.requestedAt).toISOString(),
        summary: runningText(open),
        ...(open.needs && { needs: open.needs.kind, why: open.needs.why }),
      },
    }),
    escrow: escrowOf(generation),
    ...(unread.length > 0 && { unread }),
  };
}

function escrowOf(generation: RecoverRows['generation']): RecoveryLine['escrow'] {
  if (!generation.read) return 'unknown';
  const { value: row } = generation;
  if (!row) return 'none';
  const { provenAt, bad } = row;
  return {
    generation: row.generation,
    revision: row.revision,
    proven: provenAt !== undefined,
    bad: bad !== undefined,
  };
}
