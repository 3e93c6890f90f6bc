/** Open rotations from a few words. Times are seconds after the epoch. */
import type { Rotation, Stage } from '../../shared/rotation/rotation.ts';
import type { Read } from '../../shared/work/recover-findings.ts';
import { aRotation } from '../fakes/state/rotate-examples.ts';
import { epoch } from './build.ts';

const ms = (seconds: number) => epoch + seconds * 1000;

interface Times {
  requestedAt: number;
  reached: Partial<Record<Stage, number>>;
  sinks: Record<string, { startedAt?: number; deliveredAt?: number; restoredAt?: number; where?: string }>;
  waiting: { what: string; since: number; overdueAt: number };
  failing: Omit<NonNullable<Rotation['failing']>, 'since'> & { since: number };
}

export interface RotationWords
  extends Partial<Times>,
    Partial<Omit<Rotation, keyof Times | 'inUseAt' | 'restoredAt' | 'triedAt'>> {}

export function rotationRow(words: RotationWords): Rotation {
  const {
    requestedAt = -3600,
    reached = { due: requestedAt },
    sinks = {},
    waiting,
    failing,
    ...over
  } = words;
  const inMs = (times: object) =>
    Object.fromEntries(
      Object.entries(times).map(([name, at]: [string, unknown]) => [
        name,
        typeof at === 'number' ? ms(at) : at,
      ]),
    );
  return aRotation({
    id: 'payments.7d20',
    ...over,
    requestedAt: ms(requestedAt),
    reached: inMs(reached),
    sinks: Object.fromEntries(Object.entries(sinks).map(([name, sink]) => [name, inMs(sink)])),
    ...(waiting && {
      waiting: {
        what: waiting.what,
        since: ms(waiting.since),
        until: ms(waiting.since + 300),
        overdueAt: ms(waiting.overdueAt),
      },
    }),
    ...(failing && { failing: { ...failing, since: ms(failing.since) } }),
  });
}

/** A text: why they cannot be read. */
export function readRotations(words: RotationWords[] | string): Read<Rotation[]> {
  if (typeof words === 'string') return { read: false, why: words };
  return { read: true, value: words.map(rotationRow) };
}
