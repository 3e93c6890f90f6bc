/** Rows of the recover app from a few words. Times are seconds after the epoch. */
import type { GenerationRow, UpkeepProblem } from '../../shared/escrow/generation.ts';
import type { Recovery, Trouble } from '../../shared/recovery/recovery.ts';
import type { RecoverRows } from '../../shared/work/recover-findings.ts';
import { aGenerationRow, aRecovery } from '../fakes/state/recover-examples.ts';
import { epoch } from './build.ts';

const ms = (seconds: number) => epoch + seconds * 1000;

export interface RecoveryWords
  extends Partial<Omit<Recovery, 'requestedAt' | 'waiting' | 'troubles' | 'ended' | 'needs'>> {
  at: number;
  /** "3 of 5 nodes unsealed, waiting for a leader" */
  waiting?: string;
  troubles?: (Omit<Trouble, 'at' | 'message'> & { at: number; message?: string })[];
  needs?: Recovery['needs'];
  ended?: NonNullable<Recovery['ended']>;
}

export function recovery({ at, waiting, troubles = [], ended, needs, ...over }: RecoveryWords): Recovery {
  return aRecovery({
    id: 'payments.4f1c',
    byName: 'Ada Lovelace',
    reason: 'vault restarted after patching',
    requestedAt: ms(at),
    status: ended ? 'ended' : 'open',
    ...over,
    troubles: troubles.map((trouble) => ({
      message: `${trouble.code} at ${trouble.where}`,
      ...trouble,
      at: ms(trouble.at),
    })),
    ...(waiting !== undefined && { waiting: { what: waiting, until: ms(at + 30) } }),
    ...(needs && { needs }),
    ...(ended && { ended: { ...ended, at: ms(ended.at) } }),
  });
}

export interface GenerationWords
  extends Partial<Omit<GenerationRow, 'acceptedAt' | 'provenAt' | 'upkeep' | 'bad'>> {
  /** Not said: a day before the epoch. */
  acceptedAt?: number;
  /** `false`: never. Not said: an hour before the epoch. */
  provenAt?: number | false;
  /** `false`: never looked. Not said: an hour before the epoch. */
  upkeepAt?: number | false;
  problems?: UpkeepProblem[];
  bad?: { at: number; node: string; recovery: string };
}

export function generationRow({
  acceptedAt = -86_400,
  provenAt = -3600,
  upkeepAt = -3600,
  problems = [],
  bad,
  ...over
}: GenerationWords = {}): GenerationRow {
  return {
    ...aGenerationRow({ generation: 3, revision: 1, acceptedAt: ms(acceptedAt), ...over }),
    ...(provenAt !== false && { provenAt: ms(provenAt) }),
    ...(upkeepAt !== false && { upkeep: { at: ms(upkeepAt), problems } }),
    ...(bad && { bad: { ...bad, at: ms(bad.at) } }),
  };
}

export interface RecoverWords {
  /** Not said: none. A text: why they cannot be read. */
  recoveries?: RecoveryWords[] | string;
  /** Not said: none was accepted. */
  generation?: GenerationWords | string;
}

export function recoverRows({ recoveries = [], generation }: RecoverWords): RecoverRows {
  return {
    recoveries:
      typeof recoveries === 'string'
        ? { read: false, why: recoveries }
        : { read: true, value: recoveries.map(recovery) },
    generation:
      typeof generation === 'string'
        ? { read: false, why: generation }
        : { read: true, value: generation && generationRow(generation) },
  };
}
