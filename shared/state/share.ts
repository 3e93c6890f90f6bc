/** Which clusters a batch has. */
import type { Share } from './ports.ts';

/** By UTF-16 code units, as Azure Tables orders keys. */
export function inShare(share: Share): (cluster: string) => boolean {
  if ('only' in share) {
    const only = new Set(share.only);
    return (cluster) => only.has(cluster);
  }
  const { from, to } = share;
  const except = new Set(share.except);
  return (cluster) => cluster >= from && (to === undefined || cluster < to) && !except.has(cluster);
}
