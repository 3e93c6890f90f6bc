/** Where a rotation is, in words: as fine as its row tells. */
import type { Rotation } from '../../../shared/rotation/rotation.ts';

/** `node?`: a request to this sink is under way; `node back`: it holds the old one again. */
export function placeOf({ direction, stage, fresh, sinks, inUseAt, restoredAt, reached }: Rotation): string {
  const holding = Object.entries(sinks).flatMap(([name, { startedAt, deliveredAt, restoredAt: back }]) => {
    if (back !== undefined) return [`${name} back`];
    if (deliveredAt !== undefined) return [name];
    return startedAt === undefined ? [] : [`${name}?`];
  });
  return [
    ...(direction === 'back' ? ['back:'] : []),
    stage,
    ...(stage === 'due' && fresh !== undefined ? ['made'] : []),
    ...holding,
    ...(restoredAt === undefined ? [] : ['restored']),
    ...(inUseAt === undefined ? [] : ['in use']),
    ...(direction === 'back' && reached.retired !== undefined ? ['ended'] : []),
  ].join(' ');
}
