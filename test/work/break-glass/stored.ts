/** Recover's storage, as a command and others use it at the same time. */
import type { Recovery } from '../../../shared/recovery/recovery.ts';
import type { RecoverState } from '../../../shared/state/recover-ports.ts';
import { readEnvelopes } from '../../../shared/work/break-glass/envelope-file.ts';
import type { Storage } from '../../../shared/work/break-glass/storage.ts';
import type { Asked } from '../../../shared/work/recover/request.ts';

/** By a person, of the app. */
export const asked: Asked = {
  kind: 'unseal',
  way: 'manual',
  by: 'tid/grace',
  byName: 'Grace',
  reason: 'patched',
  dryRun: false,
  lost: [],
};

/** As if it had been accepted. @param bytes of a blob of the cluster `payments`. */
export async function keepIn({ escrow, generations }: RecoverState, bytes: Buffer): Promise<void> {
  const kept = readEnvelopes(bytes, 'payments', 'the blob');
  if (!kept.ok) throw new Error(kept.problem);
  await escrow.create(kept.envelopes.name, bytes);
  await generations.save(kept.envelopes.row, undefined);
}

/** What happens before each write of a recovery's row. */
export function storageWith(
  state: RecoverState,
  before: (value: Recovery) => Promise<void> | void = () => undefined,
  time: () => number | undefined = () => undefined,
): Storage {
  const { recoveries } = state;
  const save: typeof recoveries.save = async (stored) => {
    await before(stored.value);
    return recoveries.save(stored);
  };
  return {
    state: { ...state, recoveries: { ...recoveries, save } },
    facts: async () => undefined,
    time: async () => time(),
  };
}
